// SIGKILL at random moments with receipts and callbacks in flight:  node tests/kill/carrier.mjs [KILLS]
//
// Clients send messages with idempotency keys and a StatusCallback; they leave over SMPP to tests/peers/smsc, which outlives
// the server, remembers every submit_sm, and offers receipts again that were not acknowledged.  The server is killed and
// started again on the same store.  At the end, when everything has settled:
//
//	lost        every message that was answered with 201 is there, in a final status
//	submitted   no message was submitted twice; what was submitted and reported is delivered; what failed as unknown
//	            (30410) was never submitted, or its answer was cut off and no receipt could be matched
//	callbacks   each change of status that is told of was told; each is signed; statuses start in order
//	tokens      a repeated callback carries the token of the first, another callback another
//	money       balance = opening balance - prices of what did not fail; `strowger check --data` agrees after every kill,
//	            usage counts what did not fail
//
// 100 kills without a fault leave less than 5 % doubt that a fault happens in fewer than 3 % of kills.
// Prints a line for each property; the last is `N passed, N failed`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, until, sleep, patience } from '../api/lib/server.mjs';
import { conclude, count, history, insist, messagesOf, prove, random, seed, used } from './common.mjs';
import { Receiver } from '../peers/receiver.mjs';
import { Smsc } from '../peers/smsc.mjs';

const kills = Number(process.argv[2] ?? 10);
const CLIENTS = 16;
const OPENING = 100000;
const FINAL = ['delivered', 'undelivered', 'failed'];
const TOLD = ['sent', ...FINAL];
const UNKNOWN = 30410;
const dir = mkdtempSync(join(tmpdir(), 'strowger-carrier-')), capture = join(dir, 'submits');
const smsc = await Smsc.start({ 'receipt-delay': '1-200', 'deliver-timeout': 500, 'deliver-retry': 100, 'deliver-window': 50, capture });
const server = await Server.start({
	keep: true,
	args: ['--opening-balance', String(OPENING), '--virtual-clock', 'true', '--carrier', `main=smpp://test:test@127.0.0.1:${smsc.port}?window=50`],
});
const hook = await Receiver.start({ token: server.token });
const faults = { lost: [], submitted: [], callbacks: [], tokens: [], money: [], answers: [] };
const known = new Map(); // key -> sid
const run = { ends: false, cut: 0 };
let sent = 0;

async function deliver(number) {
	const key = `key-${number}`, to = `+1415${String(2000000 + number).padStart(7, '0')}`;
	const form = { To: to, From: '+15005550006', Body: key, StatusCallback: `${hook.url}/cb?n=${number}` };
	const reply = await insist(server, form, key, run);
	if (reply && reply.status !== 201)
		faults.answers.push(`${key}: ${reply.status} ${reply.text}`);
	else if (reply)
		known.set(key, reply.json.sid);
}

async function client() {
	while (!run.ends)
		await deliver(sent++);
}

const clients = Array.from({ length: CLIENTS }, client);
for (let kill = 1; kill <= kills; kill++) {
	await sleep((20 + random(250)) * patience);
	await server.kill();
	prove(server, faults.money);
	await server.restart();
}
await sleep(50);
run.ends = true;
await Promise.all(clients);

// Whatever waits for a receipt gets its time; then the ten minutes of those that will get none.
let open = [];
const settle = (ignored) => until(async () => {
	open = [...(await messagesOf(server)).values()].filter((m) => ![...FINAL, ...ignored].includes(m.status));
	const { unacknowledged } = await smsc.stats();
	return open.length === 0 && unacknowledged === 0;
}, 'final statuses', 60000).catch(() => {});
await settle(['sending']);
await server.call('POST', '/v1/clock', { json: { advance_s: 660 } });
await settle([]);
const peer = await smsc.stats();
await smsc.stop();
const messages = await messagesOf(server), events = await history(server, TOLD);
const submits = readFileSync(capture, 'utf8').trim().split('\n').map((line) => Buffer.from(JSON.parse(line).message, 'hex').toString('latin1'));
rmSync(dir, { recursive: true });
const told = () => {
	const calls = new Map();
	for (const request of hook.requests) {
		const { MessageSid: sid, MessageStatus: status } = request.params;
		calls.set(`${sid} ${status}`, [...(calls.get(`${sid} ${status}`) ?? []), request]);
	}
	return calls;
};
await until(() => {
	const calls = told();
	return [...events].every(([sid, list]) => list.every((status) => calls.has(`${sid} ${status}`)));
}, 'callbacks', 30000).catch(() => {});

for (const [key, sid] of known) {
	const message = messages.get(sid);
	if (message?.body !== key)
		faults.lost.push(`${key}: ${sid}`);
}
for (const message of open)
	faults.lost.push(`${message.sid} stays ${message.status}`);

const bodies = new Map();
for (const body of submits)
	bodies.set(body, (bodies.get(body) ?? 0) + 1);
for (const message of messages.values()) {
	const n = bodies.get(message.body) ?? 0, unknown = message.error_code === UNKNOWN;
	if (n > 1)
		faults.submitted.push(`${message.body} submitted ${n} times`);
	if (n === 0 && !unknown)
		faults.submitted.push(`${message.body} is ${message.status} and was never submitted`);
	if (n === 1 && message.status !== 'delivered' && !unknown)
		faults.submitted.push(`${message.body} was submitted and is ${message.status} ${message.error_code}`);
}

const calls = told(), tokens = new Map();
for (const [sid, list] of events) {
	const first = list.map((status) => calls.get(`${sid} ${status}`)?.[0]);
	list.forEach((status, i) => first[i] || faults.callbacks.push(`${sid} ${status} was not told`));
}
for (const [what, list] of calls) {
	const [sid, status] = what.split(' ');
	if (!events.get(sid)?.includes(status))
		faults.callbacks.push(`${what} was told and never happened`);
	if (!list.every((request) => request.valid))
		faults.callbacks.push(`${what}: a signature is not valid`);
	if (new Set(list.map((request) => request.token)).size !== 1)
		faults.tokens.push(`${what}: ${list.map((request) => request.token).join(' ')}`);
	if (tokens.has(list[0].token))
		faults.tokens.push(`${what} has the token of ${tokens.get(list[0].token)}`);
	tokens.set(list[0].token, what);
}

const { json } = await server.account('GET', 'Balance');
const paid = [...messages.values()].filter((m) => m.status !== 'failed').length;
const want = OPENING * 1e6 - paid * 7500, is = Math.round(Number(json.balance) * 1e6);
if (is !== want)
	faults.money.push(`balance ${is} where ${paid} paid messages make ${want}`);
await used(server, paid, faults.money);
prove(server, faults.money);

const unknown = [...messages.values()].filter((m) => m.error_code === UNKNOWN);
const unmatched = unknown.filter((m) => bodies.has(m.body)).length;
const repeated = [...calls.values()].filter((list) => list.length > 1).length;
server.options.keep = Boolean(process.env.KEEP);
if (process.env.KEEP)
	console.log(`# store: ${server.dir}`);
await server.stop();
await hook.stop();
console.log(`# SMSC: ${JSON.stringify({ ...peer, sessions: undefined })}`);
console.log(`# seed ${seed}: ${kills} kills, ${messages.size} messages, ${submits.length} submits, ${hook.requests.length} callbacks (${repeated} repeated), ` +
	`${run.cut} answers cut off; ${count(messages)}; of the unknown ones ${unmatched} were submitted`);
conclude(faults);
