// What is behind a line of the log: the request and its answer, the message's life, or a webhook's attempt.
import { useEffect, useRef } from 'preact/hooks';
import { get } from '../lib/api.js';
import { log } from '../lib/live.js';
import { useEvents, useLoad, useLog } from '../lib/hooks.js';
import { clock, number, parses, pretty, shortSid } from '../lib/format.js';
import { curlOf, valuesOf } from '../lib/samples.js';
import { Badge, Code, Copy, ErrorCode, Facts, Problem, Sid, Status, Time } from '../ui/parts.jsx';
import { AttemptFacts, Replay } from './attempt.jsx';
import { Explained } from './error.jsx';
import { Life } from './message.jsx';

/* What is kept of a body is its beginning; one that parses is whole, though its secrets are masked. */
const whole = (name, text, bytes) =>
	text && !parses(text) && bytes > new TextEncoder().encode(text).length ? `${name}: the beginning of ${number(bytes)} bytes` : name;

function Request({ request }) {
	const login = '$SID:$TOKEN';
	return (
		<>
			<Facts
				rows={[
					['Status', <Status status={request.status} />],
					[
						'Error',
						request.code && (
							<>
								<ErrorCode code={request.code} /> <span class="quiet">its cause and what to do</span>
							</>
						),
					],
					[
						'Operation',
						request.operation && <a href={`/console/explorer/${request.operation}`}>{request.operation}</a>,
					],
					['When', <Time value={request.date} />],
					['Took', `${request.duration_ms} ms`],
					['Request', <span class="sid">{request.request_id}</span>],
					['From', request.source_ip],
					['Client', request.user_agent],
					['Signed in by', request.key_sid ? <Sid sid={request.key_sid} /> : 'the auth token'],
				]}
			/>
			<p class="actions">
				{request.operation && (
					<a
						class="button small"
						href={`/console/explorer/${request.operation}?${valuesOf(request.request_body ?? request.path.split('?')[1] ?? '')}`}
					>
						Again in the explorer
					</a>
				)}
				<Copy
					label="Copy as curl"
					text={curlOf({
						method: request.method,
						url: location.origin + request.path,
						body: request.request_body,
						login,
					})}
				/>
			</p>
			<Code label={whole('Request body', request.request_body, request.request_bytes)} text={pretty(request.request_body)} />
			<Code
				label={whole('Answer', request.response_body, request.response_bytes)}
				text={pretty(request.response_body)}
				empty="empty, or not kept"
			/>
		</>
	);
}

function Event({ event }) {
	const { data: message, reload } = useLoad(
		() => (/^(SM|MM)/.test(event.sid ?? '') ? get(`/v1/messages/${event.sid}`).catch(() => null) : null),
		[event.sid],
	);
	useEvents((other) => other.sid === event.sid, reload);
	return (
		<>
			{event.type === 'alert.created' && (
				<>
					<Facts
						rows={[
							['Error', <ErrorCode code={event.data.error_code} />],
							['What happened', event.data.why],
							['About', event.data.resource_sid && <Sid sid={event.data.resource_sid} />],
						]}
					/>
					<Explained code={event.data.error_code} />
				</>
			)}
			{message && (
				<>
					<p class="bubble-text">{message.body || <span class="quiet">no text</span>}</p>
					<Facts
						rows={[
							['From', message.from],
							['To', message.to],
							[
								'Error',
								message.error_code && (
									<>
										<ErrorCode code={message.error_code} /> {message.error_message}
									</>
								),
							],
							['Message', <Sid sid={message.sid} full />],
						]}
					/>
					<Life sid={message.sid} />
				</>
			)}
			<Code label={event.type} text={JSON.stringify(event, null, 2)} />
		</>
	);
}

function Webhook({ attempt }) {
	const { data, error } = useLoad(() => get(`/v1/webhooks/attempts/${attempt.id}`), [attempt.id]);
	return (
		<>
			<Replay attempt={attempt} />
			<Problem error={error} what="The attempt" />
			{data && <AttemptFacts attempt={data} />}
		</>
	);
}

function Related({ line }) {
	useLog();
	const others = line.sid ? log.about(line.sid).filter((other) => other !== line) : [];
	if (!others.length) return null;
	return (
		<section>
			<h3>
				Also about <Sid sid={line.sid} />
			</h3>
			<ul class="related">
				{others.map((other) => (
					<li key={other.id}>
						<span class="num quiet">{clock(other.time)}</span> <Badge level={other.level}>{other.status}</Badge>{' '}
						<span>{other.kind === 'message' ? other.data.type : other.title}</span>
					</li>
				))}
			</ul>
		</section>
	);
}

export function Detail({ line, onClose }) {
	const head = useRef();
	useEffect(() => {
		/* Where the pane covers the list, the reader goes with it. */
		if (matchMedia('(max-width: 1099px)').matches) head.current.focus();
	}, []);
	const { data } = line;
	const title = {
		request: `${data.method} ${data.path}`,
		webhook: `${data.method} ${data.url}`,
		message: `Message ${shortSid(line.sid)} is ${line.status}`,
		event: data.type,
	}[line.kind];
	return (
		<aside class="detail" aria-label="The chosen line">
			<header>
				<h2 ref={head} tabIndex={-1}>
					{title}
				</h2>
				<button type="button" class="small" onClick={onClose}>
					Close
				</button>
			</header>
			<div class="detail-body">
				{line.kind === 'request' ? (
					<Request request={data} />
				) : line.kind === 'webhook' ? (
					<Webhook attempt={data} />
				) : (
					<Event event={data} />
				)}
				<Related line={line} />
			</div>
		</aside>
	);
}
