// Usage records by every view, exactly; triggers that tell a URL.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it, before, after } from 'node:test';
import { Server, until, listen, withServer } from './lib/server.mjs';
import { byPrefix, byHost, twilio } from './lib/sdk.mjs';

const FROM = '+15005550006';
const TO = '+15005550010';
const DAY_S = 86400;
const CLOCK = { args: ['--virtual-clock', 'true'] };
const VIEWS = ['allTime', 'daily', 'lastMonth', 'monthly', 'thisMonth', 'today', 'yearly', 'yesterday'];

const day = (at) => new Date(at).toISOString().slice(0, 10);

async function now(server) {
	return Date.parse((await server.call('POST', '/v1/clock', { form: { advance_s: 0 } })).json.now);
}

async function send(server, form = {}, auth) {
	const sent = await server.call('POST', '/v1/messages', { form: { from: FROM, to: TO, body: 'hello', ...form }, ...(auth && { auth }) });
	assert.equal(sent.status, 201, sent.text);
	return sent.json;
}

async function record(server, view, query) {
	const { status, json, text } = await server.account('GET', `Usage/Records${view}?${new URLSearchParams(query)}`);
	assert.equal(status, 200, text);
	assert.equal(json.usage_records.length, 1, text);
	return json.usage_records[0];
}

const figures = (r) => [r.count, r.usage, r.price];

describe('usage records', () => {
	let server, client, today;
	before(async () => {
		server = await Server.start(CLOCK);
		client = byPrefix(server);
		await send(server);
		await send(server, { body: 'x'.repeat(161) });
		await server.call('POST', '/v1/clock', { form: { advance_s: DAY_S } });
		await send(server);
		today = await now(server);
	});
	after(() => server.stop());

	it('count each message once, by segment, at once', async () => {
		for (let i = 2; i < 8; i++) {
			assert.deepEqual(figures(await record(server, '/Today', { Category: 'sms' })), [`${i - 1}`, `${i - 1}`, String((i - 1) * 0.0075).slice(0, 7)]);
			await send(server);
		}
		const all = await record(server, '', { Category: 'sms-outbound' });
		assert.deepEqual([all.count, all.usage], ['9', '10']);
		assert.deepEqual([all.count_unit, all.usage_unit, all.price_unit], ['messages', 'segments', 'usd']);
		const total = await record(server, '/AllTime', { Category: 'totalprice' });
		assert.deepEqual([total.count, total.price, total.usage, total.usage_unit], [null, '0.075', '0.075', 'usd']);
		assert.ok(Math.abs(Date.parse(total.as_of) - today) < 60000, total.as_of);
	});

	it('show every view, as the SDK asks for it', async () => {
		const want = { allTime: 10, today: 7, yesterday: 3 };
		for (const view of VIEWS) {
			const rows = await client.usage.records[view].list({ category: 'sms' });
			const sum = rows.reduce((n, r) => n + Number(r.usage), 0);
			assert.ok(rows.length >= 1, view);
			if (want[view])
				assert.equal(sum, want[view], view);
			for (const row of rows) {
				assert.equal(row.accountSid, server.sid);
				assert.ok(row.startDate <= row.endDate);
			}
		}
		const daily = await client.usage.records.daily.list({ category: 'sms' });
		assert.deepEqual(daily.map((r) => [day(r.startDate), day(r.endDate), r.usage]),
			[[day(today), day(today), '7'], [day(today - DAY_S * 1000), day(today - DAY_S * 1000), '3']]);
		assert.equal((await client.usage.records.list({ category: 'sms', startDate: day(today), endDate: day(today) }))[0].usage, '7');
		const [last] = await client.usage.records.lastMonth.list({ category: 'sms' });
		assert.equal(day(last.startDate).slice(8), '01');
		const months = (await client.usage.records.monthly.list({ category: 'sms' })).concat(await client.usage.records.yearly.list({ category: 'sms' }));
		assert.equal(months.reduce((n, r) => n + Number(r.usage), 0), 20);
	});

	it('take dates relative to today, and refuse what is no range', async () => {
		assert.equal((await record(server, '', { Category: 'sms', StartDate: '-1days', EndDate: '-1days' })).usage, '3');
		assert.equal((await record(server, '', { Category: 'sms', StartDate: '-30days', EndDate: '+30days' })).usage, '10');
		assert.equal((await record(server, '', { Category: 'sms', StartDate: day(today), EndDate: '+1day' })).usage, '7');
		assert.equal((await record(server, '', { Category: 'sms', StartDate: '2008-01-02', EndDate: '2008-01-02' })).usage, '0');
		for (const query of ['StartDate=yesterday', 'StartDate=2026-02-30', 'EndDate=30days', 'StartDate=-1e9days', 'Category=tea', 'StartDate=2020-01-02&EndDate=2020-01-01', 'IncludeSubaccounts=maybe', 'PageToken=zz']) {
			const { status, json } = await server.account('GET', `Usage/Records?${query}`);
			assert.deepEqual([status, json.code], [400, 20001], query);
		}
	});

	it('page through, and answer a category in which nothing was used', async () => {
		const all = await client.usage.records.daily.list();
		const paged = await client.usage.records.daily.list({ pageSize: 4 });
		assert.deepEqual(paged.map((r) => r.uri), all.map((r) => r.uri));
		assert.equal(all.length, 2 * new Set(all.map((r) => r.category)).size);
		const page = await server.account('GET', 'Usage/Records?PageSize=4');
		const next = await server.call('GET', page.json.next_page_uri);
		assert.equal(next.json.page, 1);
		const back = await server.call('GET', next.json.previous_page_uri);
		assert.deepEqual(back.json.usage_records.map((r) => r.category), page.json.usage_records.map((r) => r.category));
		const none = await record(server, '', { Category: 'calleridlookups' });
		assert.deepEqual([none.count, none.usage, none.price, none.description], ['0', '0', '0', 'Calleridlookups']);
	});

	it('take off what was given back, on its own day', async () => {
		const before = await record(server, '/AllTime', { Category: 'sms' });
		const at = new Date((await now(server)) + 2 * DAY_S * 1000).toISOString();
		const scheduled = await send(server, { send_at: at });
		const failed = await send(server, { to: '+15005550029' });
		await until(async () => (await server.call('GET', `/v1/messages/${failed.sid}`)).json.status === 'failed', 'the refusal');
		assert.equal(Number((await record(server, '/AllTime', { Category: 'sms' })).count), Number(before.count) + 1);
		await server.call('POST', '/v1/clock', { form: { advance_s: DAY_S } });
		await server.account('POST', `Messages/${scheduled.sid}`, { form: { Status: 'canceled' } });
		assert.deepEqual(figures(await record(server, '/AllTime', { Category: 'sms' })), figures(before));
		assert.deepEqual(figures(await record(server, '/Today', { Category: 'sms' })), ['0', '0', '0']);
	});

	it('count media, inbound messages and subaccounts apart', async () => {
		const web = await listen((request, response) => response.writeHead(200, { 'content-type': 'image/png' }).end('png'));
		await send(server, { media_url: `${web.url}/a.png` });
		const mms = await record(server, '/Today', { Category: 'mms-outbound' });
		assert.deepEqual(figures(mms), ['1', '1', '0.02']);
		server.command('sim', 'receive', '--from', '+14155550100', '--to', FROM, '--body', 'hi');
		await until(async () => (await record(server, '/Today', { Category: 'sms-inbound' })).count === '1', 'the inbound message');
		const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: {} })).json;
		const before = await record(server, '/Today', { Category: 'sms-outbound' });
		const numbers = (await server.account('GET', `IncomingPhoneNumbers?PhoneNumber=${encodeURIComponent(TO)}`)).json.incoming_phone_numbers;
		await server.account('POST', `IncomingPhoneNumbers/${numbers[0].sid}`, { form: { AccountSid: sub.sid } });
		const auth = `${sub.sid}:${sub.auth_token}`;
		await until(async () => (await server.call('POST', '/v1/messages', { auth, form: { from: TO, to: FROM, body: 'sub' } })).status === 201, 'the number to be known there');
		const own = await record(server, '/Today', { Category: 'sms-outbound', IncludeSubaccounts: 'false' });
		const whole = await record(server, '/Today', { Category: 'sms-outbound' });
		assert.equal(own.count, before.count);
		assert.equal(Number(whole.count), Number(before.count) + 1);
		const subs = await server.call('GET', `/2010-04-01/Accounts/${sub.sid}/Usage/Records/Today.json?Category=sms-outbound`, { auth });
		assert.equal(subs.json.usage_records[0].count, '1');
		await web.close();
	});
});

describe('usage triggers', () => {
	let server, client, web, heard;
	before(async () => {
		heard = [];
		web = await listen((request, response) => {
			let body = '';
			request.on('data', (text) => (body += text));
			request.on('end', () => {
				heard.push({ method: request.method, url: request.url, signature: request.headers['x-twilio-signature'], form: Object.fromEntries(new URLSearchParams(body)) });
				response.end();
			});
		});
		server = await Server.start(CLOCK);
		client = byHost(server);
	});
	after(async () => {
		await server.stop();
		await web.close();
	});

	it('are created, listed, changed and deleted', async () => {
		const made = await client.usage.triggers.create({ callbackUrl: `${web.url}/x`, triggerValue: '50', usageCategory: 'totalprice', triggerBy: 'price', recurring: 'yearly', friendlyName: 'fifty' });
		assert.match(made.sid, /^UT/);
		assert.deepEqual([made.currentValue, made.triggerValue, made.dateFired, made.recurring, made.callbackMethod], ['0', '50', null, 'yearly', 'POST']);
		assert.equal(made.usageRecordUri, `/2010-04-01/Accounts/${server.sid}/Usage/Records.json?Category=totalprice`);
		await client.usage.triggers.create({ callbackUrl: `${web.url}/x`, triggerValue: '5', usageCategory: 'sms' });
		assert.equal((await client.usage.triggers.list({ recurring: 'yearly' })).length, 1);
		assert.equal((await client.usage.triggers.list({ usageCategory: 'sms', triggerBy: 'usage' })).length, 1);
		assert.equal((await client.usage.triggers.list()).length, 2);
		const changed = await client.usage.triggers(made.sid).update({ friendlyName: 'other', callbackMethod: 'GET' });
		assert.deepEqual([changed.friendlyName, changed.callbackMethod, changed.triggerValue], ['other', 'GET', '50']);
		for (const trigger of await client.usage.triggers.list())
			assert.equal(await client.usage.triggers(trigger.sid).remove(), true);
		assert.deepEqual(await client.usage.triggers.list(), []);
	});

	it('refuse what makes no sense', async () => {
		const ok = { CallbackUrl: web.url, TriggerValue: '1', UsageCategory: 'sms' };
		for (const bad of [{ TriggerValue: 'many' }, { TriggerValue: '-1' }, { TriggerValue: '1.5' }, { UsageCategory: 'tea' }, { CallbackUrl: 'ftp://x' }, { Recurring: 'hourly' }, { TriggerBy: 'mood' }]) {
			const tried = await server.account('POST', 'Usage/Triggers', { form: { ...ok, ...bad } });
			assert.equal(tried.status, 400, JSON.stringify(bad));
		}
	});

	it('tell the URL once a period, signed, with what the contract has', async () => {
		const sent = 2;
		for (let i = 0; i < sent; i++)
			await send(server);
		await record(server, '', { Category: 'sms' });
		const made = await client.usage.triggers.create({ callbackUrl: `${web.url}/fired`, triggerValue: '+2', usageCategory: 'sms-outbound', triggerBy: 'count', recurring: 'daily' });
		const once = await client.usage.triggers.create({ callbackUrl: `${web.url}/once`, callbackMethod: 'GET', triggerValue: '0.02', usageCategory: 'sms', triggerBy: 'price' });
		assert.deepEqual([made.triggerValue, made.currentValue], [String(sent + 2), String(sent)]);
		const fired = () => heard.filter((h) => h.url === '/fired');
		await send(server);
		await send(server);
		await until(() => fired().length === 1, 'the trigger to fire');
		const { form, signature, method } = fired()[0];
		assert.equal(method, 'POST');
		assert.ok(twilio.validateRequest(server.token, signature, `${web.url}/fired`, form));
		assert.deepEqual({ ...form, IdempotencyToken: '', DateFired: '' }, {
			AccountSid: server.sid, UsageTriggerSid: made.sid, Recurring: 'daily', UsageCategory: 'sms-outbound', TriggerBy: 'count',
			TriggerValue: '4', CurrentValue: '4', UsageRecordUri: `/2010-04-01/Accounts/${server.sid}/Usage/Records.json?Category=sms-outbound`,
			IdempotencyToken: '', DateFired: '',
		});
		assert.match(form.DateFired, /^\w{3}, \d\d \w{3} \d{4} /);
		const after = await client.usage.triggers(made.sid).fetch();
		assert.ok(after.dateFired);
		assert.equal(after.currentValue, '4');
		await until(() => heard.some((h) => h.url.startsWith('/once?')), 'the other one, by GET');
		await send(server); // not again the same day
		await server.call('POST', '/v1/clock', { form: { advance_s: DAY_S } });
		for (let i = 0; i < 4; i++)
			await send(server);
		await until(() => fired().length === 2, 'the trigger to fire the next day');
		assert.notEqual(fired()[1].form.IdempotencyToken, form.IdempotencyToken);
		const events = await server.call('GET', '/v1/events?type=usage.trigger.fired');
		assert.equal(events.json.data.length, 3);
		assert.equal(heard.filter((h) => h.url.startsWith('/once')).length, 1);
		assert.equal((await client.usage.triggers(once.sid).fetch()).recurring, 'alltime');
	});
});

it('a trigger fires for the day of the use, though it is counted behind midnight', () => withServer(CLOCK, async (server) => {
	const made = await server.account('POST', 'Usage/Triggers', {
		form: { UsageCategory: 'sms', TriggerBy: 'count', TriggerValue: '3', Recurring: 'daily', CallbackUrl: 'https://example.com/' } });
	const fired = async () => (await server.call('GET', '/v1/events?type=usage.trigger.fired')).json.data;
	for (let days = 1; days <= 3; days++) {
		await Promise.all([send(server), send(server), send(server)]);
		await server.call('POST', '/v1/clock', { form: { advance_s: DAY_S } });
		await until(async () => (await fired()).length === days, `day ${days}`);
	}
	await Promise.all([send(server), send(server)]);
	assert.equal((await record(server, '/Today', { Category: 'sms' })).count, '2');
	assert.equal((await fired()).length, 3);
	assert.equal(made.json.recurring, 'daily');
	// Its events show times as such, and nothing that is the program's own.
	const [changed] = (await server.call('GET', `/v1/events?type=usage_trigger.updated&sid=${made.json.sid}`)).json.data;
	assert.match(changed.data.date_fired, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
	assert.equal(changed.data.fired_day, undefined);
}));

it('a trigger fires however many the account made since', () => withServer({}, async (server) => {
	const make = (TriggerValue) => server.account('POST', 'Usage/Triggers', {
		form: { UsageCategory: 'sms', TriggerBy: 'count', TriggerValue, CallbackUrl: 'https://example.com/' } });
	const first = (await make('1')).json.sid;
	for (let i = 0; i < 40; i++)
		assert.ok((await Promise.all(Array.from({ length: 25 }, () => make('1000000')))).every((r) => r.status === 201));
	await send(server);
	await until(async () => (await server.account('GET', `Usage/Triggers/${first}`)).json.date_fired, 'the first trigger fired');
}));

it('usage is exact after being killed again and again', () => withServer({}, async (server) => {
	let accepted = 0;
	for (let round = 0; round < 6; round++) {
		const floods = Array.from({ length: 8 }, async () => {
			for (;;)
				try {
					const sent = await server.call('POST', '/v1/messages', { form: { from: FROM, to: TO, body: 'x' } });
					accepted += sent.status === 201 ? 1 : 0;
				} catch {
					return;
				}
		});
		const target = accepted + 300;
		await until(() => accepted >= target, 'messages to be accepted', 20000);
		await server.kill();
		await Promise.all(floods);
		await server.restart();
	}
	let stored = 0;
	for (let uri = `/2010-04-01/Accounts/${server.sid}/Messages.json?PageSize=1000`; uri;) {
		const { json } = await server.call('GET', uri);
		stored += json.messages.length;
		uri = json.next_page_uri;
	}
	const used = await record(server, '/AllTime', { Category: 'sms-outbound' });
	assert.ok(stored >= accepted);
	assert.equal(used.count, String(stored));
	assert.equal(Math.round(Number(used.price) * 1e6), stored * 7500);
}));

it('usage goes on behind a log from before there was a price book', () => withServer({ keep: true }, async (server) => {
	await send(server);
	await server.kill();
	const old = `INSERT INTO event (bucket, seq, account_sid, type, kind, sid, time_us, data)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
		SELECT e.bucket, e.seq + 1000 + i, e.account_sid, 'message.queued', 'SM', e.sid, e.time_us, '{}' FROM n, event e WHERE e.type = 'message.queued'`;
	execFileSync('sqlite3', [`${server.dir}/strowger.db`, `${old}; UPDATE event_seq SET seq = seq + 10000`]);
	await server.restart();
	await send(server);
	assert.equal((await record(server, '/AllTime', { Category: 'sms' })).count, '2');
	server.options.keep = false;
}));
