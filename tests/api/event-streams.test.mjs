// Event Streams: types and schemas, sinks, subscriptions; and that every event arrives, whatever the sink does.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { listen, root, Server, until, withServer } from './lib/server.mjs';
import { byHost, byPrefix, roads, twilio } from './lib/sdk.mjs';

const { Webhook } = createRequire(`${root}/tests/package.json`)('standardwebhooks');
const FROM = '+15005550006', TO = '+15005550010';
const FAST = ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1'];
const DELIVERED = 'com.twilio.messaging.message.delivered', SENT = 'com.twilio.messaging.message.sent';
const refused = (status, code, what) => (failure) => failure.status === status && failure.code === code && (!what || what.test(failure.message));
const typed = (...names) => names.map((type) => ({ type, schema_version: 1 }));

/** A webhook sink: what came, and an answer that the test chooses. */
class Sink {
	events = [];
	requests = [];
	answer = () => 204;

	static async start() {
		const sink = new Sink();
		sink.web = await listen(async (request, response) => {
			const chunks = [];
			for await (const chunk of request)
				chunks.push(chunk);
			const body = Buffer.concat(chunks).toString(), events = JSON.parse(body);
			sink.requests.push({ headers: request.headers, url: request.url, body, events });
			const answer = sink.answer(events, request);
			if (answer === 'reset')
				return request.socket.destroy();
			if (answer < 300)
				sink.events.push(...events);
			response.writeHead(answer, answer === 429 ? { 'retry-after': '1' } : {}).end('{}');
		});
		sink.url = `${sink.web.url}/events`;
		return sink;
	}

	stop() {
		return this.web.close();
	}
}

const state = async (server, sid) => (await server.call('GET', `/v1/event_sinks/${sid}`)).json;

async function send(server, form = {}, auth = undefined) {
	const { status, json, text } = await server.account('POST', 'Messages', { form: { To: TO, From: FROM, Body: 'x', ...form }, ...(auth && { auth }) });
	assert.equal(status, 201, text);
	return json.sid;
}

async function makeSink(client, sink, config = {}) {
	const made = await client.events.v1.sinks.create({ description: 'mine', sinkType: 'webhook',
		sinkConfiguration: { destination: sink.url, method: 'POST', ...config } });
	return made.sid;
}

const subscribe = (client, sinkSid, types, more = {}) => client.events.v1.subscriptions.create({ description: 'all', sinkSid, types, ...more });

for (const [road, connect] of Object.entries(roads))
	describe(`the 22 operations ${road}`, () => {
		let server, client, hook;
		before(async () => {
			server = await Server.start({ args: FAST, store: 'sqlite::memory:' });
			client = connect(server);
			hook = await Sink.start();
		});
		after(async () => {
			await server.stop();
			await hook.stop();
		});

		it('list types, in pages, and by schema', async () => {
			const types = await client.events.v1.eventTypes.list();
			const names = types.map((t) => t.type);
			assert.ok(names.includes(DELIVERED) && names.includes('com.twilio.messaging.inbound-message.received'));
			assert.deepEqual(names, [...names].sort());
			assert.deepEqual((await client.events.v1.eventTypes.list({ pageSize: 7 })).map((t) => t.type), names);
			const messages = await client.events.v1.eventTypes.list({ schemaId: 'Messaging.MessageStatus' });
			assert.ok(messages.length > 5 && messages.every((t) => t.schemaId === 'Messaging.MessageStatus'));
			const one = await client.events.v1.eventTypes(DELIVERED).fetch();
			assert.equal(one.status, 'available');
			assert.ok(one.description && one.links.schema.endsWith('/v1/Schemas/Messaging.MessageStatus/Versions'));
			await assert.rejects(client.events.v1.eventTypes('com.example.none').fetch(), refused(404, 20404, /com.example.none/));
		});

		it('fetch schemas and their versions', async () => {
			const schema = await client.events.v1.schemas('Messaging.MessageStatus').fetch();
			assert.equal(schema.latestVersion, 1);
			const versions = await client.events.v1.schemas('Messaging.MessageStatus').versions.list();
			assert.deepEqual(versions.map((v) => v.schemaVersion), [1]);
			const version = await client.events.v1.schemas('Messaging.MessageStatus').versions(1).fetch();
			const raw = await server.call('GET', new URL(version.raw).pathname, { auth: null });
			const properties = JSON.parse(raw.text).properties;
			assert.ok(properties.messageSid && properties.messageStatus && properties.errorCode);
			await assert.rejects(client.events.v1.schemas('Messaging.MessageStatus').versions(2).fetch(), refused(404, 20404));
			await assert.rejects(client.events.v1.schemas('None').fetch(), refused(404, 20404));
		});

		it('make, change, list and delete sinks', async () => {
			const sid = await makeSink(client, hook, { batch_events: true });
			const sink = await client.events.v1.sinks(sid).fetch();
			assert.equal(sink.status, 'initialized');
			assert.equal(sink.sinkConfiguration.destination, hook.url);
			assert.equal((await client.events.v1.sinks(sid).update({ description: 'other' })).description, 'other');
			assert.deepEqual((await client.events.v1.sinks.list({ inUse: true })).map((s) => s.sid), []);
			const subscription = await subscribe(client, sid, typed(SENT));
			assert.deepEqual((await client.events.v1.sinks.list({ inUse: true })).map((s) => s.sid), [sid]);
			assert.deepEqual((await client.events.v1.sinks.list({ status: 'initialized' })).map((s) => s.sid), [sid]);
			assert.deepEqual((await client.events.v1.sinks.list({ status: 'failed' })).map((s) => s.sid), []);
			await assert.rejects(client.events.v1.sinks(sid).remove(), refused(409, 20411));
			assert.ok(await client.events.v1.subscriptions(subscription.sid).remove());
			assert.ok(await client.events.v1.sinks(sid).remove());
			await assert.rejects(client.events.v1.sinks(sid).fetch(), refused(404, 20404));
		});

		it('make, change, list and delete subscriptions and their types', async () => {
			const sid = await makeSink(client, hook), other = await makeSink(client, hook);
			const made = await subscribe(client, sid, typed(SENT, DELIVERED));
			assert.equal(made.sinkSid, sid);
			assert.deepEqual((await client.events.v1.subscriptions.list({ sinkSid: sid })).map((s) => s.sid), [made.sid]);
			assert.deepEqual(await client.events.v1.subscriptions.list({ sinkSid: other }), []);
			assert.equal((await client.events.v1.subscriptions(made.sid).update({ description: 'new' })).description, 'new');
			const types = client.events.v1.subscriptions(made.sid).subscribedEvents;
			assert.deepEqual((await types.list()).map((t) => t.type), [SENT, DELIVERED]);
			assert.deepEqual((await types.list({ pageSize: 1 })).map((t) => t.type), [SENT, DELIVERED]);
			const added = await types.create({ type: 'com.twilio.messaging.message.failed' });
			assert.deepEqual([added.schemaVersion, added.subscriptionSid], [1, made.sid]);
			const path = client.events.v1.subscriptions(made.sid);
			assert.equal((await path.subscribedEvents(SENT).fetch()).type, SENT);
			assert.equal((await path.subscribedEvents(SENT).update({ schemaVersion: 1 })).schemaVersion, 1);
			await assert.rejects(path.subscribedEvents(SENT).update({ schemaVersion: 9 }), refused(400, 20001, /schema version 1/));
			assert.ok(await path.subscribedEvents(SENT).remove());
			await assert.rejects(path.subscribedEvents(SENT).fetch(), refused(404, 20404));
			assert.ok(await path.subscribedEvents(DELIVERED).remove());
			await assert.rejects(path.subscribedEvents('com.twilio.messaging.message.failed').remove(), refused(400, 20001, /last type/));
			assert.ok(await path.remove());
			await assert.rejects(path.fetch(), refused(404, 20404));
		});

		it('take types that are added at the same time', async () => {
			const made = await subscribe(client, await makeSink(client, hook), typed(SENT));
			const types = client.events.v1.subscriptions(made.sid).subscribedEvents;
			const added = ['queued', 'sending', 'delivered', 'undelivered', 'failed', 'read'].map((state) => `com.twilio.messaging.message.${state}`);
			await Promise.all(added.map((type) => types.create({ type })));
			assert.deepEqual((await types.list()).map((t) => t.type).sort(), [SENT, ...added].sort());
		});

		it('test and validate a sink', async () => {
			const sid = await makeSink(client, hook);
			assert.equal((await client.events.v1.sinks(sid).sinkTest.create()).result, 'submitted');
			const came = await until(() => hook.events.find((e) => e.type === 'com.twilio.eventstreams.test-event' && e.data.sinkSid === sid), 'the test event');
			assert.equal((await client.events.v1.sinks(sid).sinkValidate.create({ testId: `EZ${'0'.repeat(32)}` })).result, 'invalid');
			assert.equal((await client.events.v1.sinks(sid).sinkValidate.create({ testId: came.id })).result, 'valid');
			assert.equal((await client.events.v1.sinks(sid).fetch()).status, 'active');
		});

		it('do not show a password', async () => {
			for (const [given, shown] of [['http://me:secret@127.0.0.1:9/a@b', 'http://me:***@127.0.0.1:9/a@b'], ['http://127.0.0.1:9/a:b@c', 'http://127.0.0.1:9/a:b@c'],
				['http://me@127.0.0.1:9/', 'http://me@127.0.0.1:9/']]) {
				const made = await client.events.v1.sinks.create({ description: 'x', sinkType: 'webhook', sinkConfiguration: { destination: given } });
				assert.equal(made.sinkConfiguration.destination, shown);
				assert.equal((await client.events.v1.sinks(made.sid).fetch()).sinkConfiguration.destination, shown);
				await client.events.v1.sinks(made.sid).remove();
			}
		});

		it('do not show a password however its JSON is written, nor a token', async () => {
			for (const [type, given, shown] of [
				['webhook', '{"destination":"http:\\/\\/me:secret@127.0.0.1:9\\/"}', { destination: 'http://me:***@127.0.0.1:9/' }],
				['webhook', '{"destination":"http://me:secret\\u0040127.0.0.1:9/"}', { destination: 'http://me:***@127.0.0.1:9/' }],
				['nats', '{"url":"nats://secret@127.0.0.1:1/x"}', { url: 'nats://***@127.0.0.1:1/x' }],
				['nats', '{"url":"nats://me:secret@127.0.0.1:1/x","rate":5}', { url: 'nats://me:***@127.0.0.1:1/x', rate: 5 }]]) {
				const made = await server.call('POST', '/events/v1/Sinks', { form: { Description: 'x', SinkType: type, SinkConfiguration: given } });
				assert.equal(made.status, 201, made.text);
				assert.deepEqual(made.json.sink_configuration, shown);
				const fetched = await server.call('GET', `/events/v1/Sinks/${made.json.sid}`);
				assert.deepEqual(fetched.json.sink_configuration, shown);
				await server.call('DELETE', `/events/v1/Sinks/${made.json.sid}`);
			}
		});

		it('refuse what cannot be', async () => {
			const sinks = client.events.v1.sinks, bad = (config, what) => assert.rejects(sinks.create({ description: 'x', sinkType: 'webhook',
				sinkConfiguration: config }), refused(400, 20001, what));
			await assert.rejects(sinks.create({ description: 'x', sinkType: 'kinesis', sinkConfiguration: { arn: 'a' } }), refused(400, 20001, /no 'kinesis' here/));
			await assert.rejects(sinks.create({ description: 'x', sinkType: 'segment', sinkConfiguration: { write_key: 'a' } }), refused(400, 20001, /no 'segment'/));
			await assert.rejects(sinks.create({ description: 'x', sinkType: 'email', sinkConfiguration: {} }), refused(400, 20001, /not mailed/));
			await bad({}, /http or https URL/);
			await bad({ destination: 'ftp://x' }, /http or https URL/);
			await bad({ destination: `${hook.url}#rc=2` }, /overrides/);
			await bad({ destination: hook.url, method: 'GET' }, /POST/);
			await bad({ destination: hook.url, method: 1 }, /'method' must be a text/);
			await bad({ destination: hook.url, max_batch: 0 }, /from 1 to 1000/);
			await bad({ destination: hook.url, bathc: 1 }, /no 'bathc'/);
			await bad('{', /must be JSON/);
			await bad('[]', /object in JSON/);
			const sid = await makeSink(client, hook);
			await assert.rejects(subscribe(client, sid, typed('com.example.none')), refused(400, 20001, /com.example.none/));
			await assert.rejects(subscribe(client, sid, [{ type: SENT, schema_version: 12 }]), refused(400, 20001, /version 1, not 12/));
			await assert.rejects(subscribe(client, sid, ['x']), refused(400, 20001, /object in JSON/));
			await assert.rejects(subscribe(client, `DG${'0'.repeat(32)}`, typed(SENT)), refused(400, 20001, /no sink/));
			const filter = await server.call('POST', '/events/v1/Subscriptions', { form: { Description: 'x', SinkSid: sid,
				Types: JSON.stringify(typed(SENT)[0]), Filter: 'errorCode ==' } });
			assert.equal(filter.json.code, 20001);
			assert.match(filter.json.message, /at character 13: a name or a value is missing/);
		});
	});

describe('delivery', () => {
	async function streaming(options, work) {
		const sink = await Sink.start();
		try {
			await withServer({ args: [...FAST, ...(options.args ?? [])], store: options.store ?? 'sqlite::memory:', ...options.server }, async (server) => {
				const client = byPrefix(server);
				const sid = await makeSink(client, sink, options.config);
				await subscribe(client, sid, typed(...(options.types ?? [SENT, DELIVERED])));
				await work({ server, client, sink, sid });
			});
		} finally {
			await sink.stop();
		}
	}

	it('sends CloudEvents, signed, in order for each message', () => streaming({}, async ({ server, client, sink, sid }) => {
		const messages = [];
		for (let i = 0; i < 20; i++)
			messages.push(await send(server));
		await until(() => sink.events.length === 40, 'every event');
		for (const message of messages) {
			const own = sink.events.filter((e) => e.data.messageSid === message);
			assert.deepEqual(own.map((e) => e.type), [SENT, DELIVERED]);
			const [first] = own;
			assert.deepEqual(Object.keys(first), ['specversion', 'type', 'source', 'id', 'dataschema', 'datacontenttype', 'time', 'data']);
			assert.equal(first.specversion, '1.0');
			assert.equal(first.source, `/2010-04-01/Accounts/${server.sid}/Messages/${message}.json`);
			assert.match(first.id, /^EZ[0-9a-f]{32}$/);
			assert.deepEqual([first.data.accountSid, first.data.messageStatus], [server.sid, 'SENT']);
			assert.equal(new URL(first.dataschema).host, new URL(server.url).host);
		}
		assert.equal(new Set(sink.events.map((e) => e.id)).size, 40);
		for (const r of sink.requests) {
			const url = sink.web.url + r.url;
			assert.ok(twilio.validateRequestWithBody(server.token, r.headers['x-twilio-signature'], url, r.body), url);
			const secret = `whsec_${Buffer.from(server.token).toString('base64')}`;
			assert.ok(new Webhook(secret).verify(r.body, r.headers));
		}
		await until(async () => (await client.events.v1.sinks(sid).fetch()).status === 'active', 'the sink active');
		assert.match((await server.call('GET', '/metrics', { auth: null })).text, /^strowger_event_sink_taken_total 40$/m);
	}));

	it('sends one at a time when asked, each under its own token', () => streaming({ config: { batch_events: false } }, async ({ server, sink }) => {
		for (let i = 0; i < 10; i++)
			await send(server);
		await until(() => sink.events.length === 20, 'every event');
		assert.ok(sink.requests.every((r) => r.events.length === 1));
		assert.ok(sink.requests.every((r) => r.headers['i-twilio-idempotency-token'] === r.events[0].id));
	}));

	it('gives what a filter lets through', () => withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
		const sink = await Sink.start(), client = byHost(server);
		const sid = await makeSink(client, sink);
		const form = (filter) => ({ Description: 'f', SinkSid: sid, Types: typed('com.twilio.messaging.message.failed',
			'com.twilio.messaging.message.undelivered').map((t) => JSON.stringify(t)), Filter: filter });
		const made = await server.call('POST', '/events/v1/Subscriptions', { form: form("messageStatus == 'UNDELIVERED' AND errorCode == 30005") });
		assert.equal(made.status, 201);
		await send(server, { To: '+15005550029' }); /* failed */
		const undelivered = await send(server, { To: '+15005550025' });
		await until(() => sink.events.length, 'the one');
		await server.call('POST', `/events/v1/Subscriptions/${made.json.sid}`, { form: { Filter: '' } });
		const failed = await send(server, { To: '+15005550029' });
		await until(() => sink.events.some((e) => e.data.messageSid === failed), 'the other, without filter');
		assert.deepEqual(sink.events.map((e) => e.data.messageSid), [undelivered, failed]);
		await sink.stop();
	}));

	it('gives an account its own events, a master account its subaccounts\' when it wants them', () => withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
		const sink = await Sink.start(), client = byPrefix(server);
		const sub = await client.api.v2010.accounts.create({ friendlyName: 'sub' });
		const subClient = byPrefix({ url: server.url, sid: sub.sid, token: sub.authToken });
		const own = await makeSink(client, sink), all = await makeSink(client, sink), subs = await makeSink(subClient, sink);
		await subscribe(client, own, typed('strowger.application.created'));
		await server.call('POST', '/events/v1/Subscriptions', { form: { Description: 'f', SinkSid: all,
			Types: JSON.stringify(typed('strowger.application.created')[0]), ReceiveEventsFromSubaccounts: 'true' } });
		await subscribe(subClient, subs, typed('strowger.application.created'));
		await client.applications.create({ friendlyName: 'a' });
		await subClient.applications.create({ friendlyName: 'b' });
		await until(() => sink.events.length === 4, 'four');
		assert.deepEqual(sink.events.map((e) => e.data.friendly_name).sort(), ['a', 'a', 'b', 'b']);
		assert.ok(sink.events.every((e) => !/"sms_|seal/.test(JSON.stringify(e)) || e.data.sms_method === 'POST'));
		await assert.rejects(subscribe(subClient, own, typed(SENT)), refused(400, 20001));
		await sink.stop();
	}));

	it('tries again until the sink takes them, and tells of it', () => streaming({ args: ['--virtual-clock', 'true'] }, async ({ server, sink, sid }) => {
		const answers = ['reset', 500, 429];
		sink.answer = () => answers.shift() ?? 200;
		const message = await send(server);
		await until(async () => {
			if (sink.events.length === 2)
				return true;
			if ((await state(server, sid)).date_failing)
				await server.call('POST', '/v1/clock', { json: { advance_s: 70 } });
			return false;
		}, 'both events', 10000);
		assert.deepEqual(sink.events.map((e) => e.type), [SENT, DELIVERED]);
		assert.ok(sink.requests.length >= 4);
		await until(async () => !(await state(server, sid)).date_failing, 'the sink well again');
		const { json } = await server.call('GET', `/v1/events?sid=${sid}&limit=100`);
		assert.deepEqual(json.data.map((e) => e.type).filter((t) => /failed|recovered|discarded/.test(t)), ['sink.failed', 'sink.recovered']);
		assert.equal(json.data.find((e) => e.type === 'sink.failed').data.error_code, 93101);
		assert.ok(message);
	}));

	it('drops what the sink refuses for good, says which, and gives it again on demand', () => streaming({}, async ({ server, sink, sid }) => {
		sink.answer = () => 403;
		const begin = new Date(Date.now() - 1000).toISOString();
		await send(server);
		await until(async () => {
			const { json } = await server.call('GET', `/v1/events?sid=${sid}&limit=100`);
			return json.data.some((e) => e.type === 'sink.discarded' && /events from EZ.* were refused/.test(e.data.why));
		}, 'the event');
		await until(async () => (await state(server, sid)).behind < 3, 'the end of the log');
		assert.equal(sink.events.length, 0);
		sink.answer = () => 200;
		const replayed = await server.call('POST', `/v1/event_sinks/${sid}/replay`, { json: { since: begin } });
		assert.equal(replayed.status, 200, replayed.text);
		await until(() => sink.events.length >= 2, 'both, again');
	}));

	it('gives a subscription what happened before it only on demand', () => withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
		const sink = await Sink.start(), client = byPrefix(server), begin = new Date(Date.now() - 1000).toISOString();
		const before = await send(server);
		await until(async () => (await server.account('GET', `Messages/${before}`)).json.status === 'delivered', 'the first delivered');
		const sid = await makeSink(client, sink);
		await subscribe(client, sid, typed(DELIVERED));
		const behind = await send(server);
		await until(() => sink.events.length, 'the second');
		assert.deepEqual(sink.events.map((e) => e.data.messageSid), [behind]);
		await server.call('POST', `/v1/event_sinks/${sid}/replay`, { json: { since: begin } });
		await until(() => sink.events.length === 3, 'both');
		assert.deepEqual(sink.events.slice(1).map((e) => e.data.messageSid), [before, behind]);
		await sink.stop();
	}));

	it('switches off a sink that only failed for five days, with notices before, and on by a test', () => streaming({ args: ['--virtual-clock', 'true'] }, async ({ server, client, sink, sid }) => {
		sink.answer = () => 500;
		await send(server);
		const types = async () => (await server.call('GET', `/v1/events?sid=${sid}&limit=1000`)).json.data.map((e) => e.type).filter((t) => /fail|disab/.test(t));
		const reach = (list, step_s) => until(async () => {
			if ((await types()).length >= list.length)
				return true;
			await server.call('POST', '/v1/clock', { json: { advance_s: step_s } });
			return false;
		}, list.join(), 20000);
		await reach(['sink.failed'], 0);
		await server.call('POST', '/v1/clock', { json: { advance_s: 3600 } });
		await reach(['sink.failed', 'sink.failing'], 70);
		await server.call('POST', '/v1/clock', { json: { advance_s: 121 * 3600 } });
		await until(async () => (await client.events.v1.sinks(sid).fetch()).status === 'failed', 'switched off', 10000);
		assert.equal((await types()).at(-1), 'sink.disabled');
		const asked = sink.requests.length;
		await assert.rejects(subscribe(client, sid, typed(SENT)), refused(400, 20001, /switched off/));
		sink.answer = () => 200;
		assert.equal(sink.requests.length, asked);
		await client.events.v1.sinks(sid).sinkTest.create();
		await until(() => sink.events.some((e) => e.type === 'com.twilio.eventstreams.test-event'), 'the test event');
		await until(() => sink.events.length === 3, 'what had waited');
		assert.deepEqual(sink.events.map((e) => e.type).filter((t) => t !== 'com.twilio.eventstreams.test-event'), [SENT, DELIVERED]);
		await until(async () => (await client.events.v1.sinks(sid).fetch()).status === 'active', 'active again');
	}));

	it('goes on behind a kill where it stopped', async () => {
		const sink = await Sink.start(), server = await Server.start({ args: FAST, keep: true });
		const client = byPrefix(server), sid = await makeSink(client, sink);
		await subscribe(client, sid, typed(SENT, DELIVERED));
		const messages = [];
		sink.answer = () => 500;
		for (let i = 0; i < 30; i++)
			messages.push(await send(server));
		await until(async () => { /* what the simulated carrier holds dies with the process */
			const { json } = await server.account('GET', 'Messages?PageSize=100');
			return json.messages.every((m) => m.status === 'delivered');
		}, 'every message delivered');
		await server.kill();
		sink.answer = () => 200;
		await server.restart();
		await until(() => messages.every((m) => sink.events.some((e) => e.data.messageSid === m && e.type === DELIVERED)), 'every event', 20000);
		for (const m of messages) {
			const seen = [...new Set(sink.events.filter((e) => e.data.messageSid === m).map((e) => e.type))];
			assert.deepEqual(seen, [SENT, DELIVERED]);
		}
		server.options.keep = false;
		await server.stop();
		await sink.stop();
	});

	it('ends for a sink that is deleted while it does not answer', () => streaming({ args: ['--virtual-clock', 'true'] }, async ({ server, client, sink, sid }) => {
		sink.answer = () => 'reset';
		await send(server);
		await until(() => sink.requests.length, 'the first attempt');
		for (const s of await client.events.v1.subscriptions.list())
			await client.events.v1.subscriptions(s.sid).remove();
		await client.events.v1.sinks(sid).remove();
		const gone = sink.requests.length;
		for (let i = 0; i < 5; i++)
			await server.call('POST', '/v1/clock', { json: { advance_s: 100 } });
		await until(async () => (await server.call('GET', `/v1/event_sinks/${sid}`)).status === 404, 'it is gone');
		assert.ok(sink.requests.length <= gone + 1);
	}));
});

describe('native subscriptions', () => {
	const native = (server, json, auth) => server.call('POST', '/v1/event_subscriptions', { json, auth });

	it('are made, changed, listed and deleted, and hide passwords', () => withServer({ store: 'sqlite::memory:' }, async (server) => {
		const made = await native(server, { url: 'https://u:secret@example.com/x', types: ['message.*', 'webhook.failed'], description: 'd' });
		assert.equal(made.status, 201, made.text);
		assert.equal(made.json.url, 'https://example.com/x');
		assert.deepEqual([made.json.status, made.json.refused, made.json.pause_max_s, made.json.max_batch], ['initialized', 'retry', 64, 100]);
		const path = `/v1/event_subscriptions/${made.json.sid}`;
		const changed = await server.call('PATCH', path, { json: { types: ['*'], off_h: 5 } });
		assert.deepEqual([changed.json.types, changed.json.off_h], [['*'], 5]);
		assert.deepEqual((await server.call('GET', '/v1/event_subscriptions')).json.data.map((s) => s.sid), [made.json.sid]);
		const events = await server.call('GET', '/v1/events?limit=100');
		assert.ok(events.text.includes('event_subscription.updated') && !events.text.includes('secret'));
		assert.equal((await server.call('DELETE', path)).status, 204);
		assert.equal((await server.call('GET', path)).status, 404);
		for (const [json, what] of [[{ url: 'ftp://x', types: ['*'] }, /url.*begins with/], [{ url: 'http://x/#rc=1', types: ['*'] }, /overrides/],
			[{ url: 'http://x/', types: ['none.*'] }, /no event type 'none/], [{ url: 'http://x/', types: ['*'], filter: 'a ==' }, /character 5/],
			[{ url: 'http://x/' }, /types/], [{ url: 'http://x/', types: ['*'], refused: 'x' }, /refused/], [{ url: 'nats://', types: ['*'] }, /url/]]) {
			const reply = await native(server, json);
			assert.equal(reply.json.code, 20001);
			assert.match(reply.json.message, what);
		}
	}));

	it('give events as the log shows them, by pattern and filter, of subaccounts too', () => withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
		const sink = await Sink.start();
		const made = await native(server, { url: sink.url, types: ['message.*'], filter: "type == 'message.delivered' OR data.error_code == 30005" });
		const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: {} })).json;
		const own = await send(server), bad = await send(server, { To: '+15005550025' });
		await until(() => sink.events.length === 2, 'two');
		const log = (await server.call('GET', '/v1/events?limit=1000')).json.data;
		for (const event of sink.events)
			assert.deepEqual(event, log.find((e) => e.id === event.id));
		assert.deepEqual(sink.events.map((e) => [e.type, e.sid]).sort(), [['message.delivered', own], ['message.undelivered', bad]]);
		const wide = await native(server, { url: sink.url, types: ['application.created'] });
		const narrow = await native(server, { url: sink.url, types: ['application.created'], include_subaccounts: false });
		await server.call('POST', `/2010-04-01/Accounts/${sub.sid}/Applications.json`, { form: { FriendlyName: 'x' }, auth: `${sub.sid}:${sub.auth_token}` });
		await until(() => sink.events.length === 3, 'the subaccount\'s');
		const fared = (await server.call('GET', `/v1/event_sinks/${narrow.json.sid}`)).json;
		assert.equal(fared.status, 'initialized');
		await until(async () => (await server.call('GET', `/v1/event_subscriptions/${wide.json.sid}`)).json.status === 'active', 'active'); // a commit behind the delivery
		assert.ok(made.json.sid);
		await sink.stop();
	}));

	it('take a change of their URL while they fail', () => withServer({ args: [...FAST, '--virtual-clock', 'true'], store: 'sqlite::memory:' }, async (server) => {
		const wrong = await Sink.start(), sink = await Sink.start();
		wrong.answer = () => 500;
		const { sid } = (await native(server, { url: wrong.url, types: ['message.delivered'] })).json, path = `/v1/event_subscriptions/${sid}`;
		const message = await send(server);
		await until(async () => (await state(server, sid)).date_failing, 'it fails');
		assert.equal((await server.call('PATCH', path, { json: { url: sink.url } })).status, 200);
		await until(async () => {
			await server.call('POST', '/v1/clock', { json: { advance_s: 70 } });
			return sink.events.length;
		}, 'the event, at the other URL');
		assert.equal(sink.events[0].sid, message);
		const asked = wrong.requests.length;
		const next = await send(server);
		await until(() => sink.events.some((e) => e.sid === next), 'the next');
		assert.equal(wrong.requests.length, asked);
		await wrong.stop();
		await sink.stop();
	}));

	it('follow a change at once: of the URL that fails, of the rate that holds them back', () => withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
		const bad = await Sink.start(), good = await Sink.start();
		bad.answer = () => 500;
		const { sid } = (await native(server, { url: bad.url, types: ['message.delivered'], pause_max_s: 3600 })).json;
		await send(server);
		await until(() => bad.requests.length >= 2, 'failures');
		await server.call('PATCH', `/v1/event_subscriptions/${sid}`, { json: { url: good.url, rate: 1, max_batch: 20 } });
		await until(() => good.events.length === 1, 'the event');
		for (let i = 0; i < 60; i++)
			await send(server);
		await until(() => good.events.length > 1, 'a part of them', 30000);
		await server.call('PATCH', `/v1/event_subscriptions/${sid}`, { json: { rate: 0 } });
		await until(() => new Set(good.events.map((e) => e.id)).size === 61, 'all of them');
		await bad.stop();
		await good.stop();
	}));

	it('show a URL without its password, and nothing else less', () => withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
		for (const [url, shown] of [['https://example.com/@me/x?to=a@b', 'https://example.com/@me/x?to=a@b'],
			['https://user:secret@example.com/@me', 'https://example.com/@me'], ['https://user:secret@example.com', 'https://example.com'],
			['nats://user:secret@example.com/a', 'nats://example.com/a']]) {
			const { sid } = (await native(server, { url, types: ['*'] })).json;
			assert.equal((await server.call('GET', `/v1/event_subscriptions/${sid}`)).json.url, shown);
		}
	}));

	it('that are switched off rest, and go to the URL that they are given', () => withServer({ args: [...FAST, '--virtual-clock', 'true'], store: 'sqlite::memory:' }, async (server) => {
		const bad = await Sink.start(), good = await Sink.start();
		bad.answer = () => 500;
		const { sid } = (await native(server, { url: bad.url, types: ['message.delivered'], off_h: 1 })).json;
		await send(server);
		await until(async () => {
			if ((await server.call('GET', `/v1/event_subscriptions/${sid}`)).json.status === 'failed')
				return true;
			await server.call('POST', '/v1/clock', { json: { advance_s: 1800 } });
			return false;
		}, 'switched off', 15000);
		const queries = async () => Number(/^strowger_store_queries_total\S* (\d+)/m.exec((await server.call('GET', '/metrics', { auth: null })).text)[1]);
		const before = await queries();
		await server.call('PATCH', `/v1/event_subscriptions/${sid}`, { json: { url: good.url } });
		await until(() => good.events.length === 1, 'the event');
		assert.ok(await queries() - before < 1000);
		await bad.stop();
		await good.stop();
	}));

	it('keep what is refused, and are switched on by a change', () => withServer({ args: [...FAST, '--virtual-clock', 'true'], store: 'sqlite::memory:' }, async (server) => {
		const sink = await Sink.start();
		sink.answer = () => 404;
		const { sid } = (await native(server, { url: sink.url, types: ['message.delivered'], off_h: 1, pause_max_s: 1 })).json;
		await send(server);
		await until(async () => {
			if ((await server.call('GET', `/v1/event_subscriptions/${sid}`)).json.status === 'failed')
				return true;
			await server.call('POST', '/v1/clock', { json: { advance_s: 1800 } });
			return false;
		}, 'switched off', 15000);
		assert.equal(sink.events.length, 0);
		sink.answer = () => 200;
		await server.call('PATCH', `/v1/event_subscriptions/${sid}`, { json: { description: 'mended' } });
		await until(() => sink.events.length === 1, 'the event');
		await sink.stop();
	}));
});

describe('accounts and the log', () => {
	it('a sink rests while its account is suspended', () => withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
		const sink = await Sink.start(), client = byPrefix(server);
		const sub = await client.api.v2010.accounts.create({ friendlyName: 'sub' });
		const own = byPrefix({ url: server.url, sid: sub.sid, token: sub.authToken });
		const sid = await makeSink(own, sink);
		await subscribe(own, sid, typed('strowger.application.created', 'strowger.account.updated'));
		await own.applications.create({ friendlyName: 'a' });
		await until(() => sink.events.length === 1, 'the first');
		await client.api.v2010.accounts(sub.sid).update({ status: 'suspended' });
		await until(async () => (await server.call('GET', '/v1/events?type=account.updated')).json.data.length, 'the log');
		const attempts = sink.requests.length;
		await client.api.v2010.accounts(sub.sid).update({ status: 'active' });
		await until(() => sink.events.length === 3, 'what happened meanwhile', 10000);
		assert.ok(sink.requests.length >= attempts);
		await sink.stop();
	}));

	it('events older than --event-days go, and a cursor before them is told so', () => withServer({ args: [...FAST, '--virtual-clock', 'true', '--event-days', '2'], store: 'sqlite::memory:' }, async (server) => {
		for (let i = 0; i < 5; i++)
			await send(server);
		await until(async () => (await server.call('GET', '/v1/events?type=message.delivered')).json.data.length === 5, 'the messages');
		await until(async () => (await server.call('GET', `/2010-04-01/Accounts/${server.sid}/Usage/Records.json?Category=sms-outbound`)).json.usage_records[0].count === '5', 'usage counted');
		await server.call('POST', '/v1/clock', { json: { advance_s: 3 * 86400 } });
		await send(server);
		await until(async () => (await server.call('GET', `/2010-04-01/Accounts/${server.sid}/Usage/Records.json?Category=sms-outbound`)).json.usage_records[0].count === '6', 'usage counted');
		/* Now usage has read all of the old ones, which it need not have when the clock moved: they go ten minutes later. */
		await server.call('POST', '/v1/clock', { json: { advance_s: 660 } });
		const first = await until(async () => {
			const { data } = (await server.call('GET', '/v1/events?limit=1')).json;
			return Date.parse(data[0].time) > Date.now() + 2.5 * 86400e3 && data[0];
		}, 'the old ones gone', 90000);
		assert.ok(Number(first.id.split('-')[1]) > 15);
		const old = await server.call('GET', '/v1/events?cursor=1');
		assert.deepEqual([old.status, old.json.code], [410, 20414]);
	}));
});

describe('examples', () => {
	it('of every type can be sent, and are as their schemas say', () => withServer({ store: 'sqlite::memory:' }, async (server) => {
		const sink = await Sink.start(), client = byPrefix(server);
		const test = (json) => server.call('POST', '/v1/webhooks/test', { json: { url: sink.url, ...json } });
		for (const { type, schemaId } of await client.events.v1.eventTypes.list()) {
			const { json, status, text } = await test({ type });
			assert.equal(status, 200, text);
			assert.deepEqual([json.code, json.response_status], [null, 204]);
			const event = sink.events.at(-1);
			assert.deepEqual(JSON.parse(json.request_body), event);
			const schema = JSON.parse((await server.call('GET', `/v1/event_schemas/${schemaId}/1`)).text);
			for (const name of schema.required)
				assert.ok(event.data[name], `${type}: ${name}`);
			for (const [name, value] of Object.entries(event.data)) {
				const want = schema.properties[name]?.type;
				if (!/Status$/.test(name) || want)
					assert.ok(want === undefined && name in schema.properties || value === null || (want === 'integer' ? Number.isInteger(value)
						: want === 'array' ? Array.isArray(value) : typeof value === want), `${type}: ${name} = ${value} is no ${want}`);
			}
		}
		const native = await test({ type: 'message.delivered', format: 'native' });
		assert.deepEqual(Object.keys(JSON.parse(native.json.request_body)), ['id', 'type', 'time', 'account_sid', 'sid', 'data']);
		sink.answer = () => 500;
		const failed = (await test({ type: 'message.failed' })).json;
		assert.deepEqual([failed.code, failed.response_status], [93101, 500]);
		assert.match(failed.why, /500/);
		assert.equal((await test({ type: 'none' })).json.code, 20001);
		assert.equal((await test({ type: 'message.failed', url: 'ftp://x' })).json.code, 20001);
		await sink.stop();
	}));
});
