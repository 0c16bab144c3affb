// SIGKILL at random moments under load, over HTTP:  node tests/kill/kill.mjs [KILLS]
//
// Clients send messages with idempotency keys; the server is killed and started again on the same store.  A client
// whose answer was cut off sends the same request again, with the same key.  After every restart, and at the end:
//
//	nothing lost      every message that was answered with 201 is there, word for word
//	nothing double    one message for each key, whatever was sent again; a replay answers the same bytes
//	money exact       balance = opening balance - sum of prices of the messages there are; after every kill, and beside
//	                  the running server, `strowger check --data` agrees; usage counts every message once
//	nothing stuck     at the end every message has left the queue: delivered, or sent when the kill took the
//	                  simulated carrier's receipt with it (it lives in the process); the last ones are all delivered
//
// 200 kills without a fault leave less than 5 % doubt that a fault happens in fewer than 1.5 % of kills (3 / 200).
// Prints a line for each property; the last is `N passed, N failed`.
import { Server, until, sleep, patience } from '../api/lib/server.mjs';
import { conclude, count, insist, messagesOf, prove, random, seed, used } from './common.mjs';

const kills = Number(process.argv[2] ?? 10);
const CLIENTS = 16;
const OPENING = 100000;
const PRICE_MICROS = 7500;
const DONE = ['delivered', 'undelivered', 'failed', 'sent'];

const server = await Server.start({ keep: true, args: ['--opening-balance', String(OPENING), '--carrier', 'sim=sim:?latency_ms=2&receipt_ms=10'] });
const known = new Map(); // key -> { sid, text }
const faults = { lost: [], doubled: [], money: [], stuck: [], answers: [] };
const run = { ends: false, cut: 0 };
let sent = 0, replayed = 0;

async function deliver(key) {
	const reply = await insist(server, { To: '+15005550010', From: '+15005550006', Body: `key ${key}` }, key, run);
	if (!reply)
		return;
	if (reply.status !== 201) {
		faults.answers.push(`${key}: ${reply.status} ${reply.text}`);
		return;
	}
	replayed += reply.headers.get('idempotent-replayed') === 'true';
	const before = known.get(key);
	if (before && before.text !== reply.text)
		faults.doubled.push(`${key}: answered ${before.sid} and ${reply.json.sid}`);
	known.set(key, { sid: reply.json.sid, text: reply.text });
}

async function client(number) {
	for (let i = 0; !run.ends; i++) {
		const key = `client-${number}-${i}`;
		sent++;
		await deliver(key);
		if (random(20) === 0)
			await deliver(key);
	}
}

const all = () => messagesOf(server, (sid) => faults.doubled.push(`${sid} listed twice`));

// With the clients quiet: what was promised against what is there.
async function examine() {
	const messages = await all();
	const bodies = new Map();
	for (const message of messages.values()) {
		if (bodies.has(message.body))
			faults.doubled.push(`${message.body}: ${bodies.get(message.body)} and ${message.sid}`);
		bodies.set(message.body, message.sid);
	}
	for (const [key, { sid }] of known)
		if (messages.get(sid)?.body !== `key ${key}`)
			faults.lost.push(`${key}: ${sid}`);
	const { json } = await server.account('GET', 'Balance');
	const want = OPENING * 1e6 - messages.size * PRICE_MICROS, is = Math.round(Number(json.balance) * 1e6);
	if (is !== want)
		faults.money.push(`balance ${is} where ${messages.size} messages make ${want}`);
	return messages;
}

const clients = Array.from({ length: CLIENTS }, (_, i) => client(i));
for (let kill = 1; kill <= kills; kill++) {
	await sleep((3 + random(120)) * patience);
	await server.kill();
	prove(server, faults.money);
	await server.restart();
}
await sleep(50);
run.ends = true;
await Promise.all(clients);
run.ends = false;
for (let i = 0; i < 20; i++)
	await deliver(`last-${i}`);
await examine();
let open = new Map(), last;
await until(async () => {
	last = await all();
	open = new Map([...last].filter(([, m]) => !DONE.includes(m.status)));
	return open.size === 0 && [...known].every(([key, { sid }]) => !key.startsWith('last-') || last.get(sid)?.status === 'delivered');
}, 'final statuses', 60000).catch(() => {});
for (const [key, { sid }] of known)
	if (key.startsWith('last-') && last.get(sid)?.status !== 'delivered')
		open.set(sid, last.get(sid));
for (const [sid, message] of open)
	faults.stuck.push(`${sid} ${message.status}`);
const messages = await examine();
await used(server, messages.size, faults.money);
prove(server, faults.money);
server.options.keep = false;
await server.stop();
console.log(`# seed ${seed}: ${kills} kills, ${sent} keys, ${messages.size} messages, ${run.cut} answers cut off, ${replayed} replays; ${count(messages)}`);
conclude(faults);
