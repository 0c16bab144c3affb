// What customers see of requests to their URLs: the log of attempts, health of endpoints, dead letters, replays.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Receiver } from '../peers/receiver.mjs';
import { CLOCK, FAST, withHook } from './lib/hook.mjs';
import { Server, until } from './lib/server.mjs';
import { Stream } from './lib/sse.mjs';

const FROM = '+15005550006', TO = '+15005550010';

async function send(server, form) {
	const { status, json, text } = await server.account('POST', 'Messages', { form: { To: TO, From: FROM, Body: 'x', ...form } });
	assert.equal(status, 201, text);
	return json.sid;
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

	it('are followed as they are made, through a filter, and from any of them', () => withHook({}, async (server, hook) => {
		hook.on('/bad', { status: 404 });
		const opened = [], STREAM = '/v1/webhooks/attempts/stream';
		const open = async (query = '', headers = {}) => {
			const stream = await Stream.open(server, `${STREAM}${query}`, { headers });
			assert.equal(stream.status, 200);
			opened.push(stream);
			return stream;
		};
		try {
			await send(server, { StatusCallback: `${hook.url}/before` });
			const known = await attempts(server, 2);
			const [fresh, failed] = [await open(), await open('?result=failed')];
			const bad = await send(server, { StatusCallback: `${hook.url}/bad` });
			for (let i = 0; i < 20; i++)
				await send(server, { StatusCallback: `${hook.url}/good` });
			await until(() => fresh.data.length >= 42 && failed.data.length >= 2, 'the attempts since');
			assert.deepEqual(fresh.data, (await all(server, 'attempts')).slice(0, -2).reverse());
			assert.deepEqual(failed.data.map((a) => [a.sid, a.status]), Array(2).fill([bad, 404]));
			assert.deepEqual(fresh.events.map((e) => e.id), fresh.data.map((a) => a.id));
			/* Go on behind any of them: none is missing, none comes twice. */
			const ids = [...known].reverse().map((a) => a.id).concat(fresh.data.map((a) => a.id));
			for (const at of [0, 1, 17, 42]) {
				const again = await open('', { 'Last-Event-ID': ids[at] });
				await until(() => again.data.length >= ids.length - 1 - at, `the attempts behind ${at}`);
				assert.deepEqual(again.data.map((a) => a.id), ids.slice(at + 1));
			}
			const whole = await open(`?cursor=HA${'0'.repeat(32)}`);
			await until(() => whole.data.length >= ids.length, 'all attempts');
			assert.deepEqual(whole.data.map((a) => a.id), ids);
			/* An id of a log that was lost: what there is now is news. */
			const lost = await open(`?cursor=HA7${'f'.repeat(31)}`);
			await until(() => lost.data.length >= ids.length, 'all attempts');
			for (const filter of ['cursor=x', 'result=odd', 'since=2026-01-01T00:00:00Z'])
				assert.equal((await server.call('GET', `${STREAM}?${filter}`)).json.code, 20001, filter);
			/* A customer's attempts are his own. */
			const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: {} })).json;
			const other = await Stream.open(server, `${STREAM}?cursor=HA${'0'.repeat(32)}`, { auth: `${sub.sid}:${sub.auth_token}` });
			opened.push(other);
			const last = await send(server, { StatusCallback: `${hook.url}/good` });
			await until(() => whole.data.filter((a) => a.sid === last).length === 2, 'the last attempts');
			assert.deepEqual(other.data, []);
		} finally {
			opened.forEach((stream) => stream.close());
		}
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

const endpoint = async (server) => (await get(server, 'endpoints')).data[0];
const patch = async (server, json) => {
	const { id } = await until(() => endpoint(server), 'the endpoint');
	const reply = await server.call('PATCH', `/v1/webhooks/endpoints/${id}`, { json });
	assert.equal(reply.status, 200, reply.text);
	return reply.json;
};
const told = (hook, sid) => hook.requests.filter((r) => r.params.MessageSid === sid).map((r) => r.params.MessageStatus);

describe('the health of an endpoint', () => {
	it('its breaker opens, lets a probe through, and closes', () => withHook({ args: CLOCK, status: 500 }, async (server, hook) => {
		const url = `${hook.url}/status`;
		for (let i = 0; i < 10; i++)
			await send(server, { StatusCallback: `${url}?n=${i}` });
		const [opened] = await until(async () => (await events(server, 'webhook.endpoint_')).length && events(server, 'webhook.endpoint_'), 'the breaker opens');
		assert.equal(opened.type, 'webhook.endpoint_opened');
		assert.deepEqual([opened.data.url, opened.data.requests, opened.data.failed], [url, 20, 20]);
		const now = await endpoint(server);
		assert.deepEqual([now.id, now.url, now.breaker, now.status, now.reason, now.success_percent, now.requests, now.date_next_probe],
			[opened.sid, url, 'open', 'enabled', null, 0, 20, opened.data.next_probe]);
		assert.equal(hook.requests.length, 20);
		const late = await send(server, { StatusCallback: url });
		await advance(server, 25); // the first retries fall due, and wait
		assert.equal(hook.requests.length, 20);
		await advance(server, 15);
		assert.equal(hook.requests.length, 21); // the probe
		hook.options.status = 200;
		await advance(server, 300);
		assert.deepEqual((await events(server, 'webhook.endpoint_')).map((e) => e.type), ['webhook.endpoint_opened', 'webhook.endpoint_closed']);
		await advance(server, 300);
		assert.equal(new Set(hook.requests.map((r) => r.token)).size, 22);
		assert.deepEqual([...new Set(told(hook, late))].sort(), ['delivered', 'sent']);
		// Waiting took nobody an attempt: all are through with the second, the probe that failed with the third.
		assert.ok((await attempts(server, 43)).every((a) => a.attempt <= 3));
		const healthy = await endpoint(server);
		assert.deepEqual([healthy.breaker, healthy.date_failing_since, healthy.failures], ['closed', null, 0]);
		assert.match((await server.call('GET', '/metrics')).text, /strowger_endpoint_opened_total 1\n(.*\n)*strowger_endpoint_closed_total 1/);
	}));

	it('an endpoint that fails for days is told of, disabled, and enabled again; also over a restart', async () => {
		const hook = await Receiver.start({ status: 500 });
		const server = await Server.start({ args: CLOCK });
		try {
			const day = async (n) => {
				for (let i = 0; i < 2 * n; i++) {
					await send(server, { StatusCallback: hook.url });
					await advance(server, 43200);
				}
			};
			await day(2);
			await server.kill();
			await server.restart(); // the clock is back at today: what was remembered is two days ahead
			const { date_failing_since: since, notices } = await endpoint(server);
			assert.ok(since && notices.includes(24));
			await advance(server, 2 * 86400);
			await day(4);
			const types = (await events(server, 'webhook.endpoint_')).filter((e) => !/opened|closed/.test(e.type));
			assert.deepEqual(types.map((e) => e.type), [...Array(3).fill('webhook.endpoint_failing'), 'webhook.endpoint_disabled']);
			assert.equal(types[3].data.reason, 'failing');
			assert.ok(types[0].data.failing_for_s >= 3600 && types[1].data.failing_for_s >= 86400 && types[3].data.failing_for_s >= 5 * 86400);
			hook.options.status = 200;
			await server.kill();
			await server.restart();
			const before = hook.requests.length, sid = await send(server, { StatusCallback: hook.url });
			const given_up = () => events(server, 'webhook.abandoned').then((list) => list.filter((e) => e.sid === sid));
			await until(async () => (await given_up()).length === 2, 'giving up');
			assert.deepEqual((await given_up()).map((e) => [e.data.error_code, e.data.url]), Array(2).fill([70101, `${hook.url}/`]));
			assert.equal(hook.requests.length, before);
			const now = await endpoint(server);
			assert.deepEqual([now.status, now.reason, now.notices], ['disabled', 'failing', [1, 24, 72]]);
			assert.deepEqual(await patch(server, { status: 'enabled' }), { ...now, status: 'enabled', reason: null, notices: [], date_failing_since: null, failures: 0 });
			await send(server, { StatusCallback: hook.url });
			await until(() => hook.requests.length === before + 2, 'callbacks');
			assert.ok((await events(server, 'webhook.endpoint_enabled')).length);
		} finally {
			await server.stop();
			await hook.stop();
		}
	});

	it('its limits are kept', () => withHook({ args: CLOCK }, async (server, hook) => {
		await send(server, { StatusCallback: hook.url });
		await until(() => hook.requests.length === 2, 'callbacks');
		assert.deepEqual(Object.values(await patch(server, { max_in_flight: 2, rate: 20 })).slice(-3), [20, 2, false]);
		let running = 0, most = 0;
		hook.on('/', () => {
			most = Math.max(most, ++running);
			setTimeout(() => running--, 20);
			return { delay_ms: 20 };
		});
		const start = Date.now();
		await Promise.all(Array.from({ length: 15 }, () => send(server, { StatusCallback: hook.url })));
		await until(async () => {
			await advance(server, 1);
			return hook.requests.length === 32;
		}, 'callbacks', 20000);
		assert.ok(most <= 2, `${most} at once`);
		assert.ok(Date.now() - start >= 450, 'a rate of 20 was not kept');
		assert.ok((await all(server, 'attempts')).every((a) => a.attempt === 1));
		assert.deepEqual(Object.values(await patch(server, { max_in_flight: 0, rate: 0, strict_order: true })).slice(-3), [null, null, true]);
		for (const json of [{ max_in_flight: 33 }, { rate: -1 }, { status: 'odd' }, { strict_order: 3 }, { url: 'x' }])
			assert.equal((await server.call('PATCH', `/v1/webhooks/endpoints/${(await endpoint(server)).id}`, { json })).status, 400);
		assert.equal((await server.call('PATCH', `/v1/webhooks/endpoints/HE${'0'.repeat(32)}`, { json: {} })).status, 404);
	}));

	it('in strict order what failed holds back what is behind it, ten minutes at most', async () => {
		const hook = await Receiver.start();
		const server = await Server.start({ args: CLOCK });
		try {
			await send(server, { StatusCallback: hook.url });
			await until(() => hook.requests.length === 2, 'callbacks');
			await patch(server, { strict_order: true });
			hook.on('/', (r) => ({ status: r.params.MessageStatus === 'sent' ? 500 : 200 }));
			const stuck = await send(server, { StatusCallback: hook.url });
			await advance(server, 7);
			assert.deepEqual(told(hook, stuck), ['sent', 'sent']);
			await server.kill();
			await server.restart();
			await advance(server, 200);
			assert.deepEqual([...new Set(told(hook, stuck))], ['sent']);
			await advance(server, 1000);
			assert.equal(told(hook, stuck).filter((s) => s === 'delivered').length, 1);
			hook.on('/', (r) => ({ status: r.params.MessageStatus === 'sent' && told(hook, r.params.MessageSid).length < 3 ? 500 : 200 }));
			const slow = await send(server, { StatusCallback: hook.url });
			await advance(server, 60);
			assert.deepEqual(told(hook, slow), ['sent', 'sent', 'sent', 'delivered']);
		} finally {
			await server.stop();
			await hook.stop();
		}
	});

	it('paths without end are one endpoint, and a page goes on where the last ended', () => withHook({}, async (server, hook) => {
		for (let i = 0; i < 230; i += 10)
			await Promise.all(Array.from({ length: 10 }, (_, k) => send(server, { StatusCallback: `${hook.url}/${i + k}` })));
		await until(() => hook.requests.length === 460, 'callbacks', 20000);
		const list = await all(server, 'endpoints?limit=30');
		assert.equal(list.length, 201);
		assert.equal(new Set(list.map((e) => e.id)).size, list.length);
		assert.ok(list.some((e) => e.url === `${hook.url}/*` && e.requests >= 20));
		assert.equal((await get(server, `endpoints/${list[7].id}`)).url, list[7].url);
		assert.ok((await attempts(server, 2, `?endpoint_id=${list[7].id}`)).every((a) => a.url === list[7].url));
	}));
});

const replay = (server, json) => server.call('POST', '/v1/webhooks/replays', { json });
const deadLetters = (server, filter = '') => all(server, `dead_letters${filter}`);
const given = (server, n) => until(async () => (await deadLetters(server)).length === n, `${n} dead letters`);
const gone = (hook) => hook.on('/gone', { status: 410 });

describe('what was given up', () => {
	it('is kept with all that there is to know, and sent again under its token', () => withHook({ args: CLOCK }, async (server, hook) => {
		gone(hook);
		const url = hook.url.replace('//', '//ann:secret@'), sid = await send(server, { StatusCallback: `${url}/gone?a=1#rc=0` });
		await given(server, 2);
		const [asked] = hook.requests, list = await deadLetters(server);
		const first = list.find((d) => d.attempts === 1), second = list.find((d) => d.attempts === 0);
		assert.deepEqual([first.sid, first.token, first.url, first.method, first.body, first.error_code, first.why, first.status],
			[sid, asked.token, `${hook.url}/gone?a=1`, 'POST', asked.body, 11200, 'the answer was status 410', 410]);
		assert.deepEqual([second.error_code, second.status, second.why], [70101, null, 'the endpoint is disabled (gone)']);
		assert.deepEqual(await get(server, `dead_letters/${first.id}`), first);
		const refused = await replay(server, { id: first.id });
		assert.deepEqual([refused.status, refused.json.code], [400, 70101]);
		await patch(server, { status: 'enabled' });
		hook.on('/gone', { status: 200 });
		const done = await replay(server, { id: first.id });
		assert.equal(done.status, 202, done.text);
		assert.deepEqual([done.json.status, done.json.total, done.json.replayed, done.json.request], ['completed', 1, 1, { id: first.id }]);
		assert.deepEqual(await get(server, `replays/${done.json.id}`), done.json);
		await until(() => hook.requests.length === 2, 'the callback');
		const again = hook.requests[1];
		assert.deepEqual([again.token, again.body, again.valid, again.url], [asked.token, asked.body, true, asked.url]);
		assert.equal(again.headers.authorization, asked.headers.authorization);
		assert.equal(again.headers['x-strowger-event-time'], asked.headers['x-strowger-event-time']);
		assert.deepEqual((await deadLetters(server)).map((d) => d.id), [second.id]);
		assert.equal((await replay(server, { id: first.id })).status, 404);
	}));

	it('can be chosen, and sent again by the same choice, so many a second', () => withHook({ args: [...CLOCK, '--replay-rate', '3'] }, async (server, hook) => {
		gone(hook).on('/away', { behave: 'reset' });
		for (let i = 1; i <= 4; i++) {
			await send(server, { StatusCallback: `${hook.url}/gone` });
			await given(server, 2 * i);
		}
		const sid = await send(server, { StatusCallback: `${hook.url}/away` });
		await advance(server, 86400);
		await given(server, 10);
		const count = async (filter) => (await deadLetters(server, `?limit=3&${filter}`)).length;
		const [{ endpoint_id: away }] = await deadLetters(server, `?sid=${sid}`);
		const middle = new Date(Date.now() + 3600e3).toISOString();
		assert.deepEqual([await count(`sid=${sid}`), await count(`endpoint_id=${away}`), await count(`url=${encodeURIComponent(`${hook.url}/gone`)}`), await count('status_class=4xx'),
			await count('status_class=none'), await count(`since=${middle}`), await count(`until=${middle}`), await count('')], [2, 2, 8, 1, 9, 2, 8, 10]);
		hook.on('/gone', {}).on('/away', {});
		const [{ endpoint_id: here }] = await deadLetters(server, '?status_class=4xx');
		assert.equal((await replay(server, { filter: { endpoint_id: here } })).json.code, 70101);
		assert.equal((await server.call('PATCH', `/v1/webhooks/endpoints/${here}`, { json: { status: 'enabled' } })).status, 200);
		const before = hook.requests.length;
		const { status, json } = await replay(server, { filter: { endpoint_id: here, until: middle, status_class: 'none' } });
		assert.deepEqual([status, json.status, json.total, json.replayed], [202, 'running', 7, 0]);
		await until(() => hook.requests.length === before + 3, 'the first three');
		assert.deepEqual([(await get(server, `replays/${json.id}`)).replayed, (await get(server, `replays/${json.id}`)).status], [3, 'running']);
		await advance(server, 1);
		await until(() => hook.requests.length === before + 6, 'three more');
		await advance(server, 1);
		await until(() => hook.requests.length === before + 7, 'the last');
		const { status: now, replayed } = await get(server, `replays/${json.id}`);
		assert.deepEqual([now, replayed, (await deadLetters(server)).length], ['completed', 7, 3]);
		assert.deepEqual((await events(server, 'webhook.replay_')).map((e) => [e.type, e.sid]), [['webhook.replay_started', json.id], ['webhook.replay_completed', json.id]]);
		assert.equal((await replay(server, { filter: { sid } })).json.total, 2);
		assert.deepEqual([(await replay(server, { filter: { sid: server.sid } })).json.status, (await replay(server, { filter: { until: middle } })).json.total], ['completed', 1]);
		for (const bad of [{}, { filter: {} }, { id: sid }, { id: `HD${'0'.repeat(32)}`, filter: { sid } }, { filter: { status_class: '9xx' } }, { filter: { odd: 1 } }])
			assert.equal((await replay(server, bad)).status, 400, JSON.stringify(bad));
		for (const id of [`HD${'0'.repeat(32)}`, `HA${'0'.repeat(32)}`])
			assert.equal((await replay(server, { id })).status, 404);
	}));

	it('goes after its days, or is not kept at all', async () => {
		for (const days of ['2', '0'])
			await withHook({ args: [...CLOCK, '--dead-letter-days', days] }, async (server, hook) => {
				gone(hook);
				const sid = await send(server, { StatusCallback: `${hook.url}/gone` });
				await until(async () => (await events(server, 'webhook.abandoned')).length === 2, 'giving up');
				assert.equal((await deadLetters(server, `?sid=${sid}`)).length, days === '0' ? 0 : 2);
				await advance(server, 3 * 86400);
				assert.equal((await deadLetters(server)).length, 0);
			});
	});
});

describe('what was delivered is sent again', () => {
	it('by the id of its attempt', () => withHook({}, async (server, hook) => {
		await send(server, { StatusCallback: `${hook.url}/status?b=2#tt=9000` });
		const [{ id }] = await attempts(server, 2), whole = await get(server, `attempts/${id}`);
		assert.equal((await replay(server, { id })).status, 202);
		await until(() => hook.requests.length === 3, 'the callback');
		const again = hook.requests[2];
		assert.deepEqual([again.token, again.body, again.valid], [whole.token, whole.request_body, true]);
	}));

	it('unless the log does not have it whole', () => withHook({}, async (server, hook) => {
		await send(server, { StatusCallback: `${hook.url.replace('//', '//u:p@')}/status` });
		const [{ id }] = await attempts(server, 2);
		const reply = await replay(server, { id });
		assert.deepEqual([reply.status, reply.json.code], [400, 70102]);
		assert.match(reply.json.message, /user and password/);
	}));
});
