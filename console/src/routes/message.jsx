// A message's page: its life, text and segments, route, webhooks, price, and its way through the program.
import { get } from '../lib/api.js';
import { useEvents, useLoad, useTitle } from '../lib/hooks.js';
import { money, took } from '../lib/format.js';
import { cut } from '../lib/segments.js';
import { levelOfState } from '../lib/lines.js';
import { Steps } from '../ui/charts.jsx';
import { Table } from '../ui/table.jsx';
import { Card, Code, Empty, ErrorCode, Facts, Heading, Loaded, Problem, Sid, State, Status, Time } from '../ui/parts.jsx';
import { Explained } from './error.jsx';

const toUs = (time) => Date.parse(time.slice(0, 19) + 'Z') * 1000 + Number((/\.(\d+)/.exec(time)?.[1] ?? '0').padEnd(6, '0').slice(0, 6));

/** What the event log says of a SID, as steps along a time. */
export function Life({ sid }) {
	const { data, error, reload } = useLoad(() => get('/v1/events', { sid, limit: 100 }), [sid]);
	useEvents((event) => event.sid === sid, reload, 50);
	if (!data) return <Problem error={error} what="The status history" />;
	const from = data.data.length ? toUs(data.data[0].time) : 0;
	const tone = { ok: 'ok', bad: 'bad', warn: 'warn', info: 'accent' };
	return (
		<Steps
			title="Status history"
			head={['Status', '', 'After']}
			steps={data.data.map((event) => {
				const state = event.type.split('.').slice(1).join('.');
				return { at: toUs(event.time) - from, label: state, tone: tone[levelOfState(state)] };
			})}
		/>
	);
}

function Text({ message }) {
	const { encoding, units, perSegment, strangers } = cut(message.body ?? '');
	return (
		<Card title="Text">
			{message.body ? (
				<p class="bubble-text" data-body>
					{message.body}
				</p>
			) : (
				<p class="quiet">There is no text, or it was removed.</p>
			)}
			<Facts
				rows={[
					['Segments', message.num_segments],
					[
						'Encoding',
						message.body && `${encoding}, ${units} of ${Math.max(1, message.num_segments) * perSegment} units`,
					],
					[
						'Why not GSM-7',
						strangers.length ? (
							<>
								because of{' '}
								{strangers.slice(0, 12).map((c) => (
									<kbd key={c}>{c}</kbd>
								))}
								{strangers.length > 12 && ` and ${strangers.length - 12} more`}
							</>
						) : null,
					],
					['Media', message.num_media || null],
				]}
			/>
		</Card>
	);
}

const ATTEMPTS = [
	{
		name: 'When',
		cell: (a) => (
			<a data-row href={`/console/attempts/${a.id}`}>
				<Time value={a.date_started} />
			</a>
		),
	},
	{ name: 'Answer', cell: (a) => <Status status={a.status} /> },
	{
		name: 'URL',
		grow: true,
		cell: (a) => (
			<span class="one-line mono" title={a.url}>
				{a.url}
			</span>
		),
	},
	{ name: 'Took', right: true, cell: (a) => took(a.total_us) },
];
export const Attempts = ({ rows, label = 'Webhooks' }) => <Table label={label} columns={ATTEMPTS} rows={rows} keyOf={(a) => a.id} />;

export function Message({ sid }) {
	const message = useLoad(() => get(`/v1/messages/${sid}`), [sid]);
	const attempts = useLoad(() => get('/v1/webhooks/attempts', { sid, limit: 100 }), [sid], 3000);
	const trace = useLoad(() => get(`/v1/traces/${sid}`), [sid]);
	useTitle('Message');
	useEvents(
		(event) => event.sid === sid,
		() => {
			message.reload();
			attempts.reload();
			trace.reload();
		},
	);
	const m = message.data;
	return (
		<>
			<Heading title="Message" sub={<span class="sid">{sid}</span>}>
				{m && <State state={m.status} />}
				{m && m.direction !== 'inbound' && (
					<a
						class="button"
						href={`/console/explorer/SendMessage?${new URLSearchParams({ from: m.from, to: m.to, body: m.body ?? '' })}`}
					>
						Send it again
					</a>
				)}
				<a class="button" href={`/console/log?q=${sid}`}>
					In the live log
				</a>
			</Heading>
			<Problem error={message.error} what="The message" />
			{m && (
				<div class="cards">
					<div class="stack">
						<Text message={m} />
						<Card>
							<Life sid={sid} />
						</Card>
						<Card title="Route and price">
							<Facts
								rows={[
									['From', <span class="num">{m.from}</span>],
									['To', <span class="num">{m.to}</span>],
									['Direction', m.direction],
									['Carrier', m.carrier],
									['Route', m.route],
									[
										'Price',
										m.price === null ? m.direction === 'inbound' ? 'none' : 'none yet' : <b>{money(m.price, m.price_unit)}</b>,
									],
									[
										'Made of',
										m.price_unit_amount &&
											`${m.price_quantity} × ${m.price_unit_amount} ${m.price_unit}`,
									],
									['Price row', m.price_sid && <span class="sid">{m.price_sid}</span>],
									['Created', <Time value={m.date_created} />],
									['Sent', m.date_sent && <Time value={m.date_sent} />],
								]}
							/>
						</Card>
					</div>
					<Card>
						{trace.data?.steps.length ? (
							<Steps
								title="Trace"
								head={['Step', 'Room', 'At']}
								steps={trace.data.steps.map((s) => ({ at: s.at_us, label: s.step, room: s.room }))}
							/>
						) : (
							<>
								<h2>Trace</h2>
								{!trace.loading &&
									(trace.data || trace.error.status === 404 ? (
										<p class="quiet">
											Its steps are no longer in memory: too much has happened since, or the server was restarted.
										</p>
									) : (
										<Problem error={trace.error} what="The trace" />
									))}
							</>
						)}
					</Card>
					{m.error_code && (
						<Card
							title={
								<>
									Error <ErrorCode code={m.error_code} />
								</>
							}
							wide
						>
							<Explained code={m.error_code} />
						</Card>
					)}
					<Card title="Webhooks" wide>
						<Loaded
							load={attempts}
							what="The list"
							rows={(d) => d.data}
							none={
								<Empty title="No webhook was sent">
									<p>
										{m.direction === 'inbound' ? (
											<>
												Set an <code>SmsUrl</code> on <a href="/console/numbers">the number</a>{' '}
												to have its incoming messages sent there.
											</>
										) : (
											<>
												Send a message with <code>status_callback</code>, and each change of its
												status is sent to that URL.
											</>
										)}
									</p>
								</Empty>
							}
						>
							{(rows) => <Attempts rows={rows} />}
						</Loaded>
					</Card>
					<Card title="JSON" wide>
						<Code text={JSON.stringify(m, null, 2)} label={`GET /v1/messages/${sid}`} />
					</Card>
				</div>
			)}
		</>
	);
}
