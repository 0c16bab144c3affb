// Webhooks on a developer's machine: `strowger listen` against the real server, checked with the official SDK.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, afterEach, before, describe, it } from 'node:test';
import { Receiver } from '../peers/receiver.mjs';
import { byPrefix, twilio } from './lib/sdk.mjs';
import { binary, Server, until, withServer } from './lib/server.mjs';
import { Stream } from './lib/sse.mjs';

const FROM = '+15005550006', TO = '+15005550010', STREAM = '/v1/webhooks/stream';
const ECHO = ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1&reply=ping%1B%5B2Jpong'];
const FAST = ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1'];

const running = new Set();
afterEach(async () => {
	for (const listener of running)
		await listener.stop();
});

/** The command, running until stop() or the end of the test. */
class Listener {
	out = '';
	err = '';

	static async start(server, forward, ...words) {
		const listener = new Listener();
		running.add(listener);
		listener.child = spawn(binary, ['listen', '--forward', forward, '--server', server.url, '--account-sid', server.sid, '--auth-token', server.token, ...words]);
		listener.child.stdout.on('data', (text) => (listener.out += text));
		listener.child.stderr.on('data', (text) => (listener.err += text));
		listener.ended = new Promise((done) => listener.child.on('close', (code) => done(listener.code = code)));
		await until(() => /^listening/m.test(listener.out) || listener.code !== undefined, 'the command to listen');
		return listener;
	}

	get lines() {
		return this.out.split('\n').filter((line) => / -> /.test(line));
	}

	async stop() {
		running.delete(this);
		this.child.kill('SIGTERM');
		await this.ended;
	}
}

async function send(server, form) {
	const { status, json, text } = await server.account('POST', 'Messages', { form: { To: TO, From: FROM, Body: 'x', ...form } });
	assert.equal(status, 201, text);
	return json.sid;
}

/** As the SDK's own middleware does it, for an application behind a proxy. */
function isValid(server, request) {
	const proto = request.headers['x-forwarded-proto'];
	return twilio.validateExpressRequest({
		header: (name) => request.headers[name.toLowerCase()], headers: request.headers, protocol: proto,
		originalUrl: request.target, url: request.target, body: request.params,
	}, server.token);
}

describe('strowger listen', () => {
	let server, local;
	before(async () => {
		server = await Server.start({ args: FAST, store: 'sqlite::memory:' });
		local = await Receiver.start({ token: server.token });
	});
	after(async () => {
		await local.stop();
		await server.stop();
	});

	it('plays copies, signed for their own URL, while the URL gets them too', async () => {
		const hook = await Receiver.start({ token: server.token });
		const listener = await Listener.start(server, local.url);
		const url = `${hook.url}/status?order=b&a=%2F1`;
		const sid = await send(server, { StatusCallback: url });
		await until(() => listener.lines.length >= 2, 'two lines');
		await hook.waitFor((r) => r.params.MessageStatus === 'delivered');
		const copies = local.requests.filter((r) => r.params.MessageSid === sid);
		assert.deepEqual(copies.map((r) => r.params.MessageStatus), ['sent', 'delivered']);
		assert.deepEqual(hook.requests.map((r) => r.params.MessageStatus), ['sent', 'delivered']);
		for (const request of copies) {
			assert.ok(twilio.validateRequest(server.token, request.headers['x-twilio-signature'], url, request.params));
			assert.equal(request.headers['x-strowger-original-url'], url);
			assert.equal(request.headers.host, new URL(url).host);
			assert.equal(request.headers['x-forwarded-host'], new URL(url).host);
			assert.ok(isValid(server, request));
			assert.ok(!twilio.validateRequest(server.token, request.headers['x-twilio-signature'], `${local.url}/status`, request.params));
		}
		assert.match(listener.lines[0], new RegExp(`^\\d\\d:\\d\\d:\\d\\d  POST ${hook.url}/status\\S+  sent  ${sid}  -> 200  \\d+ ms$`));
		await listener.stop();
		await hook.stop();
	});

	it('needs no URL that is there, and can put all of them on one path', async () => {
		const listener = await Listener.start(server, `${local.url}/all`, '--count', '2');
		const sid = await send(server, { StatusCallback: 'https://hooks.example.invalid/a/b?x=1' });
		assert.equal(await listener.ended, 0);
		const copies = local.requests.filter((r) => r.params.MessageSid === sid);
		assert.deepEqual(copies.map((r) => r.target), ['/all?x=1', '/all?x=1']);
		assert.equal(copies[0].headers['x-forwarded-proto'], 'https');
		assert.ok(twilio.validateRequest(server.token, copies[0].headers['x-twilio-signature'], copies[0].headers['x-strowger-original-url'], copies[0].params));
	});

	it('says when nobody is there to forward to', async () => {
		const gone = await Receiver.start({});
		const url = gone.url;
		await gone.stop();
		const listener = await Listener.start(server, url, '--count', '1');
		await send(server, { StatusCallback: 'https://hooks.example.invalid/a' });
		assert.equal(await listener.ended, 0);
		assert.match(listener.lines[0], /-> .*(refused|connect)/i);
	});

	it('refuses what it cannot do', async () => {
		const wrong = await Listener.start({ url: server.url, sid: server.sid, token: 'no' }, local.url);
		assert.equal(await wrong.ended, 1);
		assert.match(wrong.err, /refused \(401\)/);
		const aimless = await Listener.start(server, 'localhost:3000');
		assert.equal(await aimless.ended, 2);
		/* with the auth token only: bodies and signatures are shown */
		const key = (await server.call('POST', '/iam/v1/Keys', { form: { AccountSid: server.sid, FriendlyName: 'k' } })).json;
		const stream = await Stream.open(server, STREAM, { auth: `${key.sid}:${key.secret}` });
		assert.ok(stream.status === 401 || stream.status === 403, String(stream.status));
		stream.close();
		assert.equal((await server.call('POST', `${STREAM}/0-1-1`, { form: { status: 200 } })).status, 404);
		assert.equal((await server.call('POST', `${STREAM}/nonsense`, { form: { status: 200 } })).status, 404);
		assert.equal((await server.call('GET', `${STREAM}?mode=both`)).json.code, 20001);
	});

	it('connects again when the server was away', () => withServer({ args: FAST, listen: undefined }, async (own) => {
		const port = own.port;
		const listener = await Listener.start(own, local.url);
		own.child.kill('SIGTERM');
		await own.ended;
		await until(() => /ended the stream/.test(listener.err));
		own.options.listen = `127.0.0.1:${port}`;
		await own.restart();
		await until(() => listener.out.split('listening').length === 3, 'the second time', 15000);
		const sid = await send(own, { StatusCallback: 'https://hooks.example.invalid/a' });
		await until(() => local.requests.some((r) => r.params.MessageSid === sid));
		await listener.stop();
	}));
});

describe('strowger listen --answer', () => {
	let server, local, client;
	before(async () => {
		server = await Server.start({ args: ECHO, store: 'sqlite::memory:' });
		local = await Receiver.start({ token: server.token });
		client = byPrefix(server);
		const [found] = await client.incomingPhoneNumbers.list({ phoneNumber: FROM });
		await client.incomingPhoneNumbers(found.sid).update({ smsUrl: 'https://app.example.invalid/sms', smsMethod: 'POST' });
	});
	after(async () => {
		await local.stop();
		await server.stop();
	});

	it('lets TwiML from the developer\'s machine answer an inbound message', async () => {
		local.on('/sms', { do: 'answer', body: '<Response><Message>from my laptop</Message></Response>' }, 1);
		const listener = await Listener.start(server, local.url, '--answer');
		await send(server, {});
		const reply = await until(async () => (await client.messages.list({ from: FROM })).find((m) => m.direction === 'outbound-reply'), 'the reply');
		assert.equal(reply.body, 'from my laptop');
		const asked = local.requests.find((r) => r.path === '/sms');
		assert.equal(asked.params.Body, 'ping\x1b[2Jpong');
		await until(() => listener.lines.length, 'the line');
		assert.match(listener.lines[0], /ping\?\[2Jpong/); /* a stranger's text does not clear the terminal */
		assert.ok(isValid(server, asked));
		const attempt = await until(async () => (await server.call('GET', '/v1/webhooks/attempts')).json.data.find((a) => a.url === 'https://app.example.invalid/sms'), 'the attempt in the log');
		assert.equal(attempt.response_status ?? attempt.status, 200);
		await listener.stop();
	});

	it('goes to the URL after all when the listener leaves', async () => {
		const hook = await Receiver.start({ token: server.token });
		const stream = await Stream.open(server, `${STREAM}?mode=divert`);
		const sid = await send(server, { StatusCallback: `${hook.url}/status` });
		const about = () => stream.events.map((e) => JSON.parse(e.data)).find((w) => w.body.includes(sid));
		const webhook = await until(about, 'the webhook');
		assert.match(webhook.id, /^[0-9a-f]+-[0-9a-f]+-[0-9a-f]+$/);
		assert.equal(hook.requests.length, 0);
		stream.close();
		await hook.waitFor((r) => r.params.MessageStatus === 'sent');
		assert.equal((await server.call('POST', `${STREAM}/${webhook.id}`, { form: { status: 200 } })).status, 404);
		await hook.stop();
	});

	it('counts what is answered, and tries again what is answered badly', async () => {
		const hook = await Receiver.start({ token: server.token });
		const stream = await Stream.open(server, `${STREAM}?mode=divert`);
		const sid = await send(server, { StatusCallback: `${hook.url}/status` });
		const of = (status) => stream.events.map((e) => JSON.parse(e.data)).find((w) => w.body.includes(sid) && w.body.includes(`MessageStatus=${status}`));
		const sent = await until(() => of('sent'));
		assert.equal((await server.call('POST', `${STREAM}/${sent.id}`, { form: { status: 500 } })).status, 204);
		const delivered = await until(() => of('delivered'));
		assert.equal((await server.call('POST', `${STREAM}/${delivered.id}`, { json: { status: 204 } })).status, 204);
		const failed = await until(async () => (await server.call('GET', `/v1/events?sid=${sid}&type=webhook.failed`)).json.data[0]);
		assert.equal(failed.data.status, 500);
		assert.equal(hook.requests.length, 0);
		stream.close();
		await hook.stop();
	});

	it('is nobody else\'s', async () => {
		const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: { FriendlyName: 'sub' } })).json;
		const auth = `${sub.sid}:${sub.auth_token}`;
		const others = await Stream.open(server, `${STREAM}?mode=divert`, { auth });
		const mine = await Stream.open(server, `${STREAM}?mode=divert`);
		const sid = await send(server, { StatusCallback: 'https://hooks.example.invalid/' });
		const webhook = await until(() => mine.events.map((e) => JSON.parse(e.data)).find((w) => w.body.includes(sid)));
		assert.equal((await server.call('POST', `${STREAM}/${webhook.id}`, { form: { status: 200 }, auth })).status, 404);
		assert.equal(others.events.length, 0);
		others.close();
		mine.close();
	});
});
