// One webhook as it went out: the request, the answer, where the time went, and sending it again.
import { ask, get } from '../lib/api.js';
import { useLoad, useSend, useTitle } from '../lib/hooks.js';
import { pretty, took } from '../lib/format.js';
import { curlOf } from '../lib/samples.js';
import { Figure } from '../ui/charts.jsx';
import { Card, Code, Copy, ErrorCode, Facts, Heading, Problem, Sid, Status, Time } from '../ui/parts.jsx';

/** Sends an attempt or a dead letter again, with one click. */
export function Replay({ attempt, label = 'Send again' }) {
	const { send, said, error, busy } = useSend(() => ask('POST', '/v1/webhooks/replays', { json: { id: attempt.id }, shown: true }));
	return (
		<p class="replay">
			<button type="button" class="primary" disabled={busy} onClick={send}>
				{label}
			</button>{' '}
			<span role="status" class={error && !busy ? 'bad-text' : 'quiet'}>
				{busy ? (
					'Sending'
				) : error ? (
					<>
						{error.status ? 'Refused: ' : ''}
						{error.message} <ErrorCode code={error.code} />
					</>
				) : (
					said && 'On its way again: the new attempt appears in the live log.'
				)}
			</span>
		</p>
	);
}

/** Phases of a request: each begins where the one before ended. */
function Phases({ attempt }) {
	const marks = [
		['waited here', attempt.queued_us, 'info'],
		['name', attempt.dns_us, 'warn'],
		['connect', attempt.connect_us, 'warn'],
		['TLS', attempt.tls_us, 'warn'],
		['first byte', attempt.first_byte_us, 'accent'],
		['all of it', attempt.total_us, 'ok'],
	];
	const known = marks.filter(([, us]) => us !== null && us !== undefined);
	const whole = Math.max(1, (attempt.queued_us ?? 0) + (attempt.total_us ?? 0));
	const start = attempt.queued_us ?? 0;
	let last = 0;
	return (
		<Figure title="Where the time went" table={{ head: ['Until', 'Time'], rows: known.map(([name, us]) => [name, took(us)]) }}>
			<svg
				class="shares"
				viewBox="0 0 100 8"
				preserveAspectRatio="none"
				role="img"
				aria-label={known.map(([name, us]) => `${name} ${took(us)}`).join(', ')}
			>
				<rect class="tone-none" width="100" height="8" />
				{known.map(([name, us, tone], i) => {
					const from = i === 0 ? 0 : start + last,
						to = i === 0 ? us : start + Math.max(us, last);
					last = i === 0 ? 0 : Math.max(us, last);
					return (
						<rect
							key={name}
							class={`tone-${tone}`}
							x={(100 * from) / whole}
							width={Math.max(0, (100 * (to - from)) / whole)}
							height="8"
						/>
					);
				})}
			</svg>
			<ul class="legend">
				{known.map(([name, us, tone]) => (
					<li key={name}>
						<i class={`tone-${tone}`} />
						{name} <b class="num">{took(us)}</b>
					</li>
				))}
			</ul>
		</Figure>
	);
}

const headers = (list) =>
	Object.entries(list ?? {})
		.map(([name, value]) => `${name}: ${value}`)
		.join('\n');

export function AttemptFacts({ attempt }) {
	return (
		<>
			<Facts
				rows={[
					[
						'Result',
						<>
							<Status status={attempt.status} /> {attempt.result}
						</>,
					],
					['Why', attempt.why],
					['Error', attempt.error_code && <ErrorCode code={attempt.error_code} />],
					[
						'URL',
						<span class="mono">
							{attempt.method} {attempt.url}
						</span>,
					],
					['About', <Sid sid={attempt.sid} />],
					['Endpoint', <Sid sid={attempt.endpoint_id} />],
					['When', <Time value={attempt.date_started} />],
					['Attempt', attempt.attempt],
					['Next attempt', attempt.date_next_attempt && <Time value={attempt.date_next_attempt} />],
					['Peer', attempt.peer],
					['Token', <span class="sid">{attempt.token}</span>],
				]}
			/>
			<Phases attempt={attempt} />
			<p>
				<Copy
					label="Copy as curl"
					text={curlOf({
						method: attempt.method,
						url: attempt.url,
						body: attempt.request_body,
						headers: attempt.request_headers,
					})}
				/>
			</p>
			<Code label="Request headers" text={headers(attempt.request_headers)} />
			<Code label="Request body" text={pretty(attempt.request_body)} empty="not kept, or empty" />
			<Code label="Answer's headers" text={headers(attempt.response_headers)} empty="none" />
			<Code label="Answer" text={pretty(attempt.response_body)} empty="empty" />
		</>
	);
}

export function Attempt({ id }) {
	const { data, error } = useLoad(() => get(`/v1/webhooks/attempts/${id}`), [id]);
	useTitle('Webhook');
	return (
		<>
			<Heading title="Webhook" sub={<span class="sid">{id}</span>} />
			<Problem error={error} what="The attempt" />
			{data && (
				<Card>
					<Replay attempt={data} />
					<AttemptFacts attempt={data} />
				</Card>
			)}
		</>
	);
}
