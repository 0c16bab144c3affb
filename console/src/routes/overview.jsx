// How the account does, in one look; and what to do first when nothing has happened yet.
import { useMemo } from 'preact/hooks';
import { account, get, getAll } from '../lib/api.js';
import { useEvents, useLoad, useTitle } from '../lib/hooks.js';
import { clock, money, number } from '../lib/format.js';
import { levelOfState } from '../lib/lines.js';
import { Shares } from '../ui/charts.jsx';
import { Plot } from '../ui/plot.jsx';
import { Card, Command, Empty, Heading, Loaded, Problem, Tile } from '../ui/parts.jsx';
import { TopErrors, byCode } from './errors.jsx';

const ORDER = ['delivered', 'received', 'sent', 'sending', 'queued', 'scheduled', 'undelivered', 'failed', 'canceled'];
const MINUTES = 60;

function Hour({ messages }) {
	const [xs, series] = useMemo(() => {
		const end = Math.ceil(Date.now() / 60000) * 60,
			minutes = Array.from({ length: MINUTES }, (_, i) => end - (MINUTES - i) * 60);
		const count = (fits) => {
			const values = minutes.map(() => 0);
			for (const m of messages) {
				const at = MINUTES - Math.ceil((end - Date.parse(m.date_created) / 1000) / 60);
				if (at >= 0 && at < MINUTES && fits(m)) values[at]++;
			}
			return values;
		};
		return [
			minutes,
			[
				{ name: 'messages', tone: 'accent', bars: true, values: count(() => true) },
				{ name: 'of them failed', tone: 'bad', bars: true, values: count((m) => levelOfState(m.status) === 'bad') },
			],
		];
	}, [messages]);
	return (
		<Plot
			title="Messages in the last hour, by minute"
			xs={xs}
			series={series}
			format={(v) => number(Math.round(v))}
			label={(x) => clock(x * 1000).slice(0, 5)}
		/>
	);
}

function First() {
	return (
		<Empty title="Send the first message">
			<p>
				The simulated carrier delivers it; nothing leaves this machine. In a terminal, after{' '}
				<code>export SID=AC… TOKEN=…</code> with the SID and the token that the server printed:
			</p>
			<Command
				text={`curl -u $SID:$TOKEN ${location.origin}/v1/messages \\\n  -H 'Content-Type: application/json' \\\n  -d '{"from": "+15005550006", "to": "+15005550010", "body": "hello"}'`}
			/>
			<p>
				Or send it from the <a href="/console/explorer/SendMessage">API explorer</a>, without a terminal. Then:
			</p>
			<ol class="next">
				<li>
					Watch it in the <a href="/console/log">live log</a>.
				</li>
				<li>
					Answer it from the <a href="/console/phone?number=%2B15005550010">phone</a>.
				</li>
			</ol>
		</Empty>
	);
}

export function Overview() {
	const messages = useLoad(() => getAll('/v1/messages', {}, 1000), [], 30000),
		balance = useLoad(() => get(account('Balance')), [], 10000);
	const endpoints = useLoad(() => get('/v1/webhooks/endpoints', { limit: 100 }), [], 10000),
		top = useLoad(() => get('/v1/errors/top', { limit: 100 }), [], 10000);
	useTitle('Overview');
	useEvents(
		(event) => event.type.startsWith('message.'),
		() => {
			messages.reload();
			balance.reload();
		},
		4000,
	);
	const rows = messages.data,
		counts = new Map();
	for (const m of rows ?? []) counts.set(m.status, (counts.get(m.status) ?? 0) + 1);
	const tone = { ok: 'ok', bad: 'bad', warn: 'warn', info: 'info' };
	const parts = [...counts]
		.sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b))
		.map(([name, n]) => ({ name, n, tone: name === 'received' ? 'accent' : tone[levelOfState(name)] }));
	const ended = (rows ?? []).filter((m) => m.direction !== 'inbound' && ['ok', 'bad'].includes(levelOfState(m.status))),
		good = ended.filter((m) => levelOfState(m.status) === 'ok').length;
	const hooks = endpoints.data?.data ?? [],
		asked = hooks.reduce((sum, e) => sum + e.requests, 0),
		failed = hooks.reduce((sum, e) => sum + e.failed, 0),
		open = hooks.filter((e) => e.breaker !== 'closed').length;
	const errors = top.data ? byCode(top.data.errors).reduce((sum, e) => sum + e.n, 0) : null;
	return (
		<>
			<Heading title="Overview">
				<a class="button primary" href="/console/explorer/SendMessage">
					Send a message
				</a>
			</Heading>
			<Problem error={messages.error ?? balance.error} what="The overview" />
			<div class="tiles">
				<Tile
					label="Delivered"
					value={ended.length ? `${((100 * good) / ended.length).toFixed(good === ended.length ? 0 : 1)} %` : null}
					note={`${number(good)} of ${number(ended.length)} with a final status`}
				/>
				<Tile
					label="Webhooks delivered"
					value={asked ? `${((100 * (asked - failed)) / asked).toFixed(failed ? 1 : 0)} %` : null}
					level={open ? 'bad' : ''}
					href="/console/webhooks"
					note={
						!endpoints.data
							? 'endpoints'
							: open
								? `${open} of ${hooks.length} endpoints held back`
								: `${hooks.length} endpoint${hooks.length === 1 ? '' : 's'}`
					}
				/>
				<Tile
					label="Errors in the last day"
					value={errors === null ? null : number(errors)}
					href="/console/errors"
					note="see the errors"
				/>
				<Tile
					label="Balance"
					value={balance.data && money(balance.data.balance, balance.data.currency)}
					href="/console/usage"
					note="see the usage"
				/>
			</div>
			{rows?.length === 0 && <First />}
			{rows?.length > 0 && (
				<div class="cards">
					<Card wide>
						<Hour messages={rows} />
					</Card>
					<Card>
						<Shares title={`The last ${number(rows.length)} messages by status`} parts={parts} />
					</Card>
					<Card>
						<Loaded
							load={top}
							what="The list of errors"
							rows={(d) => d.errors}
							none={
								<Empty title="No errors in the last day">
									<p>When one comes, its cause and what to do are a click away.</p>
								</Empty>
							}
						>
							{(errors) => <TopErrors title="Errors of the last day" errors={errors} />}
						</Loaded>
					</Card>
				</div>
			)}
		</>
	);
}
