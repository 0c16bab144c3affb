// A handset of the simulated carrier: what the account sends to it arrives here, and what is typed arrives at the account.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, get } from '../lib/api.js';
import { useEvents, useLoad, useSend, useTitle } from '../lib/hooks.js';
import { when } from '../lib/format.js';
import { Command, Empty, ErrorCode, Field, Heading, Problem, Sid } from '../ui/parts.jsx';

const DEFAULT = '+14155550100';
const MAGIC = [
	['+15005550010', 'always delivered'],
	[DEFAULT, 'delivered, as any other number'],
	['+15005550023', 'undelivered: 30003, unreachable'],
	['+15005550025', 'undelivered: 30005, unknown number'],
	['+15005550029', 'undelivered: 30008, refused by the network'],
	['+15005550004', 'refused by the API: 21610, opted out'],
];
const E164 = /^\+[1-9]\d{6,14}$/;
const STATES = {
	queued: 'on its way',
	accepted: 'on its way',
	scheduled: 'scheduled',
	sending: 'on its way',
	sent: 'with the carrier',
	delivered: 'arrived',
	received: 'received by the account',
};

/* The number that the newest of the account's own messages went to. */
async function latestHandset() {
	const { data } = await get('/v1/messages', { limit: 20 });
	return data.find((message) => message.direction !== 'inbound' && E164.test(message.to))?.to ?? null;
}

/* Newest last: what this number sent and what was sent to it. */
async function conversation(handset) {
	const [to, from] = await Promise.all([get('/v1/messages', { to: handset, limit: 50 }), get('/v1/messages', { from: handset, limit: 50 })]);
	const all = new Map([...to.data, ...from.data].map((message) => [message.sid, message]));
	return [...all.values()].sort((a, b) => a.date_created.localeCompare(b.date_created) || a.sid.localeCompare(b.sid));
}

function Bubble({ message, handset }) {
	const mine = message.from === handset,
		lost = ['failed', 'undelivered', 'canceled'].includes(message.status);
	return (
		<li class={`bubble ${mine ? 'mine' : 'theirs'} ${lost ? 'lost' : ''}`}>
			<span class="who quiet num">{mine ? `to ${message.to}` : message.from}</span>
			<p>{message.body || <i>no text</i>}</p>
			<span class="foot quiet">
				<time dateTime={message.date_created}>{when(message.date_created)}</time> ·{' '}
				{lost ? (
					<>
						did not arrive <ErrorCode code={message.error_code} />
					</>
				) : (
					(STATES[message.status] ?? message.status)
				)}{' '}
				· <Sid sid={message.sid} />
			</span>
		</li>
	);
}

function Screen({ handset, messages }) {
	const end = useRef();
	useEffect(() => {
		end.current?.scrollTo({ top: end.current.scrollHeight });
	}, [messages?.length, handset]);
	return (
		<div ref={end} class="screen" tabIndex={0} role="log" aria-label={`Messages of ${handset}`}>
			{messages?.length ? (
				<ol>
					{messages.map((message) => (
						<Bubble key={message.sid} message={message} handset={handset} />
					))}
				</ol>
			) : (
				<p class="quiet nothing">
					No message has reached {handset}. Send it one from the account, or write below as this phone.
				</p>
			)}
		</div>
	);
}

function Write({ handset, carrier, numbers, to, setTo }) {
	const [body, setBody] = useState('');
	const { send, error, busy } = useSend(async (event) => {
		event.preventDefault();
		if (!body.trim()) return;
		await ask('POST', `/v1/carriers/${encodeURIComponent(carrier)}/simulate`, { json: { from: handset, to, body }, shown: true });
		setBody('');
	});
	return (
		<form class="write" onSubmit={send}>
			<label class="write-to">
				to{' '}
				<select aria-label="Number of the account" value={to} onChange={(e) => setTo(e.target.value)}>
					{numbers.map((n) => (
						<option key={n.sid} value={n.sender}>
							{n.sender}
						</option>
					))}
				</select>
			</label>
			<div class="write-line">
				<textarea
					rows={1}
					aria-label="Text"
					placeholder="Write as this phone"
					value={body}
					maxLength={1600}
					onInput={(e) => setBody(e.target.value)}
					onKeyDown={(e) => e.key === 'Enter' && !e.shiftKey && send(e)}
				/>
				<button class="primary" disabled={busy || !body.trim()}>
					Send
				</button>
			</div>
			<Problem error={error} what="The message" />
		</form>
	);
}

/** The account writes to the handset: the same as any program would. */
function FromAccount({ handset, from }) {
	const [body, setBody] = useState('Your code is 4711');
	const { send, said, error, busy } = useSend((event) => {
		event.preventDefault();
		return ask('POST', '/v1/messages', { json: { from, to: handset, body }, shown: true });
	});
	return (
		<form class="card" onSubmit={send}>
			<header>
				<h2>Send to this phone</h2>
			</header>
			<Field label={`Text, from ${from}`}>
				{(props) => <textarea {...props} rows={2} value={body} onInput={(e) => setBody(e.target.value)} />}
			</Field>
			<p>
				<button disabled={busy}>Send from the account</button>{' '}
				<span role="status">
					{said && (
						<>
							Accepted: <Sid sid={said.sid} />
						</>
					)}
				</span>
			</p>
			<Problem error={error} what="The message" />
			<details>
				<summary>The same from a terminal</summary>
				<Command
					text={`curl -u $SID:$TOKEN ${location.origin}/v1/messages \\\n  -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify({ from, to: handset, body }).replaceAll("'", "'\\''")}'`}
				/>
			</details>
		</form>
	);
}

export function Phone({ query }) {
	const asked = E164.test(query.get('number') ?? '') ? query.get('number') : null;
	const [chosen, setHandset] = useState(asked),
		[typed, setTyped] = useState(''),
		[to, setTo] = useState(query.get('to') ?? '');
	const carriers = useLoad(() => get('/v1/carriers', { limit: 100 })),
		numbers = useLoad(() => get('/v1/senders', { limit: 100 }));
	/* Without a number asked for: the phone that the account wrote to last, so that its message is seen. */
	const latest = useLoad(() => (asked ? null : latestHandset()));
	const handset = chosen ?? latest.data ?? (latest.loading ? null : DEFAULT);
	const messages = useLoad(() => (handset ? conversation(handset) : null), [handset]);
	useTitle('Phone');
	useEvents((event) => event.type.startsWith('message.') && handset, messages.reload, 40);
	const sim = carriers.data?.data.find((carrier) => carrier.scheme === 'sim'),
		own = numbers.data?.data.filter((n) => E164.test(n.sender)) ?? [];
	useEffect(() => {
		if (to || !own.length || !messages.data) return;
		const last = messages.data.at(-1),
			partner = last && (last.from === handset ? last.to : last.from);
		setTo((own.find((n) => n.sender === partner) ?? own.at(-1)).sender);
	}, [own.length, messages.data]);
	const change = (event) => {
		event.preventDefault();
		if (E164.test(typed.trim())) setHandset(typed.trim());
	};
	return (
		<>
			<Heading title="Phone" sub="A handset of the simulated carrier. Nothing leaves this machine." />
			<Problem error={carriers.error ?? numbers.error ?? messages.error} what="The phone" />
			{carriers.data && !sim && (
				<Empty title="This server has no simulated carrier">
					<p>The phone lives in it. Start the server with one beside the others:</p>
					<Command text="strowger serve --carrier sim=sim:" />
				</Empty>
			)}
			{sim && numbers.data && !own.length && (
				<Empty title="The account has no number">
					<p>The operator gives it one:</p>
					<Command text={`curl -u $SID:$TOKEN ${location.origin}/v1/senders --data-urlencode sender=+15005550006`} />
				</Empty>
			)}
			{sim && handset && own.length > 0 && (
				<div class="phone-page">
					<section class="phone" aria-label="The phone">
						<header>
							<b class="num">{handset}</b>
							<span class="quiet">{sim.name}</span>
						</header>
						<Screen handset={handset} messages={messages.data} />
						<Write handset={handset} carrier={sim.name} numbers={own} to={to} setTo={setTo} />
					</section>
					<div class="phone-side">
						<FromAccount handset={handset} from={to || own[0].sender} />
						<section class="card">
							<header>
								<h2>Use another phone</h2>
							</header>
							<form onSubmit={change} class="tools">
								<input
									data-search
									aria-label="Number of the phone"
									placeholder={DEFAULT}
									value={typed}
									onInput={(e) => setTyped(e.target.value)}
									aria-invalid={typed && !E164.test(typed.trim()) ? true : undefined}
								/>{' '}
								<button disabled={!E164.test(typed.trim())}>Use this number</button>
							</form>
							<p class="quiet">Magic numbers of the simulated carrier, each with an outcome of its own:</p>
							<ul class="magic">
								{MAGIC.map(([number, text]) => (
									<li key={number}>
										<button
											type="button"
											class="plain num"
											data-row
											aria-pressed={number === handset}
											onClick={() => setHandset(number)}
										>
											{number}
										</button>
										<span class="quiet">{text}</span>
									</li>
								))}
							</ul>
						</section>
					</div>
				</div>
			)}
		</>
	);
}
