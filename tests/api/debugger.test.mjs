// The debugger: alerts of every kind with their request and answer, floods that are counted, alarms, the errors that come most
// often, and how long an account takes to its first good request.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLOCK, FAST, withHook } from './lib/hook.mjs';
import { byPrefix, twilio } from './lib/sdk.mjs';
import { until, withServer } from './lib/server.mjs';

const FROM = '+15005550006', TO = '+15005550010';

const send = async (server, form) =>
	server.account('POST', 'Messages', { form: { To: TO, From: FROM, Body: 'x', ...form } });

/** The first account's alerts with that code, with everything that one alone shows. */
async function alerts(server, code, auth) {
	const { json } = await server.call('GET', '/monitor/v1/Alerts?PageSize=1000', { auth });
	const mine = json.alerts.filter((a) => !code || a.error_code === String(code));
	return Promise.all(mine.map(async ({ sid }) => (await server.call('GET', `/monitor/v1/Alerts/${sid}`, { auth })).json));
}
const one = (server, code) => until(async () => (await alerts(server, code))[0], `an alert ${code}`);
const advance = (server, advance_s) => server.call('POST', '/v1/clock', { json: { advance_s } });

describe('alerts', () => {
	it('of a webhook that fails: the request and its answer', () => withHook({ status: 503, body: 'out of order', type: 'text' }, async (server, hook) => {
		const { json: { sid } } = await send(server, { StatusCallback: `${hook.url}/status?a=1` });
		const alert = await one(server, 11200);
		assert.equal(alert.log_level, 'error');
		assert.match(alert.alert_text, /^The URL could not be fetched\. the answer was status 503/);
		assert.equal(alert.more_info, `${server.url}/docs/errors/11200`);
		assert.equal((await fetch(alert.more_info)).status, 200);
		assert.equal(alert.resource_sid, sid);
		assert.deepEqual([alert.request_method, alert.request_url, alert.response_body], ['POST', `${hook.url}/status?a=1`, 'out of order']);
		assert.equal(new URLSearchParams(alert.request_variables).get('MessageSid'), sid);
		assert.match(alert.request_headers, /^User-Agent: TwilioProxy\/1\.1$/m);
		assert.match(alert.response_headers, /^content-type: text\/plain$/mi);
	}));

	it('shows no credentials', () => withHook({ status: 500 }, async (server, hook) => {
		await send(server, { StatusCallback: hook.url.replace('//', '//user:sesame@') });
		const alert = await one(server, 11200);
		assert.match(alert.request_headers, /^Authorization: \*\*\*$/m);
		assert.ok(!/sesame|c2VzYW1l|dXNlcjpz/.test(JSON.stringify(alert)));
		await send(server, { To: '123', StatusCallback: 'https://user:sesame@example.org/x' });
		const url = new URLSearchParams((await one(server, 21211)).request_variables).get('StatusCallback');
		assert.equal(url, 'https://***@example.org/x');
		await server.call('POST', '/v1/messages', { json: { to: '', from: FROM, status_callback: 'https://user:sesame@example.org/x' } });
		const asked = (await until(async () => (await alerts(server)).find((a) => /v1.messages/.test(a.request_url)), 'the alert of JSON')).request_variables;
		assert.equal(new URLSearchParams(asked).get('status_callback'), '"https://***@example.org/x"');
		await server.call('POST', '/oauth/v2/token', { form: { grant_type: 'client_credentials', client_id: 'x', client_secret: 'sesame' } });
		await server.call('POST', '/iam/v1/Keys', { form: { AccountSid: server.sid, KeyType: 'sesame' } });
		await server.call('POST', '/accounts/v1/Credentials/AWS', { form: { Credentials: 'sesame', Credential: 'sesame', AccountSid: 'AC1' } });
		const refused = await until(async () => (await alerts(server, 20001)).find((a) => /AWS/.test(a.request_url)), 'the alert of a refusal');
		assert.deepEqual(Object.fromEntries(new URLSearchParams(refused.request_variables)), { Credentials: '***', Credential: '***', AccountSid: 'AC1' });
	}));

	it('of TwiML that is none', () => withHook({ body: '<Response><Message>' }, async (server, hook) => {
		const { json: { incoming_phone_numbers: [number] } } = await server.account('GET', 'IncomingPhoneNumbers');
		await server.account('POST', `IncomingPhoneNumbers/${number.sid}`, { form: { SmsUrl: `${hook.url}/twiml` } });
		server.command('sim', 'receive', '--from', '+14155550100', '--to', number.phone_number, '--body', 'hi');
		const alert = await one(server, 12100);
		assert.equal(alert.response_body, '<Response><Message>');
		assert.match(alert.alert_text, /line 1, column \d+/);
		assert.match(alert.resource_sid, /^SM/);
		const told = new URLSearchParams(alert.request_variables);
		assert.deepEqual([told.get('From'), told.get('Body')], ['+14155550100', '***'], 'what people wrote is not kept twice');
	}));

	it('hides what people wrote in the query of a GET, too', () => withHook({ status: 500 }, async (server, hook) => {
		const { json: { incoming_phone_numbers: [number] } } = await server.account('GET', 'IncomingPhoneNumbers');
		await server.account('POST', `IncomingPhoneNumbers/${number.sid}`, { form: { SmsUrl: `${hook.url}/twiml?a=1&b`, SmsMethod: 'GET' } });
		server.command('sim', 'receive', '--from', '+14155550100', '--to', number.phone_number, '--body', 'sesame');
		const alert = await one(server, 11200), url = new URL(alert.request_url);
		assert.deepEqual([alert.request_method, url.search.slice(0, 6), url.searchParams.get('Body')], ['GET', '?a=1&b', '***']);
		assert.equal(url.searchParams.get('From'), '+14155550100');
		assert.ok(!/sesame/.test(JSON.stringify(alert)));
	}));

	it('of a message that fails, one each', () => withHook({}, async (server) => {
		const { json: { sid } } = await send(server, { To: '+15005550029' });
		const { json: other } = await send(server, { To: '+15005550029' });
		await until(async () => (await alerts(server, 30008)).length === 2, 'two alerts');
		const [a, b] = await alerts(server, 30008);
		assert.deepEqual([a.resource_sid, b.resource_sid].sort(), [sid, other.sid].sort());
		assert.equal(a.request_url, null);
	}));

	it('of a request that is refused; not of asking for what is not there', () => withHook({}, async (server) => {
		await send(server, { To: '123' });
		const refused = await one(server, 21211);
		assert.deepEqual([refused.request_method, refused.request_url], ['POST', `${server.url}/2010-04-01/Accounts/${server.sid}/Messages.json`]);
		assert.deepEqual(Object.fromEntries(new URLSearchParams(refused.request_variables)), { To: '123', From: FROM, Body: '***' });
		assert.equal(JSON.parse(refused.response_body).code, 21211);
		await server.account('GET', `Messages/SM${'0'.repeat(32)}`);
		await server.account('DELETE', `Messages/SM${'0'.repeat(32)}`);
		const missing = await one(server, 20404);
		assert.deepEqual([missing.request_method, missing.resource_sid], ['DELETE', `SM${'0'.repeat(32)}`]);
		assert.equal((await alerts(server, 20404)).length, 1);
	}));

	it('hides in the query of a refused request what is secret and what nobody knows', () => withHook({}, async (server) => {
		const messages = `/2010-04-01/Accounts/${server.sid}/Messages.json`;
		await server.call('POST', `${messages}?To=1&Body=sesame&Token=sesame&sesame`, { form: { To: '123', From: FROM, Body: 'x' } });
		const refused = await one(server, 21211);
		assert.ok(refused.request_url.startsWith(`${server.url}${messages}?To=1&Body=`), refused.request_url);
		assert.deepEqual(Object.fromEntries(new URL(refused.request_url).searchParams), { To: '1', Body: '***', Token: '***', sesame: '***' });
		await server.call('GET', `${messages}?PageSize=0&To=%2B1&Page=1&Token=sesame`);
		const list = await one(server, 20001);
		assert.deepEqual(Object.fromEntries(new URL(list.request_url).searchParams), { PageSize: '0', To: '+1', Page: '1', Token: '***' });
	}));

	it('of a limit', () => withHook({ args: [...FAST, '--tier', 'free'] }, async (server) => {
		await Promise.all(Array.from({ length: 20 }, () => send(server)));
		const alert = await until(async () => { /* this reading is limited too */
			const { status, json } = await server.call('GET', '/monitor/v1/Alerts');
			return status === 200 && json.alerts.find((a) => a.error_code === '20429' && /Messages/.test(a.request_url));
		}, 'the alert', 10000);
		assert.equal(alert.log_level, 'warning');
		assert.match(alert.alert_text, /Limit 'send' of AC/);
	}));

	it('of something deprecated, a notice', () => withHook({}, async (server) => {
		for (let i = 0; i < 3; i++)
			await server.account('POST', 'Applications', { form: { SmsStatusCallback: 'https://example.com/s' } });
		const alert = await one(server, 20416);
		assert.equal(alert.log_level, 'notice');
		assert.match(alert.alert_text, /CreateApplication\.SmsStatusCallback is deprecated since 2026-11-21: use /);
		assert.equal((await alerts(server, 20416)).length, 1, 'once a stage');
	}));

	it('by the official client, filtered and in pages', () => withHook({}, async (server) => {
		const client = byPrefix(server);
		for (const to of ['1', '12'])
			await send(server, { To: to });
		await send(server, { Body: '' });
		await send(server, { To: '+15005550029' });
		await until(async () => (await alerts(server)).length >= 3, 'alerts');
		const all = await client.monitor.v1.alerts.list({ pageSize: 1 });
		assert.ok(all.length >= 3);
		assert.ok(all.every((a) => a.dateGenerated instanceof Date && a.accountSid === server.sid));
		assert.equal((await client.monitor.v1.alerts.list({ logLevel: 'warning' })).length, 0);
		assert.equal((await client.monitor.v1.alerts.list({ logLevel: 'error' })).length, all.length);
		assert.equal((await client.monitor.v1.alerts.list({ startDate: new Date(Date.now() + 60e3) })).length, 0);
		assert.equal((await client.monitor.v1.alerts.list({ endDate: new Date(Date.now() - 60e3) })).length, 0);
		const fetched = await client.monitor.v1.alerts(all[0].sid).fetch();
		assert.equal(fetched.errorCode, all[0].errorCode);
		await assert.rejects(client.monitor.v1.alerts(`NO${'0'.repeat(32)}`).fetch(), { status: 404 });
		await assert.rejects(client.monitor.v1.alerts.list({ logLevel: 'loud' }), { status: 400 });
	}));

	it('that are alike are counted, and too many of one code share a row', () => withHook({}, async (server) => {
		for (let i = 0; i < 30; i++)
			await send(server, { To: '123' });
		await until(async () => (await alerts(server, 21211)).reduce((n, a) => n + Number(/\((\d+) times\)/.exec(a.alert_text)?.[1] ?? 1), 0) === 30, '30 counted');
		assert.ok((await alerts(server, 21211)).length <= 2, 'a row a loop');
		for (let i = 0; i < 300; i += 25)
			await Promise.all(Array.from({ length: 25 }, () => send(server, { To: '+15005550029' })));
		const times = (list) => list.reduce((n, a) => n + Number(/\((\d+) times\)/.exec(a.alert_text)?.[1] ?? 1), 0);
		await until(async () => times(await alerts(server, 30008)) === 300, '300 counted', 15000);
		const rows = (await alerts(server, 30008)).length;
		assert.ok(rows >= 100 && rows <= 2 * 101, `${rows} rows`);
	}));

	it('go after --alert-days', () => withHook({ args: [...CLOCK, '--alert-days', '2'] }, async (server) => {
		await send(server, { To: '123' });
		await one(server, 21211);
		await advance(server, 86400);
		assert.equal((await alerts(server, 21211)).length, 1);
		await advance(server, 86400 + 600);
		assert.equal((await alerts(server, 21211)).length, 0);
		await advance(server, 86400);
		assert.deepEqual((await server.call('GET', '/v1/errors/top?window_s=2592000')).json.errors.filter((e) => e.code === 21211), []);
	}));

	it('of another account are not seen', () => withHook({}, async (server) => {
		const { json: sub } = await server.call('POST', '/2010-04-01/Accounts.json', { form: { FriendlyName: 's' } });
		const auth = `${sub.sid}:${sub.auth_token}`;
		await server.call('POST', `/2010-04-01/Accounts/${sub.sid}/Messages.json`, { auth, form: { To: '1', From: FROM, Body: 'x' } });
		const alert = await until(async () => (await alerts(server, 21211, auth))[0], 'the alert');
		assert.equal((await alerts(server, 21211)).length, 0);
		assert.equal((await server.call('GET', `/monitor/v1/Alerts/${alert.sid}`)).status, 404);
	}));
});

const ALARM = { friendlyName: 'too many', queryType: 'ALL', triggerValue: 3, timeWindow: 'FIVE_MINS', description: 'd', enabled: true };
describe('alarms', () => {
	const create = (server, json) => server.call('POST', '/monitor/v2/Alarms', { json: { ...ALARM, ...json } });
	const fired = async (server) => (await server.call('GET', '/v1/events?type=alarm.triggered&limit=1000')).json.data;

	it('are made, read, changed, switched and deleted', () => withHook({}, async (server) => {
		const { status, json: { sid } } = await create(server, { queryType: 'ERROR_CODE', query: '11200, 30008', webhook: 'https://example.com/a', consoleIndicator: true });
		assert.equal(status, 201);
		const at = `/monitor/v2/Alarms/${sid}`;
		const { json: made } = await server.call('GET', at);
		assert.deepEqual({ ...made, dateCreated: 0, dateUpdated: 0 }, { ...ALARM, queryType: 'ERROR_CODE', query: '11200, 30008', email: [], webhook: 'https://example.com/a',
			consoleIndicator: true, product: 'debugger', alertConfigSid: sid, dateCreated: 0, dateUpdated: 0 });
		assert.equal((await server.call('PUT', at, { json: { ...ALARM, queryType: 'LOG_LEVEL', query: 'warning', timeWindow: 'ONE_DAY' } })).json.sid, sid);
		assert.equal((await server.call('PUT', `${at}/status`, { json: { enabled: false } })).status, 204);
		const { json: changed } = await server.call('GET', at);
		assert.deepEqual([changed.queryType, changed.query, changed.timeWindow, changed.enabled, changed.webhook], ['LOG_LEVEL', 'warning', 'ONE_DAY', false, '']);
		await create(server, {});
		const { json: { alarms, meta } } = await server.call('GET', '/monitor/v2/Alarms?PageSize=1&SortOrder=asc');
		assert.equal(alarms[0].alertConfigSid, sid);
		assert.equal((await (await fetch(meta.next_page_url, { headers: { authorization: `Basic ${btoa(`${server.sid}:${server.token}`)}` } })).json()).alarms.length, 1);
		assert.equal((await server.call('DELETE', at)).status, 204);
		for (const [method, json] of [['GET'], ['DELETE'], ['PUT', ALARM]])
			assert.equal((await server.call(method, at, { json })).status, 404);
		assert.equal((await server.call('PUT', `${at}/status`, { json: { enabled: true } })).status, 404);
	}));

	it('that cannot be are refused, with what is wrong', () => withHook({}, async (server) => {
		for (const [json, why] of [
			[{ queryType: 'ERROR_CODE' }, /'query' must be an error code/], [{ queryType: 'ERROR_CODE', query: '11200,x' }, /'query' must be an error code/],
			[{ queryType: 'LOG_LEVEL', query: 'loud' }, /'query' must be error, warning/], [{ query: '1' }, /left out/],
			[{ email: ['a@example.com'] }, /no carrier for mail/], [{ timeWindow: 'A_WHILE' }, /timeWindow/], [{ triggerValue: 0 }, /triggerValue/],
			[{ webhook: 'ftp://x' }, /webhook/], [{ enabled: undefined }, /[Ee]nabled/],
		]) {
			const { status, json: { code, message } } = await create(server, json);
			assert.deepEqual([status, code], [400, 20001]);
			assert.match(message, why);
		}
	}));

	it('fire once a window, with a signed POST of JSON', () => withHook({ args: CLOCK }, async (server, hook) => {
		const { json: { sid } } = await create(server, { webhook: `${hook.url}/alarm`, queryType: 'ERROR_CODE', query: '21211', triggerValue: 3 });
		const fail = async (n) => {
			for (let i = 0; i < n; i++)
				await send(server, { To: '1' });
			await until(async () => (await server.call('GET', '/v1/errors/top')).json.errors.find((e) => e.code === 21211)?.count >= n, 'counted');
			await advance(server, 3);
		};
		await fail(2);
		await send(server, { Body: '' });
		assert.equal((await fired(server)).length, 0);
		await fail(1);
		await until(async () => (await fired(server)).length === 1, 'the alarm', 15000);
		const told = await hook.waitFor((r) => r.path === '/alarm');
		const body = JSON.parse(told.body);
		assert.deepEqual([body.alertConfigSid, body.count, body.query, body.timeWindow], [sid, 3, '21211', 'FIVE_MINS']);
		assert.equal(told.headers['content-type'], 'application/json');
		assert.equal(told.valid, true);
		assert.ok(twilio.validateRequestWithBody(server.token, told.headers['x-twilio-signature'], `${hook.url}/alarm?bodySHA256=${told.query.bodySHA256}`, told.body));
		await fail(5);
		await advance(server, 10);
		assert.equal((await fired(server)).length, 1, 'once a window');
		await advance(server, 400);
		await fail(9);
		await until(async () => (await fired(server)).length === 2, 'the next window', 15000);
		await until(() => hook.requests.length === 2, 'its request'); // which leaves when the event is stored
		await server.call('PUT', `/monitor/v2/Alarms/${sid}/status`, { json: { enabled: false } });
		await advance(server, 400);
		await fail(14);
		await advance(server, 10);
		assert.equal((await fired(server)).length, 2, 'switched off');
		assert.equal(hook.requests.length, 2);
	}));
});

describe('GET /v1/errors', () => it('explains every error, and one', () => withServer({}, async (server) => {
	const { data, next_cursor } = (await server.call('GET', '/v1/errors')).json;
	assert.equal(next_cursor, null);
	assert.ok(data.length > 100);
	assert.equal(new Set(data.map((error) => error.code)).size, data.length);
	const one = await server.call('GET', '/v1/errors/21211');
	assert.deepEqual(one.json, data.find((error) => error.code === 21211));
	assert.equal(one.json.status, 400);
	assert.match(one.json.action, /\+/);
	assert.equal((await fetch(one.json.more_info)).status, 200);
	assert.equal((await server.call('GET', '/v1/errors/99')).json.code, 20404);
	assert.equal((await server.call('GET', '/v1/errors/x')).json.code, 20404);
})));

describe('GET /v1/errors/top', () => {
	const top = async (server, query = '', auth) => (await server.call('GET', `/v1/errors/top${query}`, { auth })).json;

	it('groups by code, endpoint and SDK', () => withHook({}, async (server) => {
		const client = byPrefix(server);
		for (let i = 0; i < 3; i++)
			await assert.rejects(client.messages.create({ to: '1', from: FROM, body: 'x' }));
		await server.call('POST', `/2010-04-01/Accounts/${server.sid}/Messages.json`, { form: { To: '1', From: FROM, Body: 'x' }, headers: { 'user-agent': 'twilio-ruby/7.1 (x)' } });
		await server.account('GET', `Messages/SM${'0'.repeat(32)}`);
		const errors = await until(async () => {
			const { errors } = await top(server);
			return errors.reduce((n, e) => n + e.count, 0) === 5 && errors;
		}, 'five');
		const [first] = errors;
		assert.deepEqual([first.code, first.status, first.method, first.path, first.count, first.accounts], [21211, 400, 'POST', '/2010-04-01/Accounts/{AccountSid}/Messages.json', 3, 1]);
		assert.match(first.sdk, /^twilio-node\/\d+\.\d+/);
		assert.equal((await fetch(first.more_info)).status, 200);
		assert.ok(Date.parse(first.date_first_seen) <= Date.parse(first.date_last_seen));
		assert.ok(errors.some((e) => e.sdk === 'twilio-ruby/7.1' && e.count === 1));
		assert.ok(errors.some((e) => e.code === 20404 && e.path.endsWith('/Messages/{Sid}.json')));
		assert.equal((await top(server, '?limit=1')).errors.length, 1);
		assert.equal((await server.call('GET', '/v1/errors/top?window_s=5')).status, 400);
	}));

	it('of all accounts for the operator, also of strangers', () => withHook({}, async (server) => {
		const { json: foreign } = await server.call('POST', '/v1/accounts', { json: { friendly_name: 'foreign' } });
		const auth = `${foreign.sid}:${foreign.auth_token}`;
		await server.call('POST', `/2010-04-01/Accounts/${foreign.sid}/Messages.json`, { auth, form: { To: '1', From: FROM, Body: 'x' } });
		await server.call('GET', '/v1/account', { auth: `${server.sid}:wrong` });
		const errors = await until(async () => {
			const { errors } = await top(server, '?all=true');
			return errors.some((e) => e.code === 21211) && errors.some((e) => e.code === 20003) && errors;
		}, 'both');
		assert.ok(errors.every((e) => e.accounts >= 1));
		assert.ok(!(await top(server)).errors.some((e) => e.code === 21211));
		assert.ok((await top(server, '', auth)).errors.some((e) => e.code === 21211));
		assert.equal((await server.call('GET', '/v1/errors/top?all=true', { auth })).status, 403);
	}));

	it('is bounded: too many kinds share a row', () => withHook({}, async (server) => {
		for (let i = 0; i < 500; i += 50)
			await Promise.all(Array.from({ length: 50 }, (_, k) => server.account('POST', 'Messages', { form: { To: '1', From: FROM, Body: 'x' },
				headers: { 'user-agent': `sdk-${i + k}/1` } })));
		const all = await until(async () => {
			const { errors } = await top(server, '?limit=100');
			return errors[0]?.sdk === null && errors[0].count + 400 >= 500 && errors;
		}, 'the rest');
		assert.deepEqual([all[0].path, all[0].method, all[0].code], [null, null, 21211]);
	}));
});

describe('the first good request', () => {
	it('of an account is written down once, and the operator sees how long they take', () => withHook({ args: CLOCK }, async (server) => {
		const { json: made } = await server.call('POST', '/v1/accounts', { json: { friendly_name: 'new' } });
		const auth = `${made.sid}:${made.auth_token}`, of = async () => (await server.call('GET', `/v1/accounts/${made.sid}`)).json;
		assert.deepEqual([(await of()).date_first_call, (await of()).time_to_first_call_s], [null, null]);
		await advance(server, 100);
		await server.call('GET', `/2010-04-01/Accounts/${made.sid}/Messages/SM0.json`, { auth });
		await server.call('GET', '/v1/account', { auth: `${made.sid}:wrong` });
		await advance(server, 100);
		assert.equal((await of()).date_first_call, null, 'neither a refusal nor a stranger counts');
		await server.call('GET', '/v1/account', { auth });
		const seen = await until(async () => (await of()).date_first_call && of(), 'the first call');
		assert.ok(seen.time_to_first_call_s >= 200 && seen.time_to_first_call_s < 230, JSON.stringify(seen));
		await advance(server, 50);
		await server.call('GET', '/v1/account', { auth });
		assert.equal((await of()).date_first_call, seen.date_first_call);
		const { json: { data } } = await server.call('GET', '/v1/events?type=account.first_call', { auth });
		assert.deepEqual(data.map((e) => [e.sid, e.data.time_to_first_call_s]), [[made.sid, seen.time_to_first_call_s]]);
		const { json: all } = await server.call('GET', '/v1/onboarding');
		assert.deepEqual([all.accounts, all.called], [2, 2]);
		assert.ok(all.p50_s < 60 && all.p90_s === seen.time_to_first_call_s, JSON.stringify(all));
		assert.equal((await server.call('GET', '/v1/onboarding', { auth })).status, 403);
	}));
});
