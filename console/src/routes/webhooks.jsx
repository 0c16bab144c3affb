// Endpoints and how they do, what was given up, and a webhook to try one with.
import { useState } from 'preact/hooks';
import { ask, get } from '../lib/api.js';
import { useEvents, useLoad, useSend, useTitle } from '../lib/hooks.js';
import { pretty, took } from '../lib/format.js';
import { Spark } from '../ui/charts.jsx';
import { Table } from '../ui/table.jsx';
import { Badge, Card, Code, Command, Empty, ErrorCode, Field, Heading, Loaded, Problem, Sid, Status, Time } from '../ui/parts.jsx';
import { Attempts } from './message.jsx';
import { Replay } from './attempt.jsx';

const BREAKERS = { closed: ['ok', 'closed'], open: ['bad', 'open'], half_open: ['warn', 'probing'] };
export const Breaker = ({ endpoint }) => {
	const [level, text] = endpoint.status === 'disabled' ? ['warn', 'disabled'] : (BREAKERS[endpoint.breaker] ?? ['info', endpoint.breaker]);
	return <Badge level={level}>{text}</Badge>;
};
const share = (e) => (e.success_percent === null ? '' : `${e.success_percent} %`);

const columns = (attempts) => [
	{
		name: 'URL',
		grow: true,
		cell: (e) => (
			<a class="one-line mono" data-row href={`/console/webhooks/${e.id}`} title={e.url}>
				{e.url}
			</a>
		),
	},
	{ name: 'Breaker', cell: (e) => <Breaker endpoint={e} /> },
	{
		name: 'Success',
		right: true,
		cell: (e) => <span class={e.success_percent !== null && e.success_percent < 95 ? 'bad-text num' : 'num'}>{share(e)}</span>,
	},
	{ name: 'p50', right: true, cell: (e) => took(e.latency_p50_us) },
	{ name: 'p95', right: true, cell: (e) => took(e.latency_p95_us) },
	{
		name: 'Latest',
		cell: (e) => {
			const own = attempts
				.filter((a) => a.endpoint_id === e.id)
				.slice(0, 24)
				.reverse();
			return (
				<Spark
					values={own.map((a) => ({ y: a.total_us, bad: a.result !== 'delivered' }))}
					label={`Latency of the last ${own.length} requests; ${own.filter((a) => a.result !== 'delivered').length} failed`}
				/>
			);
		},
	},
	{ name: 'Requests', right: true, cell: (e) => e.requests },
	{ name: 'Failed in a row', right: true, cell: (e) => e.failures || '' },
	{ name: 'Next probe', right: true, cell: (e) => e.date_next_probe && <Time value={e.date_next_probe} /> },
];

function Try() {
	const [url, setUrl] = useState('');
	const { send, said, error, busy } = useSend((event) => {
		event.preventDefault();
		return ask('POST', '/v1/webhooks/test', { json: { url, type: 'message.delivered' }, shown: true });
	});
	return (
		<Card title="Try a URL">
			<form onSubmit={send}>
				<Field label="URL" hint="One example of the event message.delivered is sent to it now.">
					{(props) => (
						<input
							{...props}
							type="url"
							required
							value={url}
							placeholder="http://127.0.0.1:3000/status"
							onInput={(e) => setUrl(e.target.value)}
						/>
					)}
				</Field>
				<p>
					<button disabled={busy || !url}>Send an example</button>
				</p>
				<p role="status">
					{said &&
						(said.response_status ? (
							<>
								<Status status={said.response_status} /> Answered {said.response_status} after{' '}
								{said.took_ms} ms.
							</>
						) : (
							<>
								<Status /> {said.why} <ErrorCode code={said.code} />
							</>
						))}
				</p>
				{said && (
					<>
						<Code label="What it got" text={pretty(said.request_body)} />
						<Code label="Answer" text={said.response_body} />
					</>
				)}
				<Problem error={error} what="The example" />
			</form>
		</Card>
	);
}

export function Webhooks() {
	const endpoints = useLoad(() => get('/v1/webhooks/endpoints', { limit: 100 }), [], 5000),
		attempts = useLoad(() => get('/v1/webhooks/attempts', { limit: 200 }), [], 5000),
		dead = useLoad(() => get('/v1/webhooks/dead_letters', { limit: 20 }), [], 10000);
	useTitle('Webhooks');
	useEvents(
		(event) => event.type.startsWith('message.'),
		() => {
			endpoints.reload();
			attempts.reload();
		},
		600,
	);
	const rows = endpoints.data?.data;
	return (
		<>
			<Heading title="Webhooks" sub="The endpoints that this account calls, how well they answer, and what can be sent again." />
			<Problem error={endpoints.error} what="The list of endpoints" />
			{rows?.length === 0 && (
				<Empty title="No webhooks yet">
					<p>Send a message with a status callback; each change of its status is sent to that URL:</p>
					<Command
						text={`curl -u $SID:$TOKEN ${location.origin}/v1/messages \\\n  -H 'Content-Type: application/json' \\\n  -d '{"from": "+15005550006", "to": "+15005550010", "body": "hello", "status_callback": "http://127.0.0.1:3000/status"}'`}
					/>
					<p>
						No URL yet? <code>strowger listen</code> forwards webhooks to your machine:{' '}
						<a href="/docs/webhooks-local">how it works</a>.
					</p>
				</Empty>
			)}
			{rows?.length > 0 && (
				<Card title="Endpoints" wide>
					<Table label="Endpoints" columns={columns(attempts.data?.data ?? [])} rows={rows} keyOf={(e) => e.id} />
				</Card>
			)}
			<div class="cards">
				<Card title="Dead letters" wide>
					<Loaded
						load={dead}
						what="The list"
						rows={(d) => d.data}
						none={
							<p class="quiet">
								None. A callback whose retries have all failed is kept here, and can be sent again.
							</p>
						}
					>
						{(rows) => (
							<Table
								label="Dead letters"
								rows={rows}
								keyOf={(d) => d.id}
								columns={[
									{ name: 'Dead letter', cell: (d) => <Sid sid={d.id} row /> },
									{
										name: 'URL',
										grow: true,
										cell: (d) => <span class="one-line mono">{d.url}</span>,
									},
									{ name: 'About', cell: (d) => <Sid sid={d.sid} /> },
									{ name: 'Send again', silent: true, cell: (d) => <Replay attempt={d} /> },
								]}
							/>
						)}
					</Loaded>
				</Card>
				<Try />
				<Card title="Latest requests" wide>
					<Loaded
						load={attempts}
						what="The list"
						rows={(d) => d.data.slice(0, 12)}
						none={<p class="quiet">None yet.</p>}
					>
						{(rows) => <Attempts label="Latest requests" rows={rows} />}
					</Loaded>
				</Card>
			</div>
		</>
	);
}
