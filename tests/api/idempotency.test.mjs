// A request with a key has one effect and one answer.
import assert from 'node:assert/strict';
import { describe, it, before, after } from 'node:test';
import { Server, until, withServer } from './lib/server.mjs';

const FORM = { To: '+15005550010', From: '+15005550006', Body: 'once' };
let server;
before(async () => {
	server = await Server.start();
});
after(() => server.stop());
const post = (key, form = FORM, header = 'Idempotency-Key') => server.account('POST', 'Messages', { form, headers: { [header]: key } });
const messages = async () => (await server.account('GET', 'Messages?PageSize=1000')).json.messages;

describe('idempotency keys', () => {
	for (const header of ['Idempotency-Key', 'X-Twilio-Idempotency-Key'])
		it(`${header}: a replay answers byte for byte, also when the message has moved on`, async () => {
			const before = (await messages()).length;
			const first = await post(`replay-${header}`, FORM, header);
			assert.equal(first.status, 201);
			assert.equal(first.headers.get('idempotent-replayed'), null);
			await until(async () => (await server.account('GET', `Messages/${first.json.sid}`)).json.status === 'delivered', 'delivered');
			const again = await post(`replay-${header}`, FORM, header);
			assert.equal(again.status, 201);
			assert.equal(again.headers.get('idempotent-replayed'), 'true');
			assert.equal(again.text, first.text);
			assert.equal((await messages()).length, before + 1);
		});

	it('another body: 422', async () => {
		await post('other');
		const reply = await post('other', { ...FORM, Body: 'twice' });
		assert.equal(reply.status, 422);
		assert.equal(reply.json.code, 20422);
	});

	it('another path: 422', async () => {
		const made = await post('path');
		const reply = await server.account('POST', `Messages/${made.json.sid}/Feedback`, { form: {}, headers: { 'Idempotency-Key': 'path' } });
		assert.equal(reply.status, 422);
	});

	it('an error is not kept: the request can be corrected', async () => {
		assert.equal((await post('mended', { ...FORM, Body: '' })).status, 400);
		assert.equal((await post('mended')).status, 201);
	});

	it('a key that is too long: 400', async () => {
		assert.equal((await post('k'.repeat(256))).status, 400);
		assert.equal((await post('k'.repeat(255))).status, 201);
	});

	it('native style too', async () => {
		const send = () => server.call('POST', '/v1/messages', { json: { to: FORM.To, from: FORM.From, body: 'native' }, headers: { 'Idempotency-Key': 'native' } });
		const [first, again] = [await send(), await send()];
		assert.equal(first.status, 201);
		assert.equal(again.text, first.text);
		assert.equal(again.headers.get('idempotent-replayed'), 'true');
	});

	it('50 racing requests with one key make one message and one debit; the others get its answer or 409', async () => {
		await withServer({ args: ['--opening-balance', '10'] }, async (fresh) => {
			const race = () => fresh.account('POST', 'Messages', { form: FORM, headers: { 'Idempotency-Key': 'race' } });
			const replies = await Promise.all(Array.from({ length: 50 }, race));
			const made = replies.filter((r) => r.status === 201);
			assert.ok(made.length >= 1);
			assert.equal(new Set(made.map((r) => r.text)).size, 1);
			assert.equal(made.filter((r) => !r.headers.get('idempotent-replayed')).length, 1);
			for (const reply of replies.filter((r) => r.status !== 201)) {
				assert.equal(reply.status, 409);
				assert.equal(reply.json.code, 20409);
			}
			assert.equal((await fresh.account('GET', 'Messages')).json.messages.length, 1);
			const last = await race();
			assert.equal(last.text, made[0].text);
			assert.equal(Number((await balance(fresh)).json.balance), 9.9925);
		});
	});

	// A new process has seen no key: it does the work first, and must then undo it or not believe its own refusal.
	it('keys of a server that was killed and started again still replay, whatever the work says meanwhile', async () => {
		await withServer({ args: ['--opening-balance', '0.0150'] }, async (fresh) => {
			const send = (key, form = FORM) => fresh.account('POST', 'Messages', { form, headers: { 'Idempotency-Key': key } });
			const first = [await send('one'), await send('two')];
			assert.deepEqual(first.map((r) => r.status), [201, 201]);
			assert.equal((await send('three')).json.code, 20005);
			await fresh.kill();
			await fresh.restart();
			const refused = [{ ...FORM, Body: 'twice' }, { ...FORM, Body: '' }, { ...FORM, To: 'nobody' }];
			for (const [i, key] of ['one', 'two', 'one'].entries())
				assert.equal((await send(key, refused[i])).json.code, 20422);
			await fresh.kill();
			await fresh.restart();
			for (const [i, key] of ['one', 'two', 'one'].entries()) {
				const again = await send(key);
				assert.equal(again.text, first[i % 2].text);
				assert.equal(again.headers.get('idempotent-replayed'), 'true');
			}
			assert.equal((await fresh.account('GET', 'Messages')).json.messages.length, 2);
			assert.equal(Number((await balance(fresh)).json.balance), 0);
		});
	});

	it('after a restart, a repeated update that would change nothing any more, or something else, does not', async () => {
		await withServer({}, async (fresh) => {
			const { json } = await fresh.account('POST', 'Applications', { form: { FriendlyName: 'first' } });
			const rename = (name, key) => fresh.account('POST', `Applications/${json.sid}`, { form: { FriendlyName: name }, headers: key ? { 'Idempotency-Key': key } : {} });
			const first = await rename('second', 'rename');
			assert.equal(first.status, 200, first.text);
			await rename('third');
			await fresh.kill();
			await fresh.restart();
			const again = await rename('second', 'rename');
			assert.equal(again.text, first.text);
			assert.equal(again.headers.get('idempotent-replayed'), 'true');
			assert.equal(again.headers.get('etag'), null);
			assert.equal((await fresh.account('GET', `Applications/${json.sid}`)).json.friendly_name, 'third');
		});
	});
});

describe('the duplicate guard', () => {
	const guard = async (fresh, seconds) => {
		const reply = await fresh.call('PATCH', '/v1/account', { json: { auto_idempotency: seconds } });
		assert.equal(reply.json?.auto_idempotency, seconds, reply.text);
		assert.equal((await fresh.call('GET', '/v1/account')).json.auto_idempotency, seconds);
	};
	const send = (fresh, form = FORM, options = {}) => fresh.account('POST', 'Messages', { form, ...options });
	const count = async (fresh) => (await fresh.account('GET', 'Messages?PageSize=1000')).json.messages.length;
	const isOn = async (fresh) => {
		const form = { ...FORM, Body: `probe ${Math.random()}` };
		const replies = await Promise.all(Array.from({ length: 12 }, () => send(fresh, form)));
		assert.equal(new Set(replies.map((r) => r.json.sid)).size, 1, 'the guard on every loop');
	};

	it('is off at first, and takes 0 to 86400 seconds', async () => {
		assert.equal((await server.call('GET', '/v1/account')).json.auto_idempotency, 0);
		for (const wrong of [-1, 86401, 'soon'])
			assert.equal((await server.call('PATCH', '/v1/account', { json: { auto_idempotency: wrong } })).status, 400);
		const [one, two] = [await send(server), await send(server)];
		assert.notEqual(one.json.sid, two.json.sid);
	});

	it('equal requests are one on all loops, by key, path and body, within the window, over a restart; keys win', async () => {
		await withServer({ args: ['--virtual-clock', 'true'], loops: 2 }, async (fresh) => {
			await guard(fresh, 60);
			await isOn(fresh);
			const before = await count(fresh);
			const first = await send(fresh);
			assert.equal(first.headers.get('idempotent-replayed'), null);
			const again = await Promise.all(Array.from({ length: 20 }, () => send(fresh)));
			for (const reply of again) {
				assert.equal(reply.text, first.text);
				assert.equal(reply.status, 201);
				assert.equal(reply.headers.get('idempotent-replayed'), 'auto');
			}
			assert.equal(await count(fresh), before + 1);
			assert.notEqual((await send(fresh, { ...FORM, Body: 'another' })).json.sid, first.json.sid);
			const key = (await fresh.account('POST', 'Keys', { form: {} })).json;
			assert.notEqual((await send(fresh, FORM, { auth: `${key.sid}:${key.secret}` })).json.sid, first.json.sid);
			const keyed = await send(fresh, FORM, { headers: { 'Idempotency-Key': 'mine' } });
			assert.notEqual(keyed.json.sid, first.json.sid);
			assert.equal((await send(fresh, FORM, { headers: { 'Idempotency-Key': 'mine' } })).headers.get('idempotent-replayed'), 'true');
			await fresh.kill();
			await fresh.restart();
			assert.equal((await send(fresh)).text, first.text);
			await fresh.call('POST', '/v1/clock', { json: { advance_s: 61 } });
			const later = await send(fresh);
			assert.notEqual(later.json.sid, first.json.sid);
			assert.equal((await send(fresh)).text, later.text);
			await guard(fresh, 0);
			await until(async () => (await send(fresh)).json.sid !== later.json.sid, 'the guard off');
		});
	});

	it('requests at once: one does it, the others wait and get its answer', async () => {
		await withServer({}, async (fresh) => {
			await guard(fresh, 60);
			await isOn(fresh);
			const form = { ...FORM, Body: 'all at once' };
			const replies = await Promise.all(Array.from({ length: 50 }, () => send(fresh, form)));
			assert.deepEqual(new Set(replies.map((r) => r.status)), new Set([201]));
			assert.equal(new Set(replies.map((r) => r.text)).size, 1);
			assert.equal(replies.filter((r) => !r.headers.get('idempotent-replayed')).length, 1);
		});
	});

	it('errors are not kept, and updates are not guarded: after A and B a second A is meant', async () => {
		await withServer({}, async (fresh) => {
			await guard(fresh, 60);
			await isOn(fresh);
			assert.equal((await send(fresh, { ...FORM, Body: '' })).status, 400);
			assert.equal((await send(fresh, { ...FORM, Body: '' })).status, 400);
			const app = (await fresh.account('POST', 'Applications', { form: { FriendlyName: 'app' } })).json;
			for (const name of ['A', 'B', 'A']) {
				const reply = await fresh.account('POST', `Applications/${app.sid}`, { form: { FriendlyName: name } });
				assert.equal(reply.json.friendly_name, name);
				assert.equal(reply.headers.get('idempotent-replayed'), null);
			}
			assert.equal((await fresh.account('GET', `Applications/${app.sid}`)).json.friendly_name, 'A');
		});
	});
});

const balance = (fresh) => fresh.account('GET', 'Balance');

describe('balance', () => {
	it('is the opening balance less the sum of prices, exactly', async () => {
		await withServer({ args: ['--opening-balance', '10'] }, async (fresh) => {
			const texts = ['a', 'b'.repeat(161), 'ж'.repeat(71), 'c'.repeat(1600), 'd'];
			const to = ['+15005550010', '+15005550011', '+442079460000', '+4930123456', '+15005550023'];
			const sids = [];
			for (let i = 0; i < texts.length; i++) {
				const made = await fresh.account('POST', 'Messages', { form: { ...FORM, Body: texts[i], To: to[i] } });
				assert.equal(made.status, 201, made.text);
				sids.push(made.json.sid);
			}
			const ended = await until(async () => {
				const { json } = await fresh.account('GET', 'Messages');
				return json.messages.every((m) => ['delivered', 'undelivered', 'failed'].includes(m.status)) && json.messages;
			}, 'all to end');
			const micros = (text) => Math.round(Number(text) * 1e6);
			const spent = ended.reduce((sum, m) => sum - micros(m.price), 0);
			const { json } = await balance(fresh);
			assert.equal(json.account_sid, fresh.sid);
			assert.equal(json.currency, 'USD');
			assert.equal(micros(json.balance), 10000000 - spent);
			assert.ok(spent > 0);
		});
	});

	it('that does not suffice: refused, nothing taken', async () => {
		await withServer({ args: ['--opening-balance', '0.02'] }, async (fresh) => {
			const replies = [];
			for (let i = 0; i < 4; i++)
				replies.push(await fresh.account('POST', 'Messages', { form: FORM }));
			assert.deepEqual(replies.map((r) => r.status), [201, 201, 403, 403]);
			assert.equal(replies[2].json.code, 20005);
			assert.equal((await fresh.account('GET', 'Messages')).json.messages.length, 2);
			assert.equal(Number((await fresh.account('GET', 'Balance')).json.balance), 0.005);
		});
	});
});
