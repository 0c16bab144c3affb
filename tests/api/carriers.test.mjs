// The http carrier against gateways that a test plays, /v1/carriers, and `strowger sim receive`.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Receiver } from '../peers/receiver.mjs';
import { patience, root, Server, until, withServer } from './lib/server.mjs';

const FROM = '+15005550006', TO = '+14155552671', TOKEN = 'gateway says so';

/** A gateway and a server with it for a carrier; lines: added to the file. */
async function stage(lines, body) {
	const dir = mkdtempSync(join(tmpdir(), 'strowger-gateway-'));
	const gateway = await Receiver.start({ type: 'json', body: '{"id":"A1","status":"ok"}' });
	const file = join(dir, 'gw.conf');
	writeFileSync(join(dir, 'token'), `${TOKEN}\n`);
	writeFileSync(file, [`url = ${gateway.url}/send`, `token = @${dir}/token`, ...lines].join('\n'));
	const server = await Server.start({ args: ['--carrier', `gw=http:${file}`], env: { GATEWAY_KEY: 'k "1"' } });
	try {
		await body({ gateway, server });
	} finally {
		await gateway.stop();
		await server.stop();
		rmSync(dir, { recursive: true });
	}
}

const JSON_GATEWAY = [
	'secret.key = $GATEWAY_KEY', 'header.Authorization = App {secret.key}',
	'body = {"from":"{from}","to":["{to_digits}"],"text":"{body}","ref":"{sid}","ttl":{expires_s}}',
	'accepted.field = status', 'accepted.value = ok', 'id = id', 'error = status', 'error.nobody = 30005', 'error.later = busy 1', 'error.lost = unknown',
	'receipt.list = results', 'receipt.id = id', 'receipt.status = state.name', 'receipt.delivered = DELIVERED', 'receipt.read = SEEN',
	'receipt.failed = FAILED', 'receipt.error = error', 'receipt.code.7 = 30003',
	'inbound.from = from', 'inbound.to = to', 'inbound.body = text', 'inbound.id = id',
];

async function send(server, body = 'hello', to = TO) {
	const reply = await server.call('POST', '/v1/messages', { form: { to, from: FROM, body } });
	assert.equal(reply.status, 201, reply.text);
	return reply.json.sid;
}

const message = async (server, sid) => (await server.call('GET', `/v1/messages/${sid}`)).json;
const reaches = (server, sid, status, within_ms) => until(async () => {
	const now = await message(server, sid);
	return now.status === status && now;
}, `${sid} is ${status}`, within_ms);

const hook = (server, what, json, auth = `x:${TOKEN}`) => server.call('POST', `/v1/carriers/gw/${what}`, { json, auth });
const counters = async (server) => (await server.call('GET', '/v1/carriers')).json.data[0];

test('a message leaves as the template says, and its receipts come back', () => stage(JSON_GATEWAY, async ({ gateway, server }) => {
	const text = 'a "quoted" \\ {body}\nline é 😀';
	const sid = await send(server, text);
	const asked = await gateway.waitFor((r) => r.path === '/send');
	const got = JSON.parse(asked.body);
	assert.equal(asked.headers.authorization, 'App k "1"');
	assert.equal(asked.headers['content-type'], 'application/json');
	assert.ok(got.ttl > 30000 && got.ttl <= 36000);
	assert.deepEqual({ ...got, ttl: 0 }, { from: FROM, to: [TO.slice(1)], text, ref: sid, ttl: 0 });
	await reaches(server, sid, 'sent');
	const reply = await hook(server, 'receipts', { results: [{ id: 'A1', state: { name: 'ENROUTE' } }, { id: 'A1', state: { name: 'DELIVERED' } }] });
	assert.deepEqual([reply.status, reply.text], [200, 'ok']);
	assert.equal((await message(server, sid)).status, 'delivered');
	await hook(server, 'receipts', { results: [{ id: 'A1', state: { name: 'DELIVERED' } }] });

	gateway.on('/send', { body: '{"id":77,"status":"ok"}' });
	const failed = await send(server);
	await reaches(server, failed, 'sent');
	await hook(server, 'receipts', { results: [{ id: '0077', state: { name: 'FAILED' }, error: 7 }] });
	assert.equal((await message(server, failed)).error_code, 30003);
	const row = await counters(server);
	assert.deepEqual([row.name, row.scheme, row.up, row.places, row.in_use], ['gw', 'http', true, 10, 0]);
	assert.deepEqual([row.submitted, row.accepted, row.receipts], [2, 2, 3]);
}));

test('a receipt that overtakes its answer waits for it', () => stage(JSON_GATEWAY, async ({ gateway, server }) => {
	gateway.on('/send', async () => {
		assert.equal((await hook(server, 'receipts', { results: [{ id: 'A1', state: { name: 'DELIVERED' } }] })).status, 200);
		return {};
	});
	await reaches(server, await send(server), 'delivered');
	assert.equal((await counters(server)).receipts_held, 1);
}));

test('refusals, busy gateways, unknown outcomes', () => stage([...JSON_GATEWAY, `timeout_ms = ${2000 * patience}`, 'status.402 = 30004'], async ({ gateway, server }) => {
	for (const [answer, code] of [[{ body: '{"status":"nobody"}' }, 30005], [{ body: '{"status":"else"}' }, 30008],
		[{ status: 402, body: 'no' }, 30004], [{ status: 400, body: '{}' }, 30008]]) {
		gateway.on('/send', answer, 1);
		const said = await reaches(server, await send(server), 'failed');
		assert.equal(said.error_code, code);
	}
	const before = gateway.requests.length;
	gateway.on('/send', { body: '{"status":"later"}' }, 1);
	await reaches(server, await send(server), 'sent');
	assert.equal(gateway.requests.length, before + 2);
	gateway.on('/send', { status: 503, headers: { 'retry-after': '1' } }, 1);
	await reaches(server, await send(server), 'sent');
	assert.equal(gateway.requests.length, before + 4);
	for (const answer of [{ behave: 'hang' }, { behave: 'reset' }, { behave: 'garbage' }, { behave: 'short' }, { behave: 'huge' }, { status: 500 },
		{ body: 'not JSON' }, { body: '{"status":"lost"}' }]) {
		const { unknown } = await counters(server);
		const asked = gateway.requests.length;
		gateway.on('/send', answer, 1);
		await send(server);
		await until(async () => (await counters(server)).unknown === unknown + 1, JSON.stringify(answer));
		assert.equal(gateway.requests.length, asked + 1, JSON.stringify(answer));
	}
	const row = await counters(server);
	assert.deepEqual([row.refused, row.busy, row.in_use], [4, 2, 0]);
}));

test('a message is posted once, also when a gateway that answered before hangs up', () => stage(JSON_GATEWAY, async ({ gateway, server }) => {
	await reaches(server, await send(server), 'sent');
	gateway.on('/send', { behave: 'close' });
	await send(server);
	await until(async () => (await counters(server)).unknown === 1, 'no answer');
	assert.equal(gateway.requests.length, 2);
}));

test('error.default is for reasons: 429 and 5xx without one mean what they mean', () => stage([...JSON_GATEWAY, 'error.default = 30007'],
	async ({ gateway, server }) => {
		gateway.on('/send', { status: 429, headers: { 'retry-after': '1' }, body: 'slow down' }, 1);
		await reaches(server, await send(server), 'sent');
		assert.equal(gateway.requests.length, 2);
		gateway.on('/send', { status: 502, body: '<html>' }, 1);
		await send(server);
		await until(async () => (await counters(server)).unknown === 1, '502');
		gateway.on('/send', { body: '{"status":"other"}' }, 1);
		assert.equal((await reaches(server, await send(server), 'failed')).error_code, 30007);
	}));

test('a gateway that is away gets the message when it is back', async () => {
	const gateway = await Receiver.start({});
	let back;
	await gateway.stop();
	const dir = mkdtempSync(join(tmpdir(), 'strowger-gateway-'));
	writeFileSync(join(dir, 'gw.conf'), `url = ${gateway.url}/send\ncontent = query\nmethod = GET\nbody = to={to}&text={body}\nanswer = text\naccepted.field = ID:\nid = ID:\n`);
	const server = await Server.start({ args: ['--carrier', `gw=http:${dir}/gw.conf`] });
	try {
		const sid = await send(server, 'a&b');
		await until(async () => (await counters(server)).busy > 0, 'the first try');
		back = await Receiver.start({ port: gateway.port, type: 'text', body: 'ID: 0815, queued\n' });
		await reaches(server, sid, 'sent', 15000); // the second try comes after five seconds
		assert.deepEqual(back.requests[0].params, { to: TO, text: 'a&b' });
	} finally {
		await back?.stop();
		await server.stop();
		rmSync(dir, { recursive: true });
	}
});

test('inbound messages, once each, and only with the secret', () => stage(JSON_GATEWAY, async ({ server }) => {
	const inbound = async () => (await server.call('GET', '/v1/messages')).json.data.filter((m) => m.direction === 'inbound');
	const hello = { from: '14155550100', to: FROM.slice(1), text: 'Hello, "you"', id: 'm-1' };
	assert.equal((await hook(server, 'inbound', hello)).status, 200);
	assert.equal((await hook(server, 'inbound', hello)).status, 200);
	assert.deepEqual((await inbound()).map((m) => [m.from, m.to, m.body]), [['+14155550100', FROM, 'Hello, "you"']]);
	const query = new URLSearchParams({ ...hello, id: 'm-2', token: TOKEN });
	assert.equal((await server.call('GET', `/v1/carriers/gw/inbound?${query}`, { auth: null })).status, 200);
	assert.equal((await server.call('POST', '/v1/carriers/gw/inbound', { form: { ...hello, id: 'm-3' }, auth: null,
		headers: { authorization: `Bearer ${TOKEN}` } })).status, 200);
	assert.equal((await inbound()).length, 3);

	for (const auth of [null, 'x:wrong', `${server.sid}:${server.token}`])
		assert.equal((await hook(server, 'inbound', hello, auth)).status, 401);
	assert.equal((await hook(server, 'inbound', { from: '1' })).status, 400);
	assert.equal((await hook(server, 'receipts', { results: 'none' })).status, 400);
	assert.equal((await server.call('POST', '/v1/carriers/gw/inbound', { body: '{"from":', auth: `x:${TOKEN}` })).status, 400);
	assert.equal((await server.call('POST', '/v1/carriers/none/inbound', { json: hello, auth: `x:${TOKEN}` })).status, 404);
	assert.match((await (await fetch(`${server.url}/metrics`)).text()), /strowger_carrier_hooks_refused_total 6/);
}));

test('nothing comes in for an account that is suspended', () => stage(JSON_GATEWAY, async ({ server }) => {
	const { json: sub } = await server.call('POST', '/2010-04-01/Accounts.json', { form: {} });
	await server.call('POST', '/v1/senders', { json: { sender: '+4915112345678', account_sid: sub.sid } });
	const comes = async (id) => assert.equal((await hook(server, 'inbound', { from: '14155550100', to: '4915112345678', text: id, id })).status, 200);
	const bodies = async () => (await server.call('GET', `/2010-04-01/Accounts/${sub.sid}/Messages.json`)).json.messages.map((m) => m.body);
	const set = (status) => server.call('PATCH', `/v1/accounts/${sub.sid}`, { json: { status } });
	await comes('one');
	assert.deepEqual(await bodies(), ['one']);
	await set('suspended');
	await comes('two');
	await set('active');
	await until(async () => {
		await comes('three');
		return (await bodies()).includes('three');
	}, 'messages again');
	assert.ok(!(await bodies()).includes('two'));
	assert.match(server.err, /account that is not active/);
}));

test('the rate of the file is kept', () => stage([...JSON_GATEWAY, 'rate = 20'], async ({ gateway, server }) => {
	const begin = Date.now();
	await Promise.all(Array.from({ length: 12 }, () => send(server)));
	await gateway.waitFor(() => gateway.requests.length === 12);
	const took = gateway.requests[11].at_ms - begin; // what the machine holds up only adds to it
	assert.ok(took >= 540, `${took} ms for 12 messages at 20/s`);
}));

test('a file that cannot be meant stops the start', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'strowger-gateway-'));
	const good = 'url = http://127.0.0.1:1/\nbody = {"to":"{to}"}\n';
	for (const [text, why] of [['url = ftp://x\nbody = {}', /url: must begin/], [good + 'colour = red', /line 3: 'colour'/], ['url = http://127.0.0.1:1/', /body: is missing/],
		['url = http://x/\nbody = {"to":"{too}"}', /no \{too\}/], ['url = http://x/\nbody = {"to":{to}', /no JSON/], [good + 'error.9 = 12', /line 3: 'error.9'/],
		[good + 'secret.a = $NOT_IN_THE_ENVIRONMENT', /line 3: 'secret.a': the secret's variable NOT_IN_THE_ENVIRONMENT is not set/],
		[good + 'secret.a = @/nowhere', /line 3: 'secret.a': the secret's file \/nowhere cannot be read/], [good + 'secret.a = @/dev/null', /line 3: 'secret.a': the secret is empty/],
		[good + 'id = id\nreceipt.id = id\nreceipt.status = s\nreceipt.delivered = d', /token: is needed/]]) {
		writeFileSync(join(dir, 'gw.conf'), text);
		await assert.rejects(Server.start({ args: ['--carrier', `gw=http:${dir}/gw.conf`] }), why);
	}
	await assert.rejects(Server.start({ args: ['--carrier', 'gw=http:/nowhere'] }), /cannot be read/);
	await assert.rejects(Server.start({ args: ['--carrier', 'gw=http://gateway.example/'] }), /names a file/);
	rmSync(dir, { recursive: true });
});

test('the example files start', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'strowger-gateway-'));
	for (const name of ['json', 'form']) {
		const text = readFileSync(join(root, `docs/carriers/${name}-gateway.conf`), 'utf8').replaceAll('@/etc/strowger/', `@${dir}/`);
		for (const file of ['gateway-token', 'gateway-secret'])
			writeFileSync(join(dir, file), 'secret\n');
		writeFileSync(join(dir, 'gw.conf'), text);
		const server = await Server.start({ args: ['--carrier', `gw=http:${dir}/gw.conf`], env: { GATEWAY_KEY: 'k' } });
		assert.equal((await counters(server)).scheme, 'http');
		await server.stop();
	}
	rmSync(dir, { recursive: true });
});

test('strowger sim receive, and GET /v1/carriers', async () => {
	const server = await Server.start({ args: ['--carrier', 'nothing=null:', '--carrier', 'play=sim:'] });
	try {
		const rows = (await server.call('GET', '/v1/carriers')).json.data;
		assert.deepEqual(rows.map((r) => [r.name, r.scheme, r.up, r.places]), [['nothing', 'null', true, null], ['play', 'sim', true, null]]);
		assert.match(server.command('sim', 'receive', '--from', '+14155550100', '--to', FROM, '--body', 'Hi & bye'), /^received \+15005550006$/m);
		const all = (await server.call('GET', '/v1/messages')).json.data;
		assert.deepEqual(all.map((m) => [m.direction, m.from, m.to, m.body, m.status]), [['inbound', '+14155550100', FROM, 'Hi & bye', 'received']]);
		assert.throws(() => server.command('sim', 'receive', '--from', '+14155550100', '--to', '+15005550999', '--body', 'x'), /does not own/);
		assert.throws(() => server.command('sim', 'receive', '--from', '+14155550100', '--to', FROM), /give --body/);
		assert.throws(() => server.command('sim', 'receive', '--from', '+14155550100', '--to', FROM, '--body', 'x', '--over', 'nothing'), /no simulated carrier nothing/);
		const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: {} })).json;
		assert.equal((await server.call('GET', '/v1/carriers', { auth: `${sub.sid}:${sub.auth_token}` })).status, 403);
		assert.equal((await server.call('POST', '/v1/carriers/play/simulate', { form: { from: '+14155550100', to: FROM, body: 'x' }, auth: `${sub.sid}:${sub.auth_token}` })).status, 403);
	} finally {
		await server.stop();
	}
});

test('a message never ends in a simulation because the real carrier is down', async () => {
	await withServer({ args: ['--carrier', 'sim=sim:', '--carrier', 'main=smpp://u:p@127.0.0.1:1'], store: 'sqlite::memory:' }, async (server) => {
		const { json } = await server.call('POST', '/v1/messages', { json: { from: '+15005550006', to: '+14155552671', body: 'x' } });
		assert.deepEqual([json.carrier, json.route], ['main', 'the only carrier; it is down']);
		const { json: still } = await server.call('GET', `/v1/messages/${json.sid}`);
		assert.equal(still.status, 'queued');
	});
});
