// Status callbacks: what is told, signed how, tried how often; and that a slow customer delays nobody.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, describe, it } from 'node:test';
import { Receiver } from '../peers/receiver.mjs';
import { capture } from '../sdk/capture.mjs';
import { CLOCK, FAST, withHook } from './lib/hook.mjs';
import { root, Server, until } from './lib/server.mjs';
import { twilio } from './lib/sdk.mjs';

const { Webhook } = createRequire(`${root}/tests/package.json`)('standardwebhooks');
const FROM = '+15005550006', TO = '+15005550010';
const SLOW = ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=40'];

async function send(server, form) {
	const { status, json, text } = await server.account('POST', 'Messages', { form: { To: TO, From: FROM, Body: 'x', ...form } });
	assert.equal(status, 201, text);
	return json.sid;
}

async function faults(server, sid) {
	const { json } = await server.call('GET', `/v1/events?sid=${sid}&limit=1000`);
	return json.data.filter((e) => e.type.startsWith('webhook.'));
}

const statuses = (hook, sid) => hook.requests.filter((r) => r.params.MessageSid === sid).map((r) => r.params.MessageStatus);

describe('what is told', () => {
	it('sent and delivered, in order, with every parameter', () => withHook({}, async (server, hook) => {
		const sid = await send(server, { StatusCallback: `${hook.url}/status` });
		const last = await hook.waitFor((r) => r.params.MessageStatus === 'delivered');
		assert.deepEqual(statuses(hook, sid), ['sent', 'delivered']);
		const { RawDlrDoneDate, ...params } = last.params;
		assert.deepEqual(params, { MessageSid: sid, SmsSid: sid, MessageStatus: 'delivered', SmsStatus: 'delivered', AccountSid: server.sid,
			From: FROM, To: TO, ApiVersion: '2010-04-01' });
		assert.equal(last.headers['user-agent'], 'TwilioProxy/1.1');
		assert.match(last.headers['x-strowger-event-time'], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
		assert.ok(hook.requests.every((r) => r.valid && r.method === 'POST'));
		assert.equal(new Set(hook.requests.map((r) => r.token)).size, 2);
	}));

	it('what failed, with its code', () => withHook({}, async (server, hook) => {
		const undelivered = await send(server, { To: '+15005550025', StatusCallback: `${hook.url}/status` });
		const failed = await send(server, { To: '+15005550029', StatusCallback: `${hook.url}/status` });
		const a = await hook.waitFor((r) => r.params.MessageStatus === 'undelivered');
		const b = await hook.waitFor((r) => r.params.MessageStatus === 'failed');
		assert.deepEqual([a.params.MessageSid, a.params.ErrorCode], [undelivered, '30005']);
		assert.deepEqual([b.params.MessageSid, b.params.ErrorCode], [failed, '30008']);
	}));

	it('queued only when it was scheduled before; canceled', () => withHook({ args: CLOCK }, async (server, hook) => {
		const later = new Date(Date.now() + 3600e3).toISOString();
		const schedule = async () => (await server.call('POST', '/v1/messages', { json: { to: TO, from: FROM, body: 'later', send_at: later,
			status_callback: `${hook.url}/status` } })).json.sid;
		const [sent, canceled] = [await schedule(), await schedule()];
		await server.account('POST', `Messages/${canceled}`, { form: { Status: 'canceled' } });
		await hook.waitFor((r) => r.params.MessageStatus === 'canceled');
		await server.call('POST', '/v1/clock', { json: { advance_s: 3601 } });
		await hook.waitFor((r) => r.params.MessageStatus === 'delivered');
		assert.deepEqual(statuses(hook, sent), ['queued', 'sent', 'delivered']);
		assert.deepEqual(statuses(hook, canceled), ['canceled']);
	}));

	it('to the application\'s URL, which wins', () => withHook({}, async (server, hook) => {
		const { json } = await server.account('POST', 'Applications', { form: { FriendlyName: 'a', MessageStatusCallback: `${hook.url}/app?"q"` } });
		await send(server, { ApplicationSid: json.sid, StatusCallback: `${hook.url}/own` });
		const seen = await hook.waitFor((r) => r.params.MessageStatus === 'delivered');
		assert.equal(seen.path, '/app');
		assert.equal(seen.valid, true);
		assert.ok(hook.requests.every((r) => r.path === '/app'));
	}));
});

describe('signatures over a corpus of URLs', () => {
	let captured;
	before(async () => (captured = await capture()));

	it('are accepted by the official SDK', () => {
		assert.ok(captured.length >= 50);
		for (const c of captured) {
			assert.ok(twilio.validateRequest(c.token, c.signature, c.called, c.params), `${c.method} ${c.called}`);
			assert.ok(!twilio.validateRequest(c.token, c.signature, `${c.called}x`, c.params));
			assert.ok(!twilio.validateRequest(`${c.token}x`, c.signature, c.called, c.params));
			if (c.method === 'POST') /* also over the URL as it was set */
				assert.ok(twilio.validateRequest(c.token, c.signature, c.url, c.params), `as set: ${c.url}`);
		}
	});

	it('and by the library of Standard Webhooks', () => {
		for (const c of captured) {
			const webhook = new Webhook(c.token, { format: 'raw' });
			webhook.verify(c.body, c.headers, { jsonParse: false });
			assert.throws(() => webhook.verify(`${c.body}x`, c.headers));
		}
	});

	it('a user and password in the URL become Basic credentials', () => {
		for (const c of captured) {
			const [kind, text] = c.authorization.split(' ');
			const want = c.user && (c.user.includes(':') ? c.user : `${c.user}:`);
			assert.equal(kind ? Buffer.from(text, 'base64').toString() : '', want);
			assert.ok(!new URL(c.called).username);
		}
		assert.ok(new Set(captured.map((c) => c.user)).size === 4);
	});

	it('the URL goes out as it was set', () => {
		for (const c of captured.filter((one) => /^[\x20-\x7e]*$/.test(one.url)))
			assert.ok(c.method === 'POST' ? c.called === c.url : c.called.startsWith(c.url), `${c.url} became ${c.called}`);
	});
});

describe('an answer that is no 2xx', () => {
	it('is asked for again on the schedule, under the same token, and given up in the end', () =>
		withHook({ args: CLOCK, status: 500 }, async (server, hook) => {
			const sid = await send(server, { StatusCallback: `${hook.url}/status?secret=1` });
			const mine = () => hook.requests.filter((r) => r.params.MessageStatus === 'sent');
			await until(async () => (await faults(server, sid)).length === 2, 'both have failed');
			const [first] = await faults(server, sid);
			assert.equal(first.type, 'webhook.failed');
			const { next_attempt, ...data } = first.data;
			assert.deepEqual(data, { error_code: 11200, message: 'The URL could not be fetched.', what_to_do: data.what_to_do,
				why: 'the answer was status 500', method: 'POST', token: hook.requests[0].token, url: `${hook.url}/status`, status: 500, attempt: 1 });
			const wait_s = (Date.parse(next_attempt) - Date.parse(first.time)) / 1000;
			assert.ok(wait_s >= 3.99 && wait_s <= 6.01, `${wait_s} s`);
			let n = 1;
			for (const step_s of [5, 30, 120, 600, 1800, 7200, 18000, 43200]) {
				assert.equal(mine().length, n++);
				await server.call('POST', '/v1/clock', { json: { advance_s: Math.ceil(step_s * 1.2) } });
			}
			await until(async () => (await faults(server, sid)).filter((e) => e.type === 'webhook.abandoned').length === 2, 'giving up');
			await server.call('POST', '/v1/clock', { json: { advance_s: 7 * 86400 } });
			assert.equal(mine().length, 9);
			assert.equal(new Set(mine().map((r) => r.token)).size, 1);
			assert.ok(hook.requests.every((r) => r.valid));
			assert.equal((await faults(server, sid)).length, 4);
		}));

	it('waits as long as Retry-After says, and 410 ends it at once', () =>
		withHook({ args: CLOCK }, async (server, hook) => {
			hook.on('/later', { status: 503, headers: { 'retry-after': '1000' } }, 2).on('/gone', { status: 410 });
			const later = await send(server, { StatusCallback: `${hook.url}/later` });
			const gone = await send(server, { StatusCallback: `${hook.url}/gone` });
			await until(async () => (await faults(server, later)).length === 2 && (await faults(server, gone)).length === 2, 'failures');
			assert.deepEqual((await faults(server, gone)).map((e) => [e.type, e.data.error_code]), [['webhook.abandoned', 11200], ['webhook.abandoned', 70101]]);
			await server.call('POST', '/v1/clock', { json: { advance_s: 990 } });
			assert.equal(hook.requests.length, 3);
			await server.call('POST', '/v1/clock', { json: { advance_s: 11 } });
			await until(() => hook.requests.length === 5, 'both again');
			assert.deepEqual(statuses(hook, later).sort(), ['delivered', 'delivered', 'sent', 'sent']);
			assert.equal((await faults(server, later)).length, 2);
		}));

	it('a later callback does not wait for an earlier one that is tried again', () =>
		withHook({ args: CLOCK }, async (server, hook) => {
			hook.on('/status', (r) => ({ status: r.params.MessageStatus === 'sent' ? 500 : 200 }));
			const sid = await send(server, { StatusCallback: `${hook.url}/status` });
			await hook.waitFor((r) => r.params.MessageStatus === 'delivered');
			assert.deepEqual(statuses(hook, sid), ['sent', 'delivered']);
		}));
});

const failures = [
	['a redirection', { behave: 'redirect' }, 11215], ['a reset', { behave: 'reset' }, 11205], ['garbage', { behave: 'garbage' }, 11206],
	['an answer cut short', { behave: 'short' }, 11206], ['ten megabytes', { behave: 'huge' }, 11750],
	['a host that hangs', { behave: 'hang', hash: '#tt=300' }, 11203], ['a host that drips', { behave: 'drip', every_ms: 20, hash: '#tt=300' }, 11203],
	['silence between bytes', { behave: 'drip', every_ms: 5000, hash: '#rt=200' }, 11203], ['a wrong certificate', { tls: true }, 11237],
	['a bad override', { hash: '#ct=1' }, 11243],
];
describe('failures', () => {
	for (const [what, { hash = '', ...options }, code] of failures)
		it(`${what}: ${code}`, () => withHook(options, async (server, hook) => {
			const sid = await send(server, { StatusCallback: `${hook.url}/status${hash}` });
			const [fault] = await until(async () => (await faults(server, sid)).length && faults(server, sid), 'the event');
			assert.deepEqual([fault.type, fault.data.error_code, fault.data.url], ['webhook.failed', code, `${hook.url}/status`]);
			assert.ok(fault.data.next_attempt);
		}));

	it('this machine is not asked by a server that others reach', async () => {
		for (const [args, count] of [[FAST, 0], [[...FAST, '--allow-private', 'true'], 2]])
			await withHook({ args, listen: '0.0.0.0:0' }, async (server, hook) => {
				const sid = await send(server, { StatusCallback: hook.url });
				if (!count)
					assert.match((await until(async () => (await faults(server, sid))[0], 'a fault')).data.why, /private, local or reserved/);
				else
					await hook.waitFor((r) => r.params.MessageStatus === 'delivered');
				assert.equal(hook.requests.length, count);
			});
	});

	it('connection overrides decide what is tried again at once', () => withHook({ status: 503 }, async (server, hook) => {
		const sid = await send(server, { StatusCallback: `${hook.url}/often#rc=3&rp=5xx,ct` });
		await until(async () => (await faults(server, sid)).length === 2, 'both have failed');
		assert.deepEqual(statuses(hook, sid).sort(), [...Array(4).fill('delivered'), ...Array(4).fill('sent')]);
		assert.equal(new Set(hook.requests.map((r) => r.token)).size, 2);
		assert.ok(hook.requests.every((r) => r.valid));
		const other = await send(server, { StatusCallback: `${hook.url}/once#rc=3&rp=4xx` });
		await until(async () => (await faults(server, other)).length === 2, 'both have failed');
		assert.equal(statuses(hook, other).length, 2);
	}));
});

it('after a crash what was outstanding is sent again under the same tokens', async () => {
	const hook = await Receiver.start({ behave: 'hang' });
	const server = await Server.start({ args: FAST });
	try {
		const sids = [];
		for (let i = 0; i < 10; i++)
			sids.push(await send(server, { StatusCallback: `${hook.url}/status` }));
		const name = (r) => `${r.params.MessageSid} ${r.params.MessageStatus}`;
		await until(() => hook.requests.length >= 10, 'the first of each message under way');
		/* A receipt of the simulated carrier that was not stored is lost with the process. */
		for (const sid of sids)
			await until(async () => (await server.account('GET', `Messages/${sid}`)).json.status === 'delivered', 'the receipt');
		const before = hook.requests.map((r) => [name(r), r.token]);
		await server.kill();
		hook.options.behave = 'answer';
		await server.restart();
		await until(() => hook.requests.length >= before.length + 20, 'all of them', 10000);
		const again = new Map(hook.requests.slice(before.length).map((r) => [name(r), r.token]));
		assert.deepEqual([...again.keys()].sort(), sids.flatMap((sid) => [`${sid} delivered`, `${sid} sent`]).sort());
		for (const [what, token] of before)
			assert.equal(again.get(what), token);
		await until(async () => /strowger_webhook_answered_total 20\b/.test((await server.call('GET', '/metrics', { auth: null })).text), 'all answered');
	} finally {
		await server.stop();
		await hook.stop();
	}
});

it('one that hangs delays nobody: the others hear in order, at once', () => withHook({ args: SLOW }, async (server, hook) => {
	const stuck = await Receiver.start({ behave: 'hang' });
	try {
		const N = 120, good = [];
		for (let i = 0; i < N; i += 20)
			good.push(...await Promise.all(Array.from({ length: 20 }, async (_, k) => {
				if (k % 2)
					await send(server, { StatusCallback: `${stuck.url}/status` });
				return send(server, { StatusCallback: `${hook.url}/status` });
			})));
		await until(() => hook.requests.length >= 2 * N, 'every callback to the other', 10000);
		for (const sid of good)
			assert.deepEqual(statuses(hook, sid), ['sent', 'delivered']);
		assert.ok(stuck.requests.length <= 32, `${stuck.requests.length} at once to the one that hangs`);
		await until(async () => {
			const { text } = await server.call('GET', '/metrics', { auth: null });
			return Number(/^strowger_callback_deferred_total (\d+)/m.exec(text)[1]) > 0;
		}, 'callbacks put off, which waited for a place in vain', 10000);
	} finally {
		await stuck.stop();
	}
}));
