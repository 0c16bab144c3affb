// What one request changed is so for every request behind it, whichever thread answers that: each loop remembers what it
// looked up, so a change must reach them all.  Every call here has a connection of its own, and so any of the loops.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Receiver } from '../peers/receiver.mjs';
import { Server, until } from './lib/server.mjs';

const NUMBER = '+15005550006', PERSON = '+15005550010', ROUNDS = 12;
let server, hook;

before(async () => {
	server = await Server.start({ args: ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1'], store: 'sqlite::memory:', loops: 4 });
	hook = await Receiver.start({ token: server.token });
});
after(async () => {
	await hook?.stop();
	await server?.stop();
});

const call = (method, path, options = {}) => server.call(method, path, { ...options, headers: { connection: 'close' } });

/** The same call on many connections at once: every loop has it to answer, and remembers what it looked up. */
const everywhere = (...words) => Promise.all(Array.from({ length: 16 }, () => call(...words)));
const send = (fields = {}) => ['POST', `/2010-04-01/Accounts/${server.sid}/Messages.json`, { form: { To: PERSON, From: NUMBER, Body: 'hi', ...fields } }];

async function all(words, expected, read) {
	const seen = await everywhere(...words);
	assert.deepEqual([...new Set(seen.map(read))], [expected], seen.map((reply) => reply.text).find((text) => text) ?? '');
}

test('a number\'s URL: the next message that comes in goes there', async () => {
	const list = await server.account('GET', `IncomingPhoneNumbers?PhoneNumber=${encodeURIComponent(NUMBER)}`);
	const [{ sid }] = list.json.incoming_phone_numbers;
	for (let i = 0; i < ROUNDS; i++) {
		assert.equal((await server.account('POST', `IncomingPhoneNumbers/${sid}`, { form: { SmsUrl: `${hook.url}/at/${i}` } })).status, 200);
		const from = `+1415555010${i % 10}`; /* what one sender writes stays on one loop */
		assert.equal((await call('POST', '/v1/carriers/sim/simulate', { json: { from, to: NUMBER, body: `word ${i}` } })).status, 201);
		await until(() => hook.requests.some((r) => r.params.Body === `word ${i}`), `word ${i}`);
		assert.equal(hook.requests.find((r) => r.params.Body === `word ${i}`).path, `/at/${i}`);
	}
});

test('a number that is bought is a sender, one that is given back is none', async () => {
	const From = '+15005550321';
	for (let i = 0; i < 3; i++) {
		await all(send({ From }), 21606, (reply) => reply.json.code);
		const bought = await call('POST', '/v1/senders', { json: { sender: From } });
		assert.equal(bought.status, 201, bought.text);
		await all(send({ From }), 201, (reply) => reply.status);
		assert.equal((await call('DELETE', `/v1/senders/${bought.json.sid}`)).status, 204);
	}
});

test('a country that is switched off, and on', async () => {
	const To = '+4915112345678';
	for (const on of [false, true, false, true]) {
		const set = await call('PATCH', '/accounts/v1/Messaging/GeoPermissions', { form: { Permissions: JSON.stringify({ country_code: 'DE', type: 'country', enabled: on }) } });
		assert.equal(set.status, 200, set.text);
		await all(send({ To }), on ? 201 : 400, (reply) => reply.status);
	}
});

test('a price', async () => {
	for (const amount of ['0.031', '0.029', '0.033']) {
		const made = await call('POST', '/v1/prices', { json: { product: 'sms', country: 'GB', direction: 'outbound', amount } });
		assert.equal(made.status, 201, made.text);
		await all(['GET', '/pricing/v1/Messaging/Countries/GB'], amount, (reply) => reply.json.outbound_sms_prices.flatMap((c) => c.prices.map((p) => p.current_price)).join());
		assert.equal((await call('DELETE', `/v1/prices/${made.json.sid}`)).status, 204);
	}
});

test('a tier, what the account\'s tier allows, and which tier it has', async () => {
	const policy = (reply) => reply.headers.get('ratelimit-policy');
	const read = ['GET', '/v1/limits'];
	for (const n of [700, 800, 900]) {
		const made = await call('POST', '/v1/tiers', { json: { name: 'own', read: `${n}/s` } });
		assert.equal(made.status, 201, made.text);
		assert.equal((await call('PATCH', `/v1/accounts/${server.sid}`, { json: { tier: 'own' } })).status, 200);
		await all(read, `"read";q=${n};w=1`, policy);
		assert.equal((await call('PATCH', '/v1/tiers/own', { json: { read: `${n + 1}/s` } })).status, 200);
		await all(read, `"read";q=${n + 1};w=1`, policy);
		assert.equal((await call('PATCH', `/v1/accounts/${server.sid}`, { json: { tier: '' } })).status, 200);
		const [first] = await everywhere(...read);
		assert.notEqual(policy(first), `"read";q=${n + 1};w=1`);
		assert.equal((await call('DELETE', '/v1/tiers/own')).status, 204);
	}
});
