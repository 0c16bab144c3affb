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

	it('keys of a server that was killed and started again still replay', async () => {
		await withServer({}, async (fresh) => {
			const send = () => fresh.account('POST', 'Messages', { form: FORM, headers: { 'Idempotency-Key': 'durable' } });
			const first = await send();
			await fresh.kill();
			await fresh.restart();
			const again = await send();
			assert.equal(again.text, first.text);
			assert.equal(again.headers.get('idempotent-replayed'), 'true');
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
