// Callbacks to endpoints that do everything but what they should, and SIGKILLs between:  node tests/kill/webhooks.mjs [CALLBACKS]
//
// Clients send messages with idempotency keys; each tells of two statuses.  The sink has eight paths, some worse than
// others, and answers 200, 429 with Retry-After, 500, a redirection or garbage, resets the connection, or hangs; a ninth
// path never does but fail, until what was given up is sent again.  The server is killed and started again on the same store, while messages go out and while callbacks are tried again; the
// clock is moved, so that the schedule of 20 hours takes seconds.  At the end the sink behaves.  When all has settled:
//
//	told        each change of status that is told of was answered with 200 at least once, or is a dead letter
//	tokens      a repeated callback carries the token of the first, another callback another, a dead letter its own
//	signed      each request is signed
//	breakers    some opened, some closed, none is open but maybe the ninth path's, which was told of
//	replayed    after all dead letters are sent again none is left, and each of them was told
//
// Prints a line for each property; the last is `N passed, N failed`.
import { createServer } from 'node:http';
import { Server, sleep, patience, until } from '../api/lib/server.mjs';
import { signature } from '../peers/receiver.mjs';
import { conclude, history, insist, prove, random, seed } from './common.mjs';

const callbacks = Number(process.argv[2] ?? 2000);
const messages = Math.ceil(callbacks / 2);
const KILLS = callbacks > 10000 ? 40 : 8, KILLS_LATER = 4, CLIENTS = 16, PATHS = 8, NEVER = 6;
const ROUGH = Math.min(1, 15000 / callbacks); // share of the time: each retry is a step of the clock
const TOLD = ['sent', 'delivered', 'undelivered', 'failed'];
const faults = { told: [], tokens: [], signed: [], breakers: [], replayed: [], money: [], answers: [] };
const run = { ends: false, cut: 0 };
let calm = false, mended = false, asked = 0, sent = 0;

// ---- the sink ----

const calls = new Map(); // "SM… sent" -> { token, asked, told }
const tokens = new Map(); // token -> "SM… sent"

const answers = {
	good: (response) => response.writeHead(200).end(),
	busy: (response) => response.writeHead(429, { 'retry-after': String(1 + random(60)) }).end(),
	broken: (response) => response.writeHead(500).end('oops'),
	redirect: (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
	garbage: (response) => response.socket.end('\0\xff!? 2OO nothing of HTTP\r\n\r\n'),
	reset: (response) => response.socket.resetAndDestroy(),
	hang() {},
};
const bad = ['busy', 'broken', 'broken', 'broken', 'redirect', 'garbage', 'reset', 'hang'];

/** Even paths fail now and then, odd ones mostly. */
function behaviour(path) {
	if (path === '/never')
		return mended ? 'good' : 'broken';
	const often = Number(path.at(-1)) % 2 ? 75 : 20, rough = sent >= messages || (sent / messages) % 0.1 < 0.1 * ROUGH;
	return !calm && rough && random(100) < often ? bad[random(bad.length)] : 'good';
}

const sink = createServer((request, response) => {
	let body = '';
	request.on('data', (text) => (body += text));
	request.on('end', () => {
		const form = Object.fromEntries(new URLSearchParams(body)), what = `${form.MessageSid} ${form.MessageStatus}`;
		const token = request.headers['i-twilio-idempotency-token'], call = calls.get(what) ?? { token, asked: 0, told: 0 };
		const url = `http://127.0.0.1:${sink.address().port}${request.url}`;
		asked++;
		calls.set(what, call);
		call.asked++;
		if (call.token !== token)
			faults.tokens.push(`${what}: ${call.token} ${token}`);
		if ((tokens.get(token) ?? what) !== what)
			faults.tokens.push(`${what} has the token of ${tokens.get(token)}`);
		tokens.set(token, what);
		if (request.headers['x-twilio-signature'] !== signature(server.token, url, form))
			faults.signed.push(what);
		const how = behaviour(new URL(url).pathname);
		call.told += how === 'good';
		answers[how](response);
	});
});
sink.keepAliveTimeout = 60000;
await new Promise((done) => sink.listen(0, '127.0.0.1', done));

// ---- the run ----

const server = await Server.start({
	keep: true,
	args: ['--opening-balance', '1000000', '--virtual-clock', 'true', '--replay-rate', '1000', '--carrier', 'sim=sim:?latency_ms=0&receipt_ms=5'],
});

async function client() {
	while (!run.ends && sent < messages) {
		const number = sent++, key = `key-${number}`;
		const path = number % Math.floor(messages / NEVER) === 0 ? 'never' : `path${random(PATHS)}`;
		const callback = `http://127.0.0.1:${sink.address().port}/${path}#tt=400`;
		const form = { To: `+1415${String(2000000 + number % 7000000).padStart(7, '0')}`, From: '+15005550006', Body: key, StatusCallback: callback };
		const reply = await insist(server, form, key, run);
		if (reply && reply.status !== 201)
			faults.answers.push(`${key}: ${reply.status} ${reply.text}`);
	}
}

async function kill() {
	await server.kill();
	prove(server, faults.money);
	await server.restart();
}

const advance = (advance_s) => server.call('POST', '/v1/clock', { json: { advance_s } });

const clients = Array.from({ length: CLIENTS }, client);
for (let n = 1; n <= KILLS; n++) {
	const enough = Math.floor(messages * n / (KILLS + 1));
	await until(() => sent >= enough, 'messages', 600000);
	await sleep(random(100) * patience);
	await kill();
}
await Promise.all(clients);

// Hours of retries; a server that is killed comes back with the real time, so that what was put off is further ahead.
for (let n = 0; n < KILLS_LATER; n++) {
	const moving = advance(600).catch(() => {});
	await sleep(random(400) * patience);
	await kill();
	await moving;
	await advance(300);
}
calm = true;

async function deadLetters() {
	const rows = [];
	for (let cursor = ''; cursor !== null;) {
		const { json } = await server.call('GET', `/v1/webhooks/dead_letters?limit=1000${cursor && `&cursor=${cursor}`}`);
		rows.push(...json.data);
		cursor = json.next_cursor;
	}
	return rows;
}

/** Callbacks that are neither told nor dead letters. */
async function missing() {
	const dead = new Map((await deadLetters()).map((d) => [`${d.sid} ${new URLSearchParams(d.body).get('MessageStatus')}`, d]));
	const wanted = [...await history(server, TOLD)].flatMap(([sid, list]) => list.map((status) => `${sid} ${status}`));
	return { dead, wanted, missing: wanted.filter((what) => !calls.get(what)?.told && !dead.has(what)) };
}

let state = await missing();
for (let hours = 0; hours < 168 && state.missing.length; hours += 6) {
	await advance(6 * 3600);
	state = await missing();
}
state.missing.forEach((what) => faults.told.push(what));
if (state.wanted.length < messages * 2 * 0.9)
	faults.told.push(`only ${state.wanted.length} callbacks were caused`);
for (const [what, letter] of state.dead)
	if (calls.has(what) && calls.get(what).token !== letter.token)
		faults.tokens.push(`the dead letter ${what}: ${calls.get(what).token} ${letter.token}`);

// ---- breakers, and what was given up ----

const counts = {};
for (let cursor = ''; ;) {
	const { json } = await server.call('GET', `/v1/events?limit=1000${cursor}`);
	for (const { type } of json.data.filter((e) => e.type.startsWith('webhook.')))
		counts[type] = (counts[type] ?? 0) + 1;
	if (!json.data.length)
		break;
	cursor = `&cursor=${json.next_cursor}`;
}
const endpoints = (await server.call('GET', '/v1/webhooks/endpoints')).json.data;
if (!counts['webhook.endpoint_opened'] || !counts['webhook.endpoint_closed'] || !counts['webhook.endpoint_failing'])
	faults.breakers.push(JSON.stringify(counts));
const never = endpoints.find((e) => e.url.endsWith('/never'));
if (!never?.notices.includes(1))
	faults.breakers.push(JSON.stringify(never));
endpoints.filter((e) => e !== never && (e.breaker !== 'closed' || e.status !== 'enabled')).forEach((e) => faults.breakers.push(`${e.url} is ${e.breaker}, ${e.status}`));
if (state.dead.size < NEVER)
	faults.replayed.push(`only ${state.dead.size} dead letters`);

mended = true;
if (state.dead.size) {
	const { status, json } = await server.call('POST', '/v1/webhooks/replays', { json: { filter: { since: '2020-01-01T00:00:00Z' } } });
	if (status !== 202 || json.total !== state.dead.size)
		faults.replayed.push(`${status} ${JSON.stringify(json)} where there are ${state.dead.size}`);
	await advance(3600); // the breaker's probe is some minutes ahead
	const left = await deadLetters();
	left.forEach((d) => faults.replayed.push(`${d.sid} ${d.why}`));
	[...state.dead.keys()].filter((what) => !calls.get(what)?.told).forEach((what) => faults.replayed.push(`${what} was not told`));
}
prove(server, faults.money);

const repeated = [...calls.values()].filter((c) => c.asked > 1).length;
server.options.keep = Boolean(process.env.KEEP);
if (process.env.KEEP)
	console.log(`# store: ${server.dir}`);
await server.stop();
sink.closeAllConnections();
sink.close();
console.log(`# seed ${seed}: ${KILLS + KILLS_LATER} kills, ${state.wanted.length} callbacks, ${asked} requests, ${repeated} repeated, ` +
	`${state.dead.size} dead letters; ${JSON.stringify(counts)}; ${run.cut} answers cut off`);
conclude(faults);
