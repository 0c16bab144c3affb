// SIGKILL at random moments of two servers in a chain:  node tests/kill/carrier-twilio.mjs [KILLS]
//
// Clients send messages with idempotency keys to the near server; they leave by the twilio carrier to the far one, whose
// carrier is simulated.  Either is killed and started again on the same store.  At the end, when everything has settled:
//
//	lost        every message that was answered with 201 is there, in a final status
//	submitted   no message is twice with the far server; what is there and was delivered is delivered here, or its
//	            outcome is unknown (30410); what is not there is unknown here
//	money       `strowger check --data` agrees on both stores after every kill
//
// Prints a line for each property; the last is `N passed, N failed`.
import { Server, until, sleep, patience } from '../api/lib/server.mjs';
import { conclude, count, insist, messagesOf, prove, random, seed } from './common.mjs';

const kills = Number(process.argv[2] ?? 10);
const CLIENTS = 8, UNKNOWN = 30410;
const FINAL = ['delivered', 'undelivered', 'failed'];
const args = ['--opening-balance', '100000', '--virtual-clock', 'true'];
const faults = { lost: [], submitted: [], money: [], answers: [] };
const known = new Map(); // key -> sid
const run = { ends: false, cut: 0 };
const stay = (server) => (server.options.listen = `127.0.0.1:${server.port}`); // a carrier's and callbacks' URLs last

const far = await Server.start({ args: [...args, '--carrier', 'sim=sim:?latency_ms=2&receipt_ms=20'] });
stay(far);
const near = await Server.start({ args: [...args, '--carrier', `main=twilio+http://${far.sid}:${far.token}@127.0.0.1:${far.port}?timeout_ms=2000`] });
stay(near);
let sent = 0;

async function client() {
	while (!run.ends) {
		const key = `key-${sent++}`, to = `+1415${String(2000000 + sent).padStart(7, '0')}`;
		const reply = await insist(near, { To: to, From: '+15005550006', Body: key }, key, run);
		if (reply && reply.status !== 201)
			faults.answers.push(`${key}: ${reply.status} ${reply.text}`);
		else if (reply)
			known.set(key, reply.json.sid);
		await sleep(5);
	}
}

const clients = Array.from({ length: CLIENTS }, client);
for (let kill = 1; kill <= kills; kill++) {
	const server = kill % 2 ? near : far;
	await sleep((50 + random(400)) * patience);
	await server.kill();
	prove(server, faults.money);
	await server.restart();
}
run.ends = true;
await Promise.all(clients);

// What is queued leaves, and callbacks come again; then the ten minutes of those that nothing settles.
const open = async (server, ignored = []) => [...(await messagesOf(server)).values()].filter((m) => ![...FINAL, ...ignored].includes(m.status));
const settled = (server, what, ignored) => until(async () => !(await open(server, ignored)).length, what, 60000).catch(() => {});
await settled(near, 'what is queued', ['sending', 'sent']);
for (let i = 0; i < 20 && (await open(near)).length; i++) {
	await far.call('POST', '/v1/clock', { json: { advance_s: 60 } }); // callbacks that found nobody
	await near.call('POST', '/v1/clock', { json: { advance_s: 60 } });
}
await settled(near, 'final statuses', ['sent']);

const here = await messagesOf(near), there = new Map();
for (const message of (await messagesOf(far)).values())
	there.set(message.body, [...(there.get(message.body) ?? []), message]);
for (const [key, sid] of known)
	if (here.get(sid)?.body !== key)
		faults.lost.push(`${key}: ${sid}`);
for (const message of here.values()) {
	const copies = there.get(message.body) ?? [], unknown = message.error_code === UNKNOWN;
	if (copies.length > 1)
		faults.submitted.push(`${message.body} is there ${copies.length} times`);
	if (!copies.length && !unknown)
		faults.submitted.push(`${message.body} is ${message.status} and is not there`);
	// The far simulated carrier forgets its receipts when it is killed: then `sent` is the last word there.
	const end = copies[0]?.status === 'sent' ? 'sent' : 'delivered';
	if (copies.length === 1 && message.status !== end && !unknown)
		faults.submitted.push(`${message.body} is ${copies[0].status} there and ${message.status} ${message.error_code} here`);
	if (!FINAL.includes(message.status) && end !== message.status)
		faults.lost.push(`${message.sid} stays ${message.status}`);
}
prove(near, faults.money);
prove(far, faults.money);
const lost = [...here.values()].filter((m) => m.error_code === UNKNOWN);
console.log(`# seed ${seed}: ${kills} kills, ${here.size} messages, ${run.cut} answers cut off; here ${count(here)}; ` +
	`of the unknown ones ${lost.filter((m) => there.has(m.body)).length} are there`);
await near.stop();
await far.stop();
conclude(faults);
