// Inbound messages: what the number's URL is asked, and what its answer sets off.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Receiver } from '../peers/receiver.mjs';
import { byPrefix, twilio } from './lib/sdk.mjs';
import { Server, until } from './lib/server.mjs';

const NUMBER = '+15005550006', PERSON = '+15005550010';
let server, hook, client, number;

before(async () => {
	server = await Server.start({ args: ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1&reply=ping%20pong'], store: 'sqlite::memory:' });
	client = byPrefix(server);
	const [found] = await client.incomingPhoneNumbers.list({ phoneNumber: NUMBER });
	number = client.incomingPhoneNumbers(found.sid);
});
beforeEach(async () => {
	await hook?.stop();
	hook = await Receiver.start({ token: server.token });
	await number.update({ smsUrl: `${hook.url}/sms`, smsMethod: 'POST', smsFallbackUrl: '', smsFallbackMethod: 'POST', smsApplicationSid: '' });
});
after(async () => {
	await hook.stop();
	await server.stop();
});

/** The person writes: the simulated carrier answers what is delivered. */
async function receive() {
	const { sid } = await client.messages.create({ to: PERSON, from: NUMBER, body: 'hello' });
	return sid;
}

/** Only the first request gets this answer, so that a reply's own reply ends there. */
function answer(path, behaviour) {
	hook.on(path, behaviour, 1);
}

/** The person answers the reply too; that must not come to the next test's URL, nor meet its one answer. */
const answered = (seen) => hook.waitFor((r) => r.path === '/sms' && r.params.MessageSid !== seen.params.MessageSid);

const replies = async () => (await client.messages.list({ from: NUMBER })).filter((m) => m.direction === 'outbound-reply');

async function events(sid) {
	const answered = await fetch(`${server.url}/v1/events?sid=${sid}&limit=1000`, {
		headers: { authorization: `Basic ${Buffer.from(`${server.sid}:${server.token}`).toString('base64')}` } });
	return (await answered.json()).data;
}

/** The events of these types about an inbound message, once there is one. */
async function faults(sid) {
	return until(async () => {
		const found = (await events(sid)).filter((e) => /^(webhook|twiml)\./.test(e.type));
		return found.length && found;
	}, 'an event about a fault');
}

/** All replies to one inbound message. */
async function repliesTo(count) {
	await until(async () => (await replies()).length >= count, `${count} replies`);
	return replies();
}

test('the number\'s URL gets every parameter of the contract, signed', async () => {
	await receive();
	const seen = await hook.waitFor((r) => r.path === '/sms');
	assert.equal(seen.method, 'POST');
	assert.equal(seen.valid, true);
	assert.ok(twilio.validateRequest(server.token, seen.headers['x-twilio-signature'], `${hook.url}/sms`, seen.params));
	const { MessageSid, SmsSid, SmsMessageSid, ...rest } = seen.params;
	assert.match(MessageSid, /^SM[0-9a-f]{32}$/);
	assert.deepEqual([SmsSid, SmsMessageSid], [MessageSid, MessageSid]);
	assert.deepEqual(rest, { AccountSid: server.sid, From: PERSON, To: NUMBER, Body: 'ping pong', NumMedia: '0', NumSegments: '1',
		SmsStatus: 'received', ApiVersion: '2010-04-01', FromCountry: 'US', ToCountry: 'US' });
	assert.equal(seen.token, `${MessageSid}-1`);
	const stored = await client.messages(MessageSid).fetch();
	assert.deepEqual([stored.direction, stored.status, stored.body], ['inbound', 'received', 'ping pong']);
});

test('GET puts the parameters behind the query that the URL has', async () => {
	await number.update({ smsUrl: `${hook.url}/sms?b=%2f&a=1`, smsMethod: 'GET' });
	await receive();
	const seen = await hook.waitFor((r) => r.path === '/sms');
	assert.equal(seen.method, 'GET');
	assert.equal(seen.valid, true);
	assert.equal(seen.body, '');
	assert.equal(seen.query.b, '/');
	assert.equal(seen.query.Body, 'ping pong');
});

test('a TwiML answer is sent as replies, in order, with media and a status callback', async () => {
	const was = (await replies()).length;
	answer('/sms', { body: `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Message statusCallback="/status?x=1">  one &amp; only
  </Message>
  <Message><Body>two</Body></Message>
  <Sms to="+15005550011" from="${NUMBER}">three</Sms>
</Response>` });
	await receive();
	const made = (await repliesTo(was + 3)).slice(0, 3);
	assert.deepEqual(made.map((m) => [m.body, m.to]), [['three', '+15005550011'], ['two', PERSON], ['one & only', PERSON]]);
	assert.deepEqual(made.map((m) => m.from), [NUMBER, NUMBER, NUMBER]);
	const status = await hook.waitFor((r) => r.path === '/status' && r.params.MessageStatus === 'delivered');
	assert.equal(status.params.MessageSid, made[2].sid);
	assert.equal(status.valid, true);
});

test('plain text is one reply; an empty answer and 204 are none', async () => {
	const was = (await replies()).length;
	answer('/sms', { type: 'text', body: 'plain <b>reply</b> ü' });
	await receive();
	assert.equal((await repliesTo(was + 1))[0].body, 'plain <b>reply</b> ü');
	for (const behaviour of [{ body: '' }, { status: 204, body: '' }, { type: 'json', body: '' }, { body: '<Response/>' }]) {
		answer('/sms', behaviour);
		const n = hook.requests.length;
		await receive();
		const seen = await hook.waitFor((r) => r.n >= n);
		assert.deepEqual((await events(seen.params.MessageSid)).map((e) => e.type), ['message.received']);
	}
	assert.equal((await replies()).length, was + 1);
});

test('Redirect and action go on with the next document, relative to this one', async () => {
	const was = (await replies()).length;
	answer('/sms', { body: '<Response><Redirect method="GET">deep/er?x=1</Redirect><Message>never</Message></Response>' });
	answer('/deep/er', { body: '<Response><Message action="../act" method="GET">first</Message><Message>never</Message></Response>' });
	answer('/act', { body: '<Response><Message>second</Message></Response>' });
	await receive();
	assert.deepEqual((await repliesTo(was + 2)).slice(0, 2).map((m) => m.body), ['second', 'first']);
	const next = hook.requests.find((r) => r.path === '/deep/er'), act = hook.requests.find((r) => r.path === '/act');
	assert.deepEqual([next.method, next.query.x, next.params.Body, next.valid], ['GET', '1', 'ping pong', true]);
	assert.deepEqual([act.method, act.params.MessageStatus, act.params.To, act.valid], ['GET', 'queued', PERSON, true]);
	assert.match(act.params.MessageSid, /^SM/);
	assert.notEqual(act.params.MessageSid, next.params.MessageSid);
});

test('a circle of documents ends', async () => {
	hook.on('/sms', { body: '<Response><Redirect>/sms</Redirect></Response>' });
	await receive();
	const first = await hook.waitFor((r) => r.path === '/sms');
	const [fault] = await faults(first.params.MessageSid);
	assert.equal(fault.data.error_code, 14106);
	assert.equal(hook.requests.filter((r) => r.params.MessageSid === first.params.MessageSid).length, 10);
});

const bad = [
	['a 500', { status: 500 }, 11200, 'webhook.failed'],
	['a 404', { status: 404 }, 11200, 'webhook.failed'],
	['a redirection', { behave: 'redirect' }, 11215, 'webhook.failed'],
	['a reset', { behave: 'reset' }, 11205, 'webhook.failed'],
	['garbage', { behave: 'garbage' }, 11206, 'webhook.failed'],
	['an answer cut short', { behave: 'short' }, 11206, 'webhook.failed'],
	['ten megabytes', { behave: 'huge' }, 11750, 'webhook.failed'],
	['JSON', { type: 'json', body: '{}' }, 12300, 'twiml.failed'],
	['broken XML', { body: '<Response>\n<Message>hi</Massage></Response>' }, 12100, 'twiml.failed'],
	['a document type', { body: '<!DOCTYPE x [<!ENTITY y "z">]><Response>&y;</Response>' }, 12100, 'twiml.failed'],
	['HTML', { type: 'text/html; charset=utf-8', body: '<html><body>Error</body></html>' }, 12102, 'twiml.failed'],
];
for (const [what, behaviour, code, type] of bad) {
	test(`${what}: the account sees ${code}, and the fallback URL is asked`, async () => {
		const was = (await replies()).length;
		await number.update({ smsFallbackUrl: `${hook.url}/fallback`, smsFallbackMethod: 'GET' });
		answer('/sms', behaviour);
		answer('/fallback', { body: '<Response><Message>from the fallback</Message></Response>' });
		await receive();
		const seen = await hook.waitFor((r) => r.path === '/fallback');
		assert.deepEqual([seen.method, seen.params.ErrorCode, seen.params.ErrorUrl, seen.params.Body, seen.valid],
			['GET', String(code), `${hook.url}/sms`, 'ping pong', true]);
		assert.equal((await repliesTo(was + 1))[0].body, 'from the fallback');
		const [fault, ...more] = await faults(seen.params.MessageSid);
		assert.deepEqual(more, []);
		assert.equal(fault.type, type);
		assert.equal(fault.data.error_code, code);
		assert.equal(fault.data.url, `${hook.url}/sms`);
		assert.ok(fault.data.message && fault.data.what_to_do && fault.data.why);
		if (code === 12100 && what === 'broken XML')
			assert.deepEqual([fault.data.line, fault.data.column], [2, 14]);
		await answered(seen);
	});
}

test('a host that hangs or drips is left after the time allowed', async () => {
	for (const behave of ['hang', 'drip']) {
		await number.update({ smsUrl: `${hook.url}/sms#tt=300`, smsFallbackUrl: `${hook.url}/fallback` });
		answer('/sms', { behave });
		const n = hook.requests.length;
		await receive();
		const seen = await hook.waitFor((r) => r.n >= n && r.path === '/fallback');
		assert.equal(seen.params.ErrorCode, '11203');
		assert.equal(seen.params.ErrorUrl, `${hook.url}/sms`);
	}
});

test('no server, no name, a wrong certificate, a bad override', async () => {
	const tls = await Receiver.start({ tls: true });
	const cases = [['http://127.0.0.1:9/', '11202'], ['http://nowhere.invalid/', '11210'], [`${tls.url}/`, '11237'],
		[`${hook.url}/sms#rp=never`, '11243']];
	for (const [url, code] of cases) {
		const n = hook.requests.length;
		await number.update({ smsUrl: url, smsFallbackUrl: `${hook.url}/fallback` });
		await receive();
		const seen = await hook.waitFor((r) => r.n >= n && r.path === '/fallback');
		assert.equal(seen.params.ErrorCode, code, url);
	}
	assert.equal(tls.requests.length, 0);
	await tls.stop();
});

test('what a document has too much is skipped and told, with its place', async () => {
	const was = (await replies()).length;
	answer('/sms', { body: `<Response>
<Say>hello</Say>
<Message colour="red" method="PUT" action="http://"><Body>ok</Body><Size/></Message>
<Message/>
<Message to="nobody">x</Message>
<Message from="+15005550099">x</Message>
<Message>${'x'.repeat(1601)}</Message>
</Response>` });
	await receive();
	const seen = await hook.waitFor((r) => r.path === '/sms');
	assert.equal((await repliesTo(was + 1))[0].body, 'ok');
	const told = await until(async () => {
		const all = await faults(seen.params.MessageSid);
		return all.length >= 8 && all;
	}, 'eight events');
	assert.deepEqual(told.map((e) => [e.type.split('.')[1], e.data.error_code, e.data.line]), [
		['warning', 14110, 2], ['warning', 12200, 3], ['warning', 12200, 3], ['warning', 14105, 3], ['failed', 14103, 4],
		['failed', 14101, 5], ['failed', 14102, 6], ['failed', 14103, 7]]);
	await answered(seen);
});

test('an application takes the place of the number\'s own URLs', async () => {
	const application = await client.applications.create({ friendlyName: 'sms', smsUrl: `${hook.url}/app`, smsMethod: 'GET' });
	await number.update({ smsApplicationSid: application.sid });
	await receive();
	const seen = await hook.waitFor((r) => r.path === '/app');
	assert.deepEqual([seen.method, seen.valid], ['GET', true]);
	assert.equal(hook.requests.filter((r) => r.path === '/sms').length, 0);
});

test('without a URL nobody is asked', async () => {
	await number.update({ smsUrl: '' });
	const sid = await receive();
	const inbound = await until(async () => (await client.messages.list({ to: NUMBER, limit: 1 })).find((m) => m.sid > sid), 'the inbound message');
	assert.deepEqual((await events(inbound.sid)).map((e) => e.type), ['message.received']);
	assert.equal(hook.requests.length, 0);
});

test('after a crash the documents are asked for again under the same tokens, and no reply is made twice', async () => {
	const own = await Server.start({ args: ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1&reply=ping'] });
	try {
		let there = byPrefix(own);
		const [found] = await there.incomingPhoneNumbers.list({ phoneNumber: NUMBER });
		await there.incomingPhoneNumbers(found.sid).update({ smsUrl: `${hook.url}/crash` });
		hook.on('/crash', (r) => ({ body: r.params.MessageSid === hook.requests[0].params.MessageSid
			? '<Response><Message to="+15005550029">one</Message><Message to="+15005550029" action="/act">two</Message></Response>' : '<Response/>' }));
		hook.on('/act', { behave: 'hang' }, 1);
		await there.messages.create({ to: PERSON, from: NUMBER, body: 'hello' });
		const act = await hook.waitFor((r) => r.path === '/act');
		const first = hook.requests[0];
		await own.kill();
		hook.on('/act', { body: '<Response><Message to="+15005550029">three</Message></Response>' });
		await own.restart();
		there = byPrefix(own);
		const made = await until(async () => {
			const all = (await there.messages.list({ from: NUMBER })).filter((m) => m.direction === 'outbound-reply');
			return all.length >= 3 && all;
		}, 'the third reply', 10000);
		assert.deepEqual(made.map((m) => m.body), ['three', 'two', 'one']);
		const again = hook.requests.filter((r) => r.n > act.n);
		assert.deepEqual(again.slice(0, 2).map((r) => [r.path, r.token]), [['/crash', first.token], ['/act', act.token]]);
		assert.equal(again[1].params.MessageSid, act.params.MessageSid);
	} finally {
		await own.stop();
	}
});
