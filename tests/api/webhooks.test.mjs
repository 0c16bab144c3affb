// What customers see of requests to their URLs: the log of attempts, health of endpoints, dead letters, replays.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Receiver } from '../peers/receiver.mjs';
import { Server, until, withServer } from './lib/server.mjs';

const FROM = '+15005550006', TO = '+15005550010';
const FAST = ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1'];
const CLOCK = [...FAST, '--virtual-clock', 'true'];

async function send(server, form) {
	const { status, json, text } = await server.account('POST', 'Messages', { form: { To: TO, From: FROM, Body: 'x', ...form } });
	assert.equal(status, 201, text);
	return json.sid;
}

async function withHook({ args = FAST, store = 'sqlite::memory:', ...options }, work) {
	const hook = await Receiver.start(options);
	try {
		await withServer({ args, store }, (server) => {
			hook.options.token = server.token;
			return work(server, hook);
		});
	} finally {
		await hook.stop();
	}
}

const get = async (server, path) => {
	const { status, json, text } = await server.call('GET', `/v1/webhooks/${path}`);
	assert.equal(status, 200, text);
	return json;
};

const advance = (server, advance_s) => server.call('POST', '/v1/clock', { json: { advance_s } });

async function events(server, prefix) {
	const { json } = await server.call('GET', '/v1/events?limit=1000');
	return json.data.filter((e) => e.type.startsWith(prefix));
}

/** Every row of a list, through all its pages. */
async function all(server, path) {
	const rows = [];
	for (let cursor = ''; cursor !== null;) {
		const page = await get(server, `${path}${path.includes('?') ? '&' : '?'}cursor=${cursor}`.replace(/[?&]cursor=$/, ''));
		rows.push(...page.data);
		cursor = page.next_cursor;
	}
	return rows;
}

/** The attempts, once there are n of them: they are written a moment after the answer. */
const attempts = (server, n, filter = '') => until(async () => {
	const rows = await all(server, `attempts${filter}`);
	return rows.length >= n && rows;
}, `${n} attempts`);

describe('attempts', () => {
	it('are listed newest first and shown whole', () => withHook({ type: 'json', body: '{"fine":1}', headers: { 'x-seen': 'yes' } }, async (server, hook) => {
		const url = hook.url.replace('//', '//ann:secret@');
		const sid = await send(server, { StatusCallback: `${url}/status?a=1#rc=2` });
		const rows = await attempts(server, 2);
		assert.deepEqual(rows.map((r) => [r.sid, r.result, r.status, r.attempt, r.repetition, r.lane, r.url, r.method, r.error_code, r.date_next_attempt]),
			Array(2).fill([sid, 'delivered', 200, 1, 1, 'callback', `${hook.url}/status?a=1`, 'POST', null, null]));
		assert.ok(rows[0].date_started >= rows[1].date_started && rows[0].date_event <= rows[0].date_started);
		assert.deepEqual(rows.map((r) => r.token).sort(), hook.requests.map((r) => r.token).sort());
		const [whole, asked] = [await get(server, `attempts/${rows[1].id}`), hook.requests[0]];
		assert.equal(whole.request_body, asked.body);
		assert.equal(whole.request_body_bytes, asked.body.length);
		assert.deepEqual([whole.response_body, whole.response_body_bytes], ['{"fine":1}', 10]);
		assert.equal(whole.response_headers['x-seen'], 'yes');
		assert.equal(whole.request_headers['X-Twilio-Signature'], asked.headers['x-twilio-signature']);
		assert.equal(whole.request_headers['webhook-signature'], asked.headers['webhook-signature']);
		assert.equal(whole.request_headers.Authorization, '***');
		assert.ok(!JSON.stringify([rows, whole]).includes('secret') && !JSON.stringify(whole).includes(Buffer.from('ann:secret').toString('base64')));
		assert.ok(whole.total_us >= whole.first_byte_us && whole.first_byte_us > 0 && whole.queued_us >= 0);
		assert.deepEqual([whole.peer, whole.tls_us, whole.connection_reused], ['127.0.0.1', null, false]);
	}));

	it('that failed say why, and when they are tried again', () => withHook({ args: CLOCK }, async (server, hook) => {
		hook.on('/status', { status: 503, type: 'text', body: '\xff busy' }).on('/hang', { behave: 'hang' });
		const sid = await send(server, { StatusCallback: `${hook.url}/status#rc=1&rp=5xx` });
		const rows = await attempts(server, 4, `?sid=${sid}`);
		assert.deepEqual(rows.map((r) => [r.result, r.status, r.error_code, r.error, r.why, r.attempt]),
			Array(4).fill(['failed', 503, 11200, null, 'the answer was status 503', 1]));
		assert.deepEqual(rows.map((r) => r.repetition).sort(), [1, 1, 2, 2]);
		const later = rows.filter((r) => Date.parse(r.date_next_attempt) - Date.parse(r.date_started) > 3000);
		assert.deepEqual(later.map((r) => r.repetition), [2, 2]);
		await send(server, { StatusCallback: `${hook.url}/hang#tt=100` });
		const [hung] = await attempts(server, 2, '?status_class=none');
		assert.deepEqual([hung.status, hung.error, hung.error_code], [null, 'timeout', 11203]);
		const whole = await get(server, `attempts/${hung.id}`);
		assert.deepEqual([whole.response_headers, whole.response_body, whole.response_body_bytes], [null, null, null]);
	}));

	it('can be chosen', () => withHook({}, async (server, hook) => {
		hook.on('/bad', { status: 404 });
		const before = new Date(Date.now() - 60000).toISOString();
		const good = await send(server, { StatusCallback: `${hook.url}/good` }), bad = await send(server, { StatusCallback: `${hook.url}/bad` });
		await attempts(server, 4);
		const count = async (filter) => (await all(server, `attempts?${filter}`)).length;
		assert.equal(await count(`sid=${good}`), 2);
		assert.equal(await count('result=failed'), 2);
		assert.equal(await count('result=delivered&status_class=4xx'), 0);
		assert.equal(await count('status_class=4xx'), 2);
		assert.equal(await count(`url=${encodeURIComponent(`${hook.url}/ba`)}`), 2);
		assert.equal(await count(`since=${before}`), 4);
		assert.equal(await count(`until=${before}`), 0);
		assert.equal(await count(`sid=${bad}&limit=1`), 2);
		for (const filter of ['result=odd', 'sid=1', 'status_class=2', 'since=now', 'cursor=x', 'odd=1'])
			assert.equal((await server.call('GET', `/v1/webhooks/attempts?${filter}`)).json.code, 20001, filter);
		assert.equal((await server.call('GET', `/v1/webhooks/attempts/HA${'0'.repeat(32)}`)).status, 404);
	}));

	it('stay over a restart, and are not kept when nobody wants them', async () => {
		const hook = await Receiver.start();
		const server = await Server.start({ args: FAST });
		try {
			await send(server, { StatusCallback: hook.url });
			const rows = await attempts(server, 2);
			await server.kill();
			await server.restart();
			assert.deepEqual(await all(server, 'attempts'), rows);
			await server.child.kill('SIGTERM');
			await server.ended;
			server.options.args = [...FAST, '--attempts-bytes', '0'];
			await server.restart();
			await send(server, { StatusCallback: hook.url });
			await until(() => hook.requests.length === 4, 'callbacks');
			assert.deepEqual(await all(server, 'attempts'), []);
		} finally {
			await server.stop();
			await hook.stop();
		}
	});
});
