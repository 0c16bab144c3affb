// One endpoint: its breaker, its latency, its requests.
import { useMemo } from 'preact/hooks';
import { ask, get } from '../lib/api.js';
import { useEvents, useLoad, useSend, useTitle } from '../lib/hooks.js';
import { clock, took } from '../lib/format.js';
import { Plot } from '../ui/plot.jsx';
import { Card, Facts, Heading, Problem, Sure, Tile, Time } from '../ui/parts.jsx';
import { Attempts } from './message.jsx';
import { Breaker } from './webhooks.jsx';

const SERIES = [
	{ name: 'delivered', tone: 'accent', points: true },
	{ name: 'failed', tone: 'bad', points: true },
];

function Latency({ attempts }) {
	const [xs, series] = useMemo(() => {
		const rows = [...attempts].reverse(),
			good = (a) => a.result === 'delivered';
		return [
			rows.map((a) => Date.parse(a.date_started) / 1000),
			SERIES.map((s, i) => ({ ...s, values: rows.map((a) => (good(a) === (i === 0) ? a.total_us / 1000 : null)) })),
		];
	}, [attempts]);
	return (
		<Plot
			title="Time to answer, ms"
			xs={xs}
			series={series}
			format={(ms) => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0))}
			label={(x) => clock(x * 1000)}
		/>
	);
}

export function Endpoint({ id }) {
	const endpoint = useLoad(() => get(`/v1/webhooks/endpoints/${id}`), [id], 3000),
		attempts = useLoad(() => get('/v1/webhooks/attempts', { endpoint_id: id, limit: 200 }), [id], 5000);
	const e = endpoint.data;
	useTitle('Endpoint');
	useEvents((event) => event.type.startsWith('message.'), attempts.reload, 600);
	const { send: set, error } = useSend(async (status) => {
		await ask('PATCH', `/v1/webhooks/endpoints/${id}`, { json: { status }, shown: true });
		endpoint.reload();
	});
	return (
		<>
			<Heading title="Endpoint" sub={<span class="mono">{e?.url ?? id}</span>}>
				{e && <Breaker endpoint={e} />}
				{e?.status === 'enabled' && (
					<Sure label="Disable" question="Hold back its webhooks?" onSure={() => set('disabled')} />
				)}
				{e?.status === 'disabled' && (
					<button type="button" class="small" onClick={() => set('enabled')}>
						Enable
					</button>
				)}
			</Heading>
			<Problem error={endpoint.error ?? error} what="The endpoint" />
			{e && (
				<div class="tiles">
					<Tile
						label="Answered well"
						value={e.success_percent === null ? null : `${e.success_percent} %`}
						level={e.success_percent !== null && e.success_percent < 95 ? 'bad' : ''}
						note={`${e.failed} of ${e.requests} failed`}
					/>
					<Tile label="p50" value={took(e.latency_p50_us) || null} note="half of them are faster" />
					<Tile label="p95" value={took(e.latency_p95_us) || null} note="one of twenty is slower" />
					<Tile
						label="Under way"
						value={e.in_flight}
						note={e.max_in_flight ? `at most ${e.max_in_flight}` : 'no limit set'}
					/>
				</div>
			)}
			{attempts.data && (
				<div class="cards">
					<Card wide>
						{attempts.data.data.length ? (
							<Latency attempts={attempts.data.data} />
						) : (
							<p class="quiet">No request of it is kept.</p>
						)}
					</Card>
					{e && (
						<Card title="State">
							<Facts
								rows={[
									['Status', e.status],
									['Why', e.reason],
									['Breaker', e.breaker],
									[
										'Failing since',
										e.date_failing_since && <Time value={e.date_failing_since} />,
									],
									['Next probe', e.date_next_probe && <Time value={e.date_next_probe} />],
									['Failed in a row', e.failures],
									['Rate', e.rate ?? 'no limit set'],
									['Strict order', e.strict_order ? 'yes' : 'no'],
									['Endpoint', <span class="sid">{e.id}</span>],
								]}
							/>
						</Card>
					)}
					<Card title="Requests" wide>
						{attempts.data.data.length ? (
							<Attempts label="Requests" rows={attempts.data.data.slice(0, 50)} />
						) : (
							<p class="quiet">None is kept.</p>
						)}
					</Card>
				</div>
			)}
		</>
	);
}
