// SIGKILL at random moments while sinks are given events:  node tests/kill/events.mjs [EVENTS [KILLS]]
//
// Clients send messages to the simulated carrier and change applications, also of a subaccount, until the log has so many
// events, and while there are kills.  Four takers want some of them: a sink in batches, a sink with one event a request and
// two subscriptions, a sink of the subaccount, a native subscription with a filter that has refusals (4xx) tried again.
// They answer 429, 500, 503, garbage, a redirect, half an answer or none, some of them after they took the events.  The
// server is killed and started again on the same store; then, without kills, everything arrives.  Against GET /v1/events:
//
//	lost        every event that a subscription wants was taken
//	unwanted    nothing came that none wants, or that the log does not have; redirects are not followed
//	order       of one SID, what was taken first is in the log's order
//	repetition  an event has the log's id and words, however often it comes; an idempotency token stands for the same
//	            events, in single mode for the one whose id it is
//	signature   every request is signed
//	log         what was answered with 201 or 204 is in the log; `strowger check --data` agrees after every kill
//
// Prints a line for each property; the last is `N passed, N failed`.
import { Agent, request as open } from 'node:http';
import { Server, until, patience, sleep } from '../api/lib/server.mjs';
import { conclude, prove, random, seed } from './common.mjs';
import { Taker } from './takers.mjs';

const wanted = Number(process.argv[2] ?? 2000), kills = Number(process.argv[3] ?? 10);
const CLIENTS = 16, PAGE = 1000, LONG = wanted > 10000;
const FROM = '+15005550006', UNREACHABLE = 30003, UNKNOWN_HANDSET = 30005;
const NUMBERS = ['+15005550010', '+15005550011', '+14155550100', '+15005550023', '+15005550025', '+15005550029'];
const faults = { lost: [], unwanted: [], order: [], repetition: [], signature: [], log: [] };
const agent = new Agent({ keepAlive: true });
const server = await Server.start({
	keep: true,
	args: ['--opening-balance', '1000000', '--virtual-clock', 'true', '--public-url', 'http://strowger.invalid', '--carrier', 'sim=sim:?latency_ms=1&receipt_ms=5'],
});
const master = { sid: server.sid, token: server.token };

/** { status, json }, or undefined when the connection ended. */
function ask(method, path, account = master, form = undefined) {
	return new Promise((done) => {
		const call = open(server.url + path, { method, agent, auth: `${account.sid}:${account.token}`, headers: form && { 'content-type': 'application/x-www-form-urlencoded' } });
		call.on('error', () => done());
		call.on('response', async (response) => {
			let text = '';
			try {
				for await (const chunk of response)
					text += chunk;
				done({ status: response.statusCode, json: text ? JSON.parse(text) : undefined });
			} catch {
				done();
			}
		});
		call.end(form && String(new URLSearchParams(form)));
	});
}

// ---- what is wanted ----

const has = (...types) => (event) => types.includes(event.type);
const own = (event) => event.account_sid === master.sid;
const cloud = (name) => (name.startsWith('message.') ? `com.twilio.messaging.${name}` : `strowger.${name}`);
const ends = ['message.sent', 'message.delivered', 'message.undelivered', 'message.failed'];
const first = ['message.delivered', 'message.failed'];
const second = ['application.created', 'application.updated', 'application.deleted', 'message.undelivered'];
const third = ['application.updated', 'application.deleted'];
const { json: made } = await server.call('POST', '/2010-04-01/Accounts.json', { form: {} });
const sub = { sid: made.sid, token: made.auth_token };

const takers = {
	batched: await Taker.start('batched', { token: master.token, per_mille: 150, without: ['refusal'], wants: (event) => own(event) && has(...ends)(event) }),
	single: await Taker.start('single', { token: master.token, per_mille: LONG ? 2 : 10, without: ['refusal'], single: true,
		wants: (event) => (own(event) && has(...first)(event)) || (has(...second)(event) && (event.data.error_code === UNKNOWN_HANDSET || event.data.status === 'active')) }),
	subaccount: await Taker.start('subaccount', { token: sub.token, per_mille: 150, without: ['refusal'], wants: (event) => !own(event) && has(...third)(event) }),
	native: await Taker.start('native', { token: master.token, per_mille: 150, native: true,
		wants: (event) => /^(message|application)\./.test(event.type) && event.type !== 'message.sending' && event.data.error_code !== UNREACHABLE }),
};
const sinks = [];

async function must(promise) {
	const { status, json, text } = await promise;
	if (status !== 201)
		throw new Error(`${status} ${text}`);
	return json.sid;
}

const authOf = (account) => `${account.sid}:${account.token}`;

async function makeSink(taker, account, config = {}) {
	const form = { Description: taker.name, SinkType: 'webhook', SinkConfiguration: JSON.stringify({ destination: taker.url, method: 'POST', ...config }) };
	const sid = await must(server.call('POST', '/events/v1/Sinks', { form, auth: authOf(account) }));
	sinks.push({ sid, account });
	return sid;
}

const subscribe = (account, sink, types, more = {}) => must(server.call('POST', '/events/v1/Subscriptions', {
	form: { Description: 'x', SinkSid: sink, Types: types.map((type) => JSON.stringify({ type: cloud(type), schema_version: 1 })), ...more }, auth: authOf(account),
}));

await subscribe(master, await makeSink(takers.batched, master, { in_flight: 8, max_batch: 50 }), ends);
const single = await makeSink(takers.single, master, { batch_events: false, in_flight: 32 });
await subscribe(master, single, first);
await subscribe(master, single, second, { Filter: `errorCode == ${UNKNOWN_HANDSET} OR status == 'active'`, ReceiveEventsFromSubaccounts: 'true' });
await subscribe(sub, await makeSink(takers.subaccount, sub), third);
const sid = await must(server.call('POST', '/v1/event_subscriptions', {
	json: { url: takers.native.url, types: ['message.*', 'application.*'], filter: `type != 'message.sending' AND NOT data.error_code == ${UNREACHABLE}`, refused: 'retry', pause_max_s: 2 },
}));
sinks.push({ sid, account: master });

// ---- events ----

const told = new Set(); // "message.queued SM…": what an answer promised
let produced = 0, killed = 0, cut = 0;

/** Asks until there is an answer; what then is in the log. */
async function change(method, path, account, form, type, events) {
	for (; ;) {
		const reply = await ask(method, path, account, form);
		const gone = reply?.status === 404 && method === 'DELETE'; /* deleted, and the answer was cut off */
		if (reply && reply.status < 300 || gone) {
			const of = reply.json?.sid ?? path.match(/AP[0-9a-f]{32}/)[0];
			told.add(`${type} ${of}`);
			produced += events;
			return of;
		}
		if (reply && reply.status !== 503) {
			faults.log.push(`${method} ${path}: ${JSON.stringify(reply)}`);
			return undefined;
		}
		cut++;
		await sleep(5);
	}
}

async function message() {
	const form = { To: NUMBERS[random(NUMBERS.length)], From: FROM, Body: 'x' };
	await change('POST', `/2010-04-01/Accounts/${master.sid}/Messages.json`, master, form, 'message.queued', 4);
}

async function application(account) {
	const path = `/2010-04-01/Accounts/${account.sid}/Applications`;
	const made = await change('POST', `${path}.json`, account, { FriendlyName: 'a' }, 'application.created', 1);
	if (!made)
		return;
	for (let n = random(3); n > 0; n--)
		await change('POST', `${path}/${made}.json`, account, { FriendlyName: `b${n}` }, 'application.updated', 1);
	await change('DELETE', `${path}/${made}.json`, account, undefined, 'application.deleted', 1);
}

async function client() {
	while (produced < wanted || killed < kills)
		await (random(8) ? message() : application(random(2) ? master : sub));
}

/** How many events there are. */
async function size() {
	const { json } = await ask('GET', '/v1/events?last=1');
	return Number(json.data[0].id.split('-')[1]);
}

/** Every event of the log behind a cursor. */
async function read(cursor) {
	const log = [];
	for (; ;) {
		const { json } = await ask('GET', `/v1/events?limit=${PAGE}${cursor ? `&cursor=${cursor}` : ''}`);
		log.push(...json.data);
		cursor = json.next_cursor;
		if (!json.data.length)
			return { log, cursor };
	}
}

// ---- chaos ----

const start = Date.now(), seconds = () => ((Date.now() - start) / 1000).toFixed(1);
const clients = Array.from({ length: CLIENTS }, client);
for (; killed < kills; killed++) {
	await until(() => produced >= (wanted * killed) / kills, 'events', 600000);
	await sleep(random(200) * patience);
	await server.kill();
	prove(server, faults.log);
	/* A kill ends a call that is not answered; behind the last one it takes its 15 seconds. */
	for (const taker of killed === kills - 1 ? Object.values(takers) : [])
		taker.hangs = LONG ? 2 : 0;
	await server.restart();
}
await Promise.all(clients);
const chaos = seconds();
/* Kills took receipts away with the simulated carrier, and some messages fail early: those have fewer events. */
while (await size() < wanted)
	await Promise.all(Array.from({ length: CLIENTS }, message));

// Now it may take its time, which the clock shortens.
const log = [];
let cursor = '';
for (const within_ms of [LONG ? 300000 : 60000, 30000]) { /* again for the receipts that came meanwhile */
	const more = await read(cursor);
	log.push(...more.log);
	cursor = more.cursor;
	await until(async () => {
		await ask('POST', '/v1/clock', master, { advance_s: 3 });
		return Object.values(takers).every((taker) => taker.has(log));
	}, 'every event', within_ms).catch(() => {});
}

for (const taker of Object.values(takers))
	taker.judge(log, faults);
const there = new Set(log.map((event) => `${event.type} ${event.sid}`));
for (const what of told)
	if (!there.has(what))
		faults.log.push(`${what} was answered and is not in the log`);
prove(server, faults.log);

agent.destroy();
server.options.keep = Boolean(process.env.KEEP);
if (process.env.KEEP)
	console.log(`# store: ${server.dir}`);
await server.stop();
for (const taker of Object.values(takers)) {
	console.log(`# ${taker}`);
	await taker.stop();
}
console.log(`# seed ${seed}: ${kills} kills, ${log.length} events, ${cut} calls unanswered; ${chaos} s with kills, ${seconds()} s in all`);
conclude(faults);
