// GET /v1/events/stream: everything once and in order, from wherever one stopped; and who may listen, for how long.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { Server, until, withServer } from './lib/server.mjs';
import { Stream } from './lib/sse.mjs';

const PATH = '/v1/events/stream';
const apps = (server, n, options = {}) => Promise.all(Array.from({ length: n }, (_, i) =>
	server.call('POST', `/2010-04-01/Accounts/${options.sid ?? server.sid}/Applications.json`, { form: { FriendlyName: options.name ?? `app ${i}` }, ...options })));

/** The whole log, as the list has it. */
async function log(server, query = '', options = {}) {
	const all = [];
	for (let cursor = '0', page; (page = (await server.call('GET', `/v1/events?limit=1000&cursor=${cursor}${query}`, options)).json).data.length; cursor = page.next_cursor)
		all.push(...page.data);
	return all;
}

describe('event stream', () => {
	let server;
	const opened = [];
	const open = async (query = '', options) => {
		const stream = await Stream.open(server, PATH + query, options);
		opened.push(stream);
		return stream;
	};
	before(async () => {
		server = await Server.start();
		/* Written a moment after the first call: else it came in the middle of a test. */
		await until(async () => (await log(server)).some((e) => e.type === 'account.first_call'), 'the event of the first call');
	});
	after(() => server.stop());
	afterEach(() => opened.splice(0).forEach((stream) => stream.close()));

	it('tells what happens from now on, as the list does', async () => {
		const stream = await open();
		assert.equal(stream.status, 200);
		assert.match(stream.head, /^content-type: text\/event-stream\r?$/im);
		assert.match(stream.head, /^cache-control: no-store\r?$/im);
		await apps(server, 3);
		await until(() => stream.data.length >= 3, 'three events');
		const listed = (await log(server)).slice(-3);
		assert.deepEqual(stream.data, listed);
		assert.deepEqual(stream.events.map((e) => e.id), listed.map((e) => e.id.split('-')[1]));
		stream.close();
	});

	it('outlives clients that go away while they are answered', async () => {
		const auth = Buffer.from(`${server.sid}:${server.token}`).toString('base64');
		for (let i = 0; i < 500; i++) {
			const client = connect(server.port, '127.0.0.1').on('error', () => {});
			await new Promise((done) => client.on('close', done).on('connect', () =>
				client.write(`GET /v1/${i % 2 ? 'events' : 'webhooks'}/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${auth}\r\n\r\n`, () => client.destroy())));
		}
		assert.equal((await server.call('GET', '/v1/events')).status, 200);
	});

	it('goes on behind Last-Event-ID, a cursor, or the last few, and misses nothing while events come', async () => {
		const all = await log(server);
		const writing = apps(server, 150);
		const streams = await Promise.all([
			open('', { headers: { 'Last-Event-ID': all[1].id.split('-')[1] } }),
			open(`?cursor=${all[1].id.split('-')[1]}`), open('?cursor=0'), open('?last=2'), open('?cursor=0', { version: '1.0' })]);
		await writing;
		const now = await log(server);
		const wanted = [now.slice(2), now.slice(2), now, null, now];
		for (const [i, stream] of streams.entries()) {
			if (wanted[i]) {
				await until(() => stream.data.length >= wanted[i].length, `stream ${i}`);
				assert.deepEqual(stream.data.map((e) => e.id), wanted[i].map((e) => e.id));
			} else {
				const first = now.findIndex((e) => e.id === stream.data[0].id);
				await until(() => stream.data.length >= now.length - first, 'the last ones');
				assert.deepEqual(stream.data.map((e) => e.id), now.slice(first).map((e) => e.id));
			}
			stream.close();
		}
	});

	it('filters as the list does', async () => {
		const type = await open('?type=application.updated'), none = await open('?type=message.sent&cursor=0');
		const some = await open(`?cursor=0&filter=${encodeURIComponent("data.friendly_name == 'wanted'")}`);
		const made = (await apps(server, 1, { name: 'wanted' }))[0].json;
		await server.call('POST', `/2010-04-01/Accounts/${server.sid}/Applications/${made.sid}.json`, { form: { FriendlyName: 'other' } });
		const about = await open(`?cursor=0&sid=${made.sid}`);
		await until(() => type.data.length && some.data.length && about.data.length >= 2, 'events');
		assert.deepEqual(type.data.map((e) => [e.type, e.sid]), [['application.updated', made.sid]]);
		assert.deepEqual(some.data.map((e) => e.sid), [made.sid]);
		assert.deepEqual(about.data.map((e) => e.type), ['application.created', 'application.updated']);
		assert.equal(none.data.length, 0);
		for (const stream of [type, none, some, about])
			stream.close();
	});

	it('refuses what it cannot do', async () => {
		for (const [query, code, options] of [['?filter=type+%3D%3D', 20001], ['?cursor=x', 20001], ['?cursor=99999999', 20001],
			['?sid=nonsense', 20001], ['', 20003, { auth: `${server.sid}:wrong` }], ['', 20001, { headers: { 'Last-Event-ID': '-1' } }]]) {
			const stream = await open(query, options);
			await until(() => stream.ended || stream.json?.code);
			assert.equal(stream.json.code, code, query);
			stream.close();
		}
		const authorization = `Basic ${btoa(`${server.sid}:${server.token}`)}`;
		assert.equal((await fetch(server.url + PATH, { method: 'HEAD', headers: { authorization } })).status, 200);
	});

	it('reaches every listener on every loop', async () => {
		const streams = await Promise.all(Array.from({ length: 24 }, () => open()));
		await apps(server, 40);
		const ids = (await log(server)).slice(-40).map((e) => e.id);
		for (const stream of streams) {
			await until(() => stream.data.length >= 40, 'forty events');
			assert.deepEqual(stream.data.map((e) => e.id), ids);
			stream.close();
		}
	});

	it('shows a master its subaccounts, and a subaccount itself', async () => {
		const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: { FriendlyName: 'sub' } })).json;
		const auth = `${sub.sid}:${sub.auth_token}`;
		const [own, master] = [await open('', { auth }), await open()];
		await apps(server, 2);
		await apps(server, 2, { auth, sid: sub.sid });
		const made = (stream) => stream.data.filter((e) => e.type === 'application.created').length;
		await until(() => made(master) >= 4 && made(own) >= 2, 'both');
		assert.deepEqual([...new Set(own.data.map((e) => e.account_sid))], [sub.sid]);
		assert.equal(master.data.filter((e) => e.account_sid === sub.sid && e.type === 'application.created').length, 2);
		/* and ends when the account does */
		await server.call('POST', `/2010-04-01/Accounts/${sub.sid}.json`, { form: { Status: 'closed' } });
		await until(() => own.end, 'the end', 1500);
		assert.equal(own.end.code, 10001);
		assert.equal(own.end.reconnect, false);
		await until(() => own.ended, 'the connection to close');
		assert.equal(master.end, undefined);
		master.close();
	});

	it('ends within a second when the key is revoked', async () => {
		const key = (await server.call('POST', '/iam/v1/Keys', { form: { AccountSid: server.sid, FriendlyName: 'k' } })).json;
		const mine = await Promise.all([1, 2, 3].map(() => open('', { auth: `${key.sid}:${key.secret}` })));
		const other = await open();
		await apps(server, 1);
		await until(() => mine.every((s) => s.data.length), 'an event');
		const from = Date.now();
		await server.call('DELETE', `/iam/v1/Keys/${key.sid}`);
		await until(() => mine.every((s) => s.end), 'the end');
		assert.ok(Date.now() - from < 1100, `${Date.now() - from} ms`);
		assert.deepEqual(mine.map((s) => s.end.code), [20003, 20003, 20003]);
		assert.equal(other.end, undefined);
		other.close();
	});

	it('has places for so many listeners of an account', async () => {
		const streams = await Promise.all(Array.from({ length: 1000 }, () => open()));
		assert.ok(streams.every((s) => s.status === 200));
		const more = await open();
		assert.equal(more.status, 429);
		assert.match(more.head, /^retry-after: \d/im);
		await until(() => more.json?.code);
		assert.match(more.json.message, /1000 listeners/);
		streams.forEach((s) => s.close());
		await until(async () => {
			const again = await open();
			again.close();
			return again.status === 200;
		}, 'a place');
	});

	it('lets a listener go that does not read, who then goes on without loss', async () => {
		const slow = await open('?cursor=0');
		await until(() => slow.data.length > 3);
		slow.socket.pause();
		/* More than the kernel holds for it on both sides. */
		for (let i = 0; i < 40; i++)
			await apps(server, 50, { name: 'x'.repeat(60) });
		const metric = async () => /^strowger_live_slow_total (\d+)$/m.exec((await server.call('GET', '/metrics', { auth: null })).text)?.[1];
		const healthy = await open('?cursor=0');
		const total = (await log(server)).length;
		await until(() => healthy.data.length >= total, 'the healthy one', 20000);
		await until(async () => await metric() === '1', 'the slow one to be let go', 20000);
		slow.socket.resume();
		await until(() => slow.ended, 'its end', 10000);
		assert.equal(slow.end.code, 20431);
		assert.equal(slow.end.reconnect, true);
		assert.equal(healthy.end, undefined);
		const rest = await open('', { headers: { 'Last-Event-ID': slow.lastId } });
		await until(() => slow.data.length + rest.data.length >= total, 'the rest', 20000);
		assert.deepEqual([...slow.data, ...rest.data].map((e) => e.id), healthy.data.map((e) => e.id));
		for (const stream of [healthy, rest])
			stream.close();
	});

	it('says now and then that it is still there', async () => {
		const stream = await open('?type=nothing.ever');
		await until(() => stream.beats, 'a heartbeat', 20000);
		assert.equal(stream.lastId, (await log(server)).at(-1).id.split('-')[1]); /* so that the next one need not read it all again */
		stream.close();
	});
});

describe('event stream through a restart', () => {
	it('says goodbye, and goes on', () => withServer({}, async (server) => {
		const stream = await Stream.open(server, `${PATH}?cursor=0`);
		await apps(server, 5);
		await until(() => stream.data.length >= 5);
		server.child.kill('SIGTERM');
		await server.ended;
		await until(() => stream.ended);
		assert.equal(stream.end.code, 20503);
		assert.equal(stream.end.reconnect, true);
		await server.restart();
		const again = await Stream.open(server, PATH, { headers: { 'Last-Event-ID': stream.lastId } });
		await apps(server, 2);
		const all = await log(server);
		await until(() => stream.data.length + again.data.length >= all.length);
		assert.deepEqual([...stream.data, ...again.data].map((e) => e.id), all.map((e) => e.id));
		again.close();
	}));

	it('says when what follows a cursor is not there any more', () => withServer({}, async (server) => {
		await apps(server, 10);
		server.child.kill('SIGTERM');
		await server.ended;
		execFileSync('sqlite3', [`${server.dir}/strowger.db`, 'DELETE FROM event WHERE seq <= 6']);
		await server.restart();
		const stream = await Stream.open(server, `${PATH}?cursor=3`);
		assert.equal(stream.status, 410);
		await until(() => stream.json?.code);
		assert.equal(stream.json.code, 20414);
		assert.match(stream.json.message, /begins at event 7/);
		const good = await Stream.open(server, `${PATH}?cursor=6`);
		await until(() => good.data.length);
		assert.match(good.data[0].id, /-7$/);
		good.close();
	}));
});
