// A server with the 2010 API as the carrier of another: two real servers in a chain, and providers that a test plays.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Receiver, signature } from '../peers/receiver.mjs';
import { root, Server, until } from './lib/server.mjs';

const FROM = '+15005550006', TO = '+14155552671', DELIVERED = '+15005550010';

const url = (far, options = '') => `main=twilio+http://${far.sid}:${far.token}@127.0.0.1:${far.port}${options}`;

/** near sends through far, which has the simulated carrier. */
async function chain(body, { near: nearOptions = {}, token, sim = 'latency_ms=0&receipt_ms=1' } = {}) {
	const far = await Server.start({ args: ['--carrier', `sim=sim:?${sim}`] });
	far.options.listen = `127.0.0.1:${far.port}`; // so that it comes back where it was
	const near = await Server.start({ args: ['--carrier', url({ ...far, token: token ?? far.token, port: far.port })], ...nearOptions });
	const hook = await Receiver.start({ token: near.token });
	try {
		await body({ near, far, hook });
	} catch (failure) {
		failure.message += `\n--- near ---\n${near.err.slice(-2000)}\n--- far ---\n${far.err.slice(-2000)}`;
		throw failure;
	} finally {
		await near.stop();
		await far.stop();
		await hook.stop();
	}
}

/** near sends to a provider that answers as it is told. */
async function play(body, { options = '', args = [] } = {}) {
	let n = 0;
	const provider = await Receiver.start({ type: 'json' });
	const account = { sid: `AC${'5'.repeat(32)}`, token: 'far token', port: provider.port };
	provider.on('/', () => ({ status: 201, body: JSON.stringify({ sid: `SM${String(++n).padStart(32, '0')}`, status: 'queued' }) }));
	const near = await Server.start({ args: ['--carrier', url({ ...account, token: 'far%20token' }, options), ...args] });
	try {
		await body({ near, provider, account });
	} catch (failure) {
		failure.message += `\n--- near ---\n${near.err.slice(-2000)}`;
		throw failure;
	} finally {
		await provider.stop();
		await near.stop();
	}
}

async function send(server, form = {}) {
	const reply = await server.account('POST', 'Messages', { form: { To: TO, From: FROM, Body: 'hello', ...form } });
	assert.equal(reply.status, 201, reply.text);
	return reply.json.sid;
}

const message = async (server, sid) => (await server.account('GET', `Messages/${sid}`)).json;
const messages = async (server) => (await server.account('GET', 'Messages?PageSize=1000')).json.messages;
const reaches = (server, sid, status, within_ms) => until(async () => {
	const now = await message(server, sid);
	return now.status === status && now;
}, `${sid} is ${status}`, within_ms);
const carrier = async (server) => (await server.call('GET', '/v1/carriers')).json.data[0];

/** What the other server would tell: a signed form. */
function tell(near, account, what, form, { base = near.url, token = account.token, query = '' } = {}) {
	const path = `/v1/carriers/main/${what}${query}`;
	return near.call('POST', path, { form, auth: null, headers: { 'x-twilio-signature': signature(token, base + path, form) } });
}

const number = async (server, set) => {
	const { json } = await server.account('GET', `IncomingPhoneNumbers?PhoneNumber=${encodeURIComponent(FROM)}`);
	const reply = await server.account('POST', `IncomingPhoneNumbers/${json.incoming_phone_numbers[0].sid}`, { form: set });
	assert.equal(reply.status, 200, reply.text);
};

test('a message goes through the other server, and the customer hears of it', () => chain(async ({ near, far, hook }) => {
	const text = 'é 😀 & more than one part '.repeat(12);
	const sid = await send(near, { Body: text, StatusCallback: `${hook.url}/status` });
	const said = await reaches(near, sid, 'delivered');
	assert.equal(said.error_code, null);
	const [there, ...more] = await messages(far);
	assert.deepEqual(more, []);
	assert.deepEqual([there.from, there.to, there.body, there.status], [FROM, TO, text, 'delivered']);
	await hook.waitFor((r) => r.params.MessageStatus === 'delivered');
	assert.deepEqual(hook.requests.map((r) => [r.params.MessageSid, r.params.MessageStatus, r.valid]), [[sid, 'sent', true], [sid, 'delivered', true]]);
	const row = await carrier(near);
	assert.deepEqual([row.name, row.scheme, row.up, row.places, row.in_use], ['main', 'twilio+http', true, 10, 0]);
	assert.deepEqual([row.submitted, row.accepted, row.receipts], [1, 1, 1]);
	assert.ok(!near.err.includes(far.token), 'the token is in the log');
}));

test('what fails there fails here, with its code', () => chain(async ({ near, hook }) => {
	const cases = [23, 24, 25, 26, 27, 28].map((n) => [`+150055500${n}`, 'undelivered', 30003 + n - 23]);
	cases.push(['+15005550029', 'undelivered', 30008], ['+15005550004', 'failed', 21610], ['+15005550003', 'failed', 21408]);
	for (const [to, status, code] of cases) {
		const sid = await send(near, { To: to, StatusCallback: `${hook.url}/status` });
		assert.equal((await reaches(near, sid, status)).error_code, code, to);
		const told = await hook.waitFor((r) => r.params.MessageSid === sid && r.params.MessageStatus === status);
		assert.equal(told.params.ErrorCode, String(code));
	}
}));

test('what was sent while the other server was away leaves once when it is back', () => chain(async ({ near, far }) => {
	await far.kill();
	const sid = await send(near);
	await until(async () => (await carrier(near)).busy > 0, 'the first try');
	assert.match((await message(near, sid)).status, /^(queued|sending)$/);
	await far.restart();
	await reaches(near, sid, 'delivered', 20000); // the second try comes after five seconds
	assert.equal((await messages(far)).length, 1);
	assert.equal((await carrier(near)).unknown, 0);
}));

test('an inbound message and its reply', () => chain(async ({ near, far, hook }) => {
	await number(far, { SmsUrl: `${near.url}/v1/carriers/main/inbound`, SmsMethod: 'POST' });
	await number(near, { SmsUrl: `${hook.url}/sms` });
	hook.on('/sms', { body: '<Response><Message>and to you</Message></Response>' });
	far.command('sim', 'receive', '--from', DELIVERED, '--to', FROM, '--body', 'good & morning');
	const asked = await hook.waitFor((r) => r.path === '/sms');
	assert.deepEqual([asked.params.From, asked.params.To, asked.params.Body, asked.valid], [DELIVERED, FROM, 'good & morning', true]);
	const reply = await until(async () => (await messages(near)).find((m) => m.direction === 'outbound-reply' && m.status === 'delivered'), 'the reply');
	assert.deepEqual([reply.to, reply.body], [DELIVERED, 'and to you']);
	const there = (await messages(far)).map((m) => [m.direction, m.to, m.body]);
	assert.deepEqual(there.sort(), [['inbound', FROM, 'good & morning'], ['outbound-api', DELIVERED, 'and to you']]);
	await number(far, { SmsUrl: `${near.url}/v1/carriers/main/inbound?by=get`, SmsMethod: 'GET' });
	far.command('sim', 'receive', '--from', DELIVERED, '--to', FROM, '--body', 'in a query');
	await hook.waitFor((r) => r.params.Body === 'in a query');
}));

test('a wrong token closes the carrier: messages wait, and nothing is lost', () => chain(async ({ near, far }) => {
	const sid = await send(near);
	await until(async () => !(await carrier(near)).up, 'the carrier is down');
	await until(() => /takes nothing from this account.*code=20003/.test(near.err), 'the log says why');
	await reaches(near, sid, 'queued'); // it was `sending` until the refusal is stored
	assert.equal((await messages(far)).length, 0);
	assert.ok(!/no.*token.*at.*all/.test(near.err), 'the token is in the log');
}, { token: 'no%20token%20at%20all' }));

test('the request, and the receipts of an account that is somewhere else', () => play(async ({ near, provider, account }) => {
	const sid = await send(near);
	const asked = await provider.waitFor((r) => r.method === 'POST');
	assert.equal(asked.path, `/2010-04-01/Accounts/${account.sid}/Messages.json`);
	assert.equal(asked.headers.authorization, `Basic ${Buffer.from(`${account.sid}:${account.token}`).toString('base64')}`);
	assert.equal(asked.headers['idempotency-key'], sid);
	assert.deepEqual(asked.params, { From: FROM, To: TO, Body: 'hello', StatusCallback: 'https://us.example.org/v1/carriers/main/receipts' });
	await reaches(near, sid, 'sent');
	const base = 'https://us.example.org', MessageSid = `SM${'1'.padStart(32, '0')}`;
	for (const MessageStatus of ['queued', 'sending', 'sent', 'something new'])
		assert.equal((await tell(near, account, 'receipts', { MessageSid, MessageStatus }, { base })).status, 200);
	assert.equal((await message(near, sid)).status, 'sent');
	for (const [status, want] of [['delivered', 'delivered'], ['delivered', 'delivered'], ['read', 'read']]) {
		const reply = await tell(near, account, 'receipts', { MessageSid, MessageStatus: status }, { base });
		assert.deepEqual([reply.status, reply.headers.get('content-type'), reply.text], [200, 'text/xml', '<Response/>']);
		assert.equal((await message(near, sid)).status, want);
	}
	for (const [form, code] of [[{ MessageStatus: 'failed', ErrorCode: '30005' }, 30005], [{ MessageStatus: 'undelivered', ErrorCode: '99998' }, 30008],
		[{ MessageStatus: 'canceled' }, 30008]]) {
		const failed = await send(near);
		await reaches(near, failed, 'sent');
		const id = `SM${String(provider.requests.length).padStart(32, '0')}`;
		assert.equal((await tell(near, account, 'receipts', { MessageSid: id, ...form }, { base })).status, 200);
		assert.equal((await message(near, failed)).error_code, code);
	}
}, { args: ['--public-url', 'https://us.example.org/'] }));

test('only what the account signed is heard', () => play(async ({ near, provider, account }) => {
	const sid = await send(near), MessageSid = `SM${'1'.padStart(32, '0')}`;
	await reaches(near, sid, 'sent');
	const form = { MessageSid, MessageStatus: 'delivered' };
	const forged = [await tell(near, account, 'receipts', form, { token: 'another' }), await tell(near, account, 'receipts', form, { base: 'http://elsewhere' }),
		await near.call('POST', '/v1/carriers/main/receipts', { form, auth: `${near.sid}:${near.token}` }),
		await near.call('POST', '/v1/carriers/main/receipts', { form, auth: null, headers: { 'x-twilio-signature': '' } }),
		await near.call('GET', '/v1/carriers/main/receipts?MessageStatus=delivered', { auth: null })];
	assert.deepEqual(forged.map((r) => [r.status, r.json.code]), forged.map(() => [403, 20006]));
	assert.match(forged[0].json.message, /--public-url/);
	assert.equal((await message(near, sid)).status, 'sent');
	for (const bad of [{ MessageSid }, { MessageStatus: 'sent' }])
		assert.equal((await tell(near, account, 'receipts', bad)).status, 400);
	assert.equal((await near.call('POST', '/v1/carriers/main/receipts', { json: form, auth: null })).status, 400);
	assert.match(await (await fetch(`${near.url}/metrics`)).text(), /strowger_carrier_hooks_refused_total 8/);
	assert.equal((await tell(near, account, 'receipts', form, { query: '?mine=1' })).status, 200);
	assert.equal((await message(near, sid)).status, 'delivered');
	assert.equal(provider.requests.length, 1);
}));

test('an inbound message that is told again counts once', () => play(async ({ near, account }) => {
	const form = { MessageSid: `SM${'a'.repeat(32)}`, From: TO, To: FROM, Body: '', NumMedia: '0' };
	for (let i = 0; i < 3; i++)
		assert.deepEqual([(await tell(near, account, 'inbound', form)).text], ['<Response/>']);
	assert.equal((await tell(near, account, 'inbound', { ...form, MessageSid: `SM${'b'.repeat(32)}`, Body: 'hi', NumMedia: '1', MediaUrl0: 'https://x/y' })).status, 200);
	assert.deepEqual((await messages(near)).map((m) => [m.direction, m.from, m.body]), [['inbound', TO, 'hi'], ['inbound', TO, '']]);
	assert.match(near.err, /media stay with the other server/);
	assert.equal((await tell(near, account, 'inbound', { MessageSid: 'SM1', From: TO })).status, 400);
}));

test('a receipt that overtakes its answer waits for it', () => play(async ({ near, provider, account }) => {
	provider.on('/', async () => {
		const MessageSid = `SM${'7'.repeat(32)}`;
		assert.equal((await tell(near, account, 'receipts', { MessageSid, MessageStatus: 'delivered', To: TO, From: FROM })).status, 200);
		return { status: 201, body: JSON.stringify({ sid: MessageSid }) };
	}, 1);
	await reaches(near, await send(near), 'delivered');
	assert.equal((await carrier(near)).receipts_held, 1);
}));

test('refusals, and a provider that is busy', () => play(async ({ near, provider }) => {
	for (const [answer, code] of [[{ status: 400, body: '{"code":21211}' }, 21211], [{ status: 400, body: '{"code":99998}' }, 30008], [{ status: 413, body: '<html>' }, 30008],
		[{ status: 403, body: '{"code":21408}' }, 21408]]) {
		provider.on('/', answer, 1);
		assert.equal((await reaches(near, await send(near), 'failed')).error_code, code);
	}
	for (const answer of [{ status: 429, headers: { 'retry-after': '1' }, body: '{"code":20429}' }, { status: 503, headers: { 'retry-after': '1' }, body: '{"code":20503}' }]) {
		const before = provider.requests.length;
		provider.on('/', answer, 1);
		const sid = await send(near);
		await reaches(near, sid, 'sent');
		const tries = provider.requests.slice(before);
		assert.deepEqual(tries.map((r) => r.headers['idempotency-key']), [sid, sid]);
		assert.equal(tries[0].body, tries[1].body);
		assert.ok(tries[1].at_ms - tries[0].at_ms >= 990, 'Retry-After was not kept');
	}
	const row = await carrier(near);
	assert.deepEqual([row.refused, row.busy, row.unknown, row.up], [4, 2, 0, true]);
}));

test('no certain answer: never sent again, settled by a receipt or by time', () => play(async ({ near, provider, account }) => {
	const sids = [];
	for (const answer of [{ behave: 'hang' }, { behave: 'reset' }, { behave: 'close' }, { behave: 'garbage' }, { behave: 'short' }, { behave: 'huge' }, { status: 500 },
		{ status: 503 }, { status: 409, body: '{"code":20409}' }, { status: 201, body: 'not JSON' }, { status: 201, body: '{"sid":null}' }]) {
		const { unknown } = await carrier(near), asked = provider.requests.length;
		provider.on('/', answer, 1);
		sids.push(await send(near, { To: `+1415555${2000 + sids.length}` }));
		await until(async () => (await carrier(near)).unknown === unknown + 1, JSON.stringify(answer));
		assert.equal(provider.requests.length, asked + 1, JSON.stringify(answer));
	}
	await until(async () => (await Promise.all(sids.map((sid) => message(near, sid)))).every((m) => m.status === 'sending'), 'all are under way');
	const told = { MessageSid: `SM${'9'.repeat(32)}`, MessageStatus: 'delivered', From: FROM, To: '+14155552000' };
	assert.equal((await tell(near, account, 'receipts', told)).status, 200);
	await reaches(near, sids[0], 'delivered');
	const asked = provider.requests.length;
	await near.call('POST', '/v1/clock', { json: { advance_s: 660 } });
	for (const sid of sids.slice(1))
		assert.equal((await reaches(near, sid, 'failed')).error_code, 30410);
	assert.equal(provider.requests.length, asked);
}, { options: '?timeout_ms=500', args: ['--virtual-clock', 'true'] }));

test('an account that is let in again gets what waited', () => play(async ({ near, provider }) => {
	provider.on('/', { status: 401, body: '{"code":20003,"message":"Authenticate"}' }, 1);
	const sids = [await send(near)];
	await until(async () => !(await carrier(near)).up, 'the carrier is down');
	sids.push(await send(near), await send(near));
	for (const sid of sids)
		await reaches(near, sid, 'sent', 20000);
	const row = await carrier(near);
	assert.deepEqual([row.up, row.places, provider.requests.length], [true, 10, 4]);
	assert.match(near.err, /takes messages again/);
}));

test('without receipts a message stays sent; media are not sent without being seen', () => play(async ({ near, provider }) => {
	const sid = await send(near);
	await reaches(near, sid, 'sent');
	assert.deepEqual(provider.requests[0].params, { From: FROM, To: TO, Body: 'hello' });
	const media = await Receiver.start({ type: 'image/png', body: 'png' });
	const failed = await reaches(near, await send(near, { MediaUrl: `${media.url}/a.png` }), 'failed');
	await media.stop();
	assert.equal(failed.error_code, 30019);
	assert.equal(provider.requests.length, 1);
}, { options: '?receipts=off&rate=100&window=1' }));

test('over TLS, to a server whose authority is known', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'strowger-twilio-')), [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=far',
		'-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
	let asked = 0;
	const provider = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
		asked++;
		response.writeHead(201, { 'content-type': 'application/json' }).end('{"sid":"SM1"}');
	});
	await new Promise((done) => provider.listen(0, '127.0.0.1', done));
	const far = `main=twilio://AC${'5'.repeat(32)}:$FAR_TOKEN@127.0.0.1:${provider.address().port}`;
	try {
		for (const [options, works] of [['', false], [`?tls_ca=${cert}`, true]]) {
			const near = await Server.start({ args: ['--carrier', far + options], env: { FAR_TOKEN: 'far token' } });
			try {
				const sid = await send(near);
				await until(async () => (await carrier(near))[works ? 'accepted' : 'busy'] === 1, options);
				await reaches(near, sid, works ? 'sent' : 'queued');
				assert.equal(asked, works ? 1 : 0);
			} finally {
				await near.stop();
			}
		}
	} finally {
		provider.closeAllConnections();
		provider.close();
		rmSync(dir, { recursive: true });
	}
});

test('a URL that cannot be meant stops the start, and does not show the token', async () => {
	const sid = `AC${'5'.repeat(32)}`;
	const page = readFileSync(join(root, 'docs/carriers/twilio.md'), 'utf8');
	for (const [bad, why] of [[`twilio://${sid}@h`, /SID:TOKEN@HOST:PORT/], ['twilio://SK1:hidden@h', /API keys sign no callbacks/], [`twilio://${sid}:hidden@h?window=33`, /from 1 to 32/],
		[`twilio://${sid}:hidden@h?tls_ca=/nowhere`, /\/nowhere cannot be read/], [`twilio://${sid}:$NOT_IN_THE_ENVIRONMENT@h`, /NOT_IN_THE_ENVIRONMENT/]])
		await assert.rejects(Server.start({ args: ['--carrier', `main=${bad}`] }), (err) => why.test(err.message) && !err.message.includes('hidden'));
	await assert.rejects(Server.start({ args: ['--carrier', `main=twilio://${sid}:hidden@h?colour=red`] }), (err) => {
		const names = /known are ([\w ]*)/.exec(err.message)[1].trim().split(' ');
		assert.deepEqual(names.filter((name) => !page.includes(`| \`${name}\` |`)), [], 'options that docs/carriers/twilio.md has not');
		return true;
	});
});
