// Prices, the ledger, refunds and credit: what a message costs, why, and that the balance is the sum of the ledger.
import assert from 'node:assert/strict';
import { describe, it, before, after } from 'node:test';
import { execFileSync, spawnSync } from 'node:child_process';
import { Server, binary, until, withServer } from './lib/server.mjs';

const FROM = '+15005550006';
const TO = '+15005550010';

const micros = (text) => BigInt(Math.round(Number(text) * 1e6));

async function send(server, form = {}) {
	const sent = await server.call('POST', '/v1/messages', { form: { from: FROM, to: TO, body: 'hello', ...form } });
	assert.equal(sent.status, 201, sent.text);
	return sent.json;
}

async function ended(server, sid) {
	return until(async () => {
		const { json } = await server.call('GET', `/v1/messages/${sid}`);
		return ['delivered', 'failed', 'undelivered', 'canceled'].includes(json.status) && json;
	}, `${sid} ended`);
}

async function ledger(server, query = '') {
	const rows = [];
	for (let cursor = ''; cursor !== null;) {
		const { status, json, text } = await server.call('GET', `/v1/ledger?limit=7${query}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
		assert.equal(status, 200, text);
		rows.push(...json.data);
		cursor = json.next_cursor;
	}
	return rows;
}

async function balance(server) {
	return micros((await server.account('GET', 'Balance')).json.balance);
}

async function price(server, json, status = 201) {
	const made = await server.call('POST', '/v1/prices', { json });
	assert.equal(made.status, status, made.text);
	return made.json;
}

/** The next message has the price that was set, on whichever loop it is accepted. */
async function priced(server, form, amount) {
	const sent = await send(server, form);
	assert.equal(micros(sent.price_unit_amount), micros(amount), `a message at ${amount}`);
	return sent;
}

describe('the price book', () => {
	let server;
	before(async () => (server = await Server.start()));
	after(() => server.stop());

	it('begins with defaults, over pages', async () => {
		const all = (await server.call('GET', '/v1/prices?limit=1000')).json.data;
		assert.ok(all.length > 20 && all.every((row) => row.source === 'default' && row.date_created === null));
		const pages = [];
		for (let cursor = ''; cursor !== null;) {
			const { json } = await server.call('GET', `/v1/prices?limit=7${cursor && `&cursor=${cursor}`}`);
			pages.push(...json.data);
			cursor = json.next_cursor;
		}
		assert.deepEqual(pages, all);
		const [us] = (await server.call('GET', '/v1/prices?product=sms&country=US')).json.data;
		assert.deepEqual([us.amount, us.currency, us.unit, us.direction, us.carrier], ['0.0075', 'USD', 'segment', 'outbound', null]);
		const one = await server.call('GET', `/v1/prices/${us.sid}`);
		assert.deepEqual(one.json, us);
		assert.equal((await server.call('PATCH', `/v1/prices/${us.sid}`, { json: { amount: '1' } })).status, 400);
		assert.equal((await server.call('DELETE', `/v1/prices/${us.sid}`)).status, 400);
	});

	it('explains what a message costs by the row that made it, and keeps it when the price changes', async () => {
		const first = await send(server, { body: 'x'.repeat(161) });
		assert.equal(first.price_unit_amount, '0.00750');
		assert.equal(first.price_quantity, 2);
		const row = await price(server, { product: 'sms', country: 'US', amount: '0.011' });
		assert.deepEqual([row.source, row.amount, row.country, row.valid_until], ['operator', '0.0110', 'US', null]);
		const second = await priced(server, {}, '0.011');
		assert.equal(second.price_sid, row.sid);
		const changed = await server.call('PATCH', `/v1/prices/${row.sid}`, { json: { amount: '0.02' } });
		assert.equal(changed.json.amount, '0.0200');
		await priced(server, {}, '0.02');
		assert.equal((await ended(server, first.sid)).price, '-0.01500');
		assert.equal((await ended(server, second.sid)).price, '-0.01100');
		const [entry] = await ledger(server, `&sid=${second.sid}`);
		assert.deepEqual([entry.reason, entry.amount, entry.price_sid, entry.price_unit_amount, entry.price_quantity, entry.spent_by],
			['message', '-0.0110', row.sid, '0.0110', 1, server.sid]);
		assert.equal((await server.call('DELETE', `/v1/prices/${row.sid}`)).status, 204);
		assert.equal((await server.call('GET', `/v1/prices/${row.sid}`)).status, 404);
		await priced(server, {}, '0.0075');
	});

	it('prefers what is more specific', async () => {
		const made = [
			await price(server, { product: 'sms', amount: '0.3' }),
			await price(server, { product: 'sms', direction: 'outbound', amount: '0.31' }),
			await price(server, { product: 'sms', carrier: 'sim', amount: '0.32' }),
			await price(server, { product: 'sms', country: 'US', amount: '0.33' }),
			await price(server, { product: 'sms', account_sid: server.sid, amount: '0.34' }),
		];
		for (const row of made.reverse()) {
			const sent = await priced(server, {}, row.amount);
			assert.equal(sent.price_sid, row.sid);
			assert.equal((await server.call('DELETE', `/v1/prices/${row.sid}`)).status, 204);
		}
	});

	it('refuses what makes no sense', async () => {
		const ok = { product: 'sms', country: 'DE', amount: '0.05' };
		for (const [bad, word] of [
			[{ country: 'XX' }, 'country'], [{ country: 'de' }, 'country'], [{ amount: '-0.01' }, 'amount'], [{ amount: '1e3' }, 'amount'],
			[{ amount: '0.0000001' }, 'amount'], [{ amount: '99999999' }, 'amount'], [{ currency: 'EUR' }, 'USD'], [{ product: 'tea' }, 'product'],
			[{ direction: 'up' }, 'direction'], [{ account_sid: `AC${'0'.repeat(32)}` }, 'account_sid'],
			[{ valid_from: '2030-01-02', valid_until: '2030-01-01' }, 'valid_until'], [{ valid_from: 'soon' }, 'valid_from'],
		]) {
			const made = await server.call('POST', '/v1/prices', { json: { ...ok, ...bad } });
			assert.equal(made.status, 400, made.text);
			assert.match(made.json.message, new RegExp(word));
		}
		const first = await price(server, { ...ok, valid_from: '2030-01-01', valid_until: '2031-01-01' });
		await price(server, { ...ok, valid_from: '2030-06-01' }, 409);
		await price(server, { ...ok, valid_until: '2030-01-02' }, 409);
		const next = await price(server, { ...ok, valid_from: '2031-01-01' });
		const back = await server.call('PATCH', `/v1/prices/${next.sid}`, { json: { valid_from: '2030-12-31' } });
		assert.equal(back.status, 409);
		for (const row of [first, next])
			await server.call('DELETE', `/v1/prices/${row.sid}`);
	});

	it('is the operator\'s to write and everybody\'s to read, each what applies to him', async () => {
		const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: { FriendlyName: 'sub' } })).json;
		const auth = `${sub.sid}:${sub.auth_token}`;
		assert.equal((await server.call('GET', '/v1/prices', { auth })).status, 200);
		for (const [method, path] of [['POST', '/v1/prices'], ['POST', '/v1/credits'], ['PATCH', `/v1/prices/PI${'0'.repeat(31)}1`], ['DELETE', `/v1/prices/PI${'0'.repeat(31)}1`]]) {
			const json = { product: 'sms', amount: '1', reference: 'x' };
			const tried = await server.call(method, path, method === 'DELETE' ? { auth } : { auth, json });
			assert.ok([400, 403].includes(tried.status), `${method} ${path}: ${tried.text}`);
		}
		const tried = await server.call('POST', '/v1/prices', { auth, json: { product: 'sms', amount: '1' } });
		assert.deepEqual([tried.status, tried.json.code], [403, 20006]);
	});
});

it('a dated price switches at its time', () => withServer({ args: ['--virtual-clock', 'true'] }, async (server) => {
	const now = Date.parse((await server.call('POST', '/v1/clock', { json: { advance_s: 0 } })).json.time ?? new Date());
	const at = new Date(now + 3600e3).toISOString();
	await price(server, { product: 'sms', amount: '0.1', valid_until: at });
	await price(server, { product: 'sms', amount: '0.2', valid_from: at });
	await priced(server, {}, '0.1');
	await server.call('POST', '/v1/clock', { json: { advance_s: 3601 } });
	await priced(server, {}, '0.2');
}));

describe('the ledger', () => {
	let server;
	before(async () => (server = await Server.start({ args: ['--virtual-clock', 'true'] })));
	after(() => server.stop());

	it('gives back what was never sent, once, and keeps what was', async () => {
		const at = new Date(Date.now() + 3600e3).toISOString();
		const cases = [
			[await send(server), 'delivered', ['message']],
			[await send(server, { to: '+15005550029' }), 'failed', ['refund', 'message']],
			[await send(server, { to: '+15005550027' }), 'undelivered', ['message']],
		];
		const scheduled = await send(server, { send_at: at });
		await server.account('POST', `Messages/${scheduled.sid}`, { form: { Status: 'canceled' } });
		cases.push([scheduled, 'canceled', ['refund', 'message']]);
		for (const [sent, status, reasons] of cases) {
			assert.equal((await ended(server, sent.sid)).status, status);
			const entries = await ledger(server, `&sid=${sent.sid}`);
			assert.deepEqual(entries.map((e) => e.reason), reasons);
			const sum = entries.reduce((n, e) => n + micros(e.amount), 0n);
			assert.equal(sum, reasons.length === 2 ? 0n : -7500n);
			for (const entry of entries)
				assert.equal(entry.price_sid, sent.price_sid);
		}
	});

	it('sums up to the balance, subaccounts and credit included', async () => {
		const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: {} })).json;
		const credit = { account_sid: sub.sid, amount: '12.5', reference: 'invoice 1', note: 'thanks' };
		const given = await server.call('POST', '/v1/credits', { json: credit });
		assert.deepEqual([given.status, given.json.account_sid, given.json.amount], [201, server.sid, '12.50']);
		const again = await server.call('POST', '/v1/credits', { json: credit });
		assert.deepEqual([again.status, again.json], [201, given.json]);
		assert.equal((await server.call('POST', '/v1/credits', { json: { ...credit, amount: '13' } })).status, 409);
		for (const bad of [{ amount: '0' }, { amount: '-1000000001' }, { reference: '' }, { currency: 'EUR' }, { account_sid: `AC${'1'.repeat(32)}` }])
			assert.equal((await server.call('POST', '/v1/credits', { json: { ...credit, reference: 'other', ...bad } })).status, 400, JSON.stringify(bad));
		// A mistake is taken back under a reference of its own, at most what is there.
		const taken = await server.call('POST', '/v1/credits', { json: { ...credit, amount: '-2.5', reference: 'undo of invoice 1' } });
		assert.deepEqual([taken.status, taken.json.amount], [201, '-2.50']);
		assert.deepEqual((await ledger(server)).filter((e) => e.sid === taken.json.sid).map((e) => [e.reason, e.amount]), [['credit', '-2.5000']]);
		const much = await server.call('POST', '/v1/credits', { json: { amount: '-1000000', reference: 'too much' } });
		assert.equal(much.status, 400);
		assert.match(much.json.message, /balance of AC\w+ is less than that/);
		const both = await Promise.all([1, 2, 3, 4].map(() => server.call('POST', '/v1/credits', { json: { amount: '1', reference: 'race' } })));
		assert.equal(new Set(both.map((r) => r.json.sid)).size, 1);
		const entries = await ledger(server);
		assert.equal(entries.reduce((n, e) => n + micros(e.amount), 0n), await balance(server));
		assert.equal(entries.filter((e) => e.reason === 'credit').length, 3);
		assert.deepEqual(entries.find((e) => e.sid === given.json.sid).reference, 'invoice 1');
		assert.equal(entries.at(-1).reason, 'opening');
		assert.deepEqual(entries.map((e) => e.sid.slice(2)), entries.map((e) => e.sid.slice(2)).toSorted().reverse());
		const { json } = await server.call('GET', '/v1/ledger', { auth: `${sub.sid}:${sub.auth_token}` });
		assert.deepEqual(json.data, []); // it spent nothing itself
	});

	it('charges inbound messages when they have a price, even beyond the balance', async () => {
		await price(server, { product: 'sms', direction: 'inbound', amount: '1000' });
		const before = await balance(server);
		await until(async () => {
			server.command('sim', 'receive', '--from', '+14155550100', '--to', FROM, '--body', 'hi');
			return (await balance(server)) < 0n;
		}, 'an inbound message at the new price', 5000);
		const entries = await ledger(server);
		assert.equal(entries.reduce((n, e) => n + micros(e.amount), 0n), await balance(server));
		assert.ok(before > 0n);
		const refused = await server.call('POST', '/v1/messages', { form: { from: FROM, to: TO, body: 'x' } });
		assert.equal(refused.json.code, 20005);
	});

	it('refuses a cursor that it did not give, and what is no SID', async () => {
		for (const query of ['cursor=zzz', `cursor=${'0'.repeat(31)}`, 'sid=SM1', 'reason=x'])
			assert.equal((await server.call('GET', `/v1/ledger?${query}`)).status, 400, query);
	});
});

it('a second master account has its own prices, money and usage', () => withServer({}, async (server) => {
	const made = await server.call('POST', '/v1/accounts', { json: { friendly_name: 'customer' } });
	assert.equal(made.status, 201, made.text);
	const other = made.json, auth = `${other.sid}:${other.auth_token}`;
	const theirs = await price(server, { product: 'sms', account_sid: other.sid, amount: '0.5' });
	const ours = await price(server, { product: 'sms', account_sid: server.sid, amount: '0.25' });
	const seen = async (as) => (await server.call('GET', '/v1/prices?product=sms&source=operator', { auth: as })).json.data.map((p) => p.sid);
	assert.deepEqual(await seen(auth), [theirs.sid]);
	assert.deepEqual(new Set(await seen()), new Set([theirs.sid, ours.sid]));
	assert.equal((await server.call('GET', `/v1/prices/${ours.sid}`, { auth })).status, 404);
	assert.equal((await server.call('POST', '/v1/credits', { auth, json: { amount: '1', reference: 'mine' } })).json.code, 20006);
	const credit = await server.call('POST', '/v1/credits', { json: { account_sid: other.sid, amount: '7', reference: 'r' }, headers: { 'Idempotency-Key': 'k1' } });
	assert.equal(credit.status, 201, credit.text);
	const again = await server.call('POST', '/v1/credits', { json: { account_sid: other.sid, amount: '7', reference: 'r' }, headers: { 'Idempotency-Key': 'k1' } });
	assert.deepEqual([again.status, again.json], [201, credit.json]);
	const before = await balance(server);
	assert.equal((await send(server)).price_unit_amount, '0.25000');
	assert.equal(await balance(server), before - 250000n);
	const ledgerOf = (await server.call('GET', '/v1/ledger', { auth })).json.data;
	assert.ok(ledgerOf.some((e) => e.reference === 'r' && e.amount === '7.0000'));
	assert.ok(ledgerOf.every((e) => e.account_sid === other.sid));
	const used = await server.call('GET', `/2010-04-01/Accounts/${other.sid}/Usage/Records/AllTime.json?Category=sms`, { auth });
	assert.equal(used.json.usage_records[0].count, '0');
	const { status, stdout } = spawnSync(binary, ['check', '--data', '--store', `sqlite:${server.dir}`], { encoding: 'utf8' });
	assert.deepEqual([status, /^2 accounts/m.test(stdout)], [0, true], stdout);
}));

it('credit that a balance has no room for is refused, and nothing is lost', () =>
	withServer({ args: ['--opening-balance', '9223372036854'] }, async (server) => {
		const credit = (amount) => server.call('POST', '/v1/credits', { json: { amount, reference: amount } });
		const refused = await credit('1');
		assert.deepEqual([refused.status, refused.json.code], [400, 20001]);
		assert.match(refused.json.message, /too large/);
		assert.equal((await server.account('GET', 'Balance')).json.balance, '9223372036854.00');
		assert.equal((await credit('0.5')).status, 201);
		assert.equal((await server.account('GET', 'Balance')).json.balance, '9223372036854.50');
	}));

describe('strowger check --data', () => {
	const prove = (server) => {
		const { status, stdout, stderr } = spawnSync(binary, ['check', '--data', '--store', `sqlite:${server.dir}`], { encoding: 'utf8' });
		return { status, text: stdout + stderr };
	};

	it('proves a store beside its server and without, and finds each thing that was tampered with', () => withServer({ keep: true }, async (server) => {
		const sent = [];
		for (const to of [TO, TO, '+15005550029'])
			sent.push(await send(server, { to }));
		await server.call('POST', '/v1/credits', { json: { amount: '5', reference: 'five' } });
		await Promise.all(sent.map(({ sid }) => ended(server, sid)));
		await server.account('GET', 'Usage/Records/Today'); // everything is counted
		const gone = await ended(server, sent[1].sid);
		await server.account('DELETE', `Messages/${gone.sid}`);
		const live = prove(server);
		assert.equal(live.status, 0, live.text);
		assert.match(live.text, new RegExp(`${server.sid}: balance 104\\.985 USD, 6 ledger rows make 104\\.985`));
		assert.match(live.text, /1 accounts, 6 ledger rows, 2 messages, 2 sums of usage, \d+ events: everything agrees/);
		await server.kill();
		assert.equal(prove(server).status, 0);
		const hex = (sid) => `x'${sid.slice(2)}'`;
		for (const [change, back, said] of [
			['UPDATE balance SET micros = micros + 1', 'UPDATE balance SET micros = micros - 1', `${server.sid}: the balance is`],
			[`UPDATE message SET price_micros = 1 WHERE sid = ${hex(sent[0].sid)}`, `UPDATE message SET price_micros = 7500 WHERE sid = ${hex(sent[0].sid)}`, sent[0].sid],
			[`UPDATE message SET status = 6 WHERE sid = ${hex(sent[2].sid)}`, `UPDATE message SET status = 8 WHERE sid = ${hex(sent[2].sid)}`, sent[2].sid],
			["UPDATE event SET type = 'x' WHERE type = 'message.deleted'", "UPDATE event SET type = 'message.deleted' WHERE type = 'x'", gone.sid],
			['UPDATE usage_day SET units = units + 1 WHERE whole = 0', 'UPDATE usage_day SET units = units - 1 WHERE whole = 0', 'usage of'],
			['UPDATE usage_day SET day = day + 1', 'UPDATE usage_day SET day = day - 1', 'the event log makes 0, 0, 0'],
			['CREATE TABLE kept AS SELECT * FROM usage_day; DELETE FROM usage_day', 'INSERT INTO usage_day SELECT * FROM kept; DROP TABLE kept', '0 items, 0 units, 0 micros, but'],
			["UPDATE credit SET micros = 1", "UPDATE credit SET micros = 5000000", 'credit LE'],
		]) {
			execFileSync('sqlite3', [`${server.dir}/strowger.db`, change]);
			const found = prove(server);
			assert.equal(found.status, 1, `${change}: ${found.text}`);
			assert.ok(found.text.includes(said), found.text);
			execFileSync('sqlite3', [`${server.dir}/strowger.db`, back]);
		}
		assert.equal(prove(server).status, 0);
		await server.restart();
		assert.equal((await server.call('GET', `/v1/messages/${sent[0].sid}`)).status, 200);
		server.options.keep = false;
	}));

	it('says what is wrong when there is nothing to prove', () => {
		const { status, text } = prove({ dir: '/nonexistent' });
		assert.deepEqual([status, /cannot read/.test(text)], [69, true], text);
	});
});
