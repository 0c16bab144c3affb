// Limits: what is refused, what the headers say, and how an account gets more.
import assert from 'node:assert/strict';
import net from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { byPrefix } from './lib/sdk.mjs';
import { Server, until, withServer } from './lib/server.mjs';

const FORM = { To: '+15005550010', From: '+15005550006', Body: 'hello' };
const dir = mkdtempSync(join(tmpdir(), 'strowger-limits-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));

/** Flags for a server whose tiers are these lines, of which `tier` is the default. */
let files = 0;
function tiers(tier, lines) {
	const file = join(dir, `limits-${files++}.conf`);
	writeFileSync(file, [`tier = ${tier}`, ...Object.entries(lines).map(([name, text]) => `tier.${name} = ${text}`)].join('\n'));
	return { args: ['--config', file, '--virtual-clock', 'true'] };
}
const send = (server, options = {}) => server.account('POST', 'Messages', { form: FORM, ...options });
const read = (server, options = {}) => server.account('GET', 'Messages', options);

/** Asks at once, and again, until one is refused: a slow machine gains new ones while it asks. */
async function flood(ask) {
	let taken = 0;
	const refused = await until(async () => {
		const replies = await Promise.all(Array.from({ length: 20 }, ask));
		taken += replies.filter((r) => r.status !== 429).length;
		return replies.find((r) => r.status === 429);
	}, 'a refusal');
	return { taken, refused };
}

describe('rates', () => {
	it('429 says which limit, its window, when to come again and how to get more; waiting that long helps', async () => {
		await withServer(tiers('tiny', { tiny: 'send=3/s, read=1000/s', more: 'rank=5, self_serve=true' }), async (server) => {
			const { taken, refused } = await flood(() => send(server));
			assert.ok(taken >= 3, 'the burst');
			assert.equal(refused.json.code, 20429);
			assert.match(refused.json.message, /'send'.*3 requests in 1 s.*tiny.*in 1 s.*\/v1\/limits\/upgrade/);
			assert.match(refused.json.message, new RegExp(server.sid));
			assert.equal(refused.headers.get('retry-after'), '1');
			assert.equal(refused.headers.get('ratelimit-policy'), '"send";q=3;w=1');
			assert.match(refused.headers.get('ratelimit'), /^"send";r=0;t=1$/);
			assert.equal((await read(server)).status, 200); // another class
			await until(async () => (await send(server)).status === 201, 'the limit to open again');
		});
	});

	it('headers of every authenticated reply', async () => {
		await withServer({}, async (server) => {
			const replies = [await read(server), await send(server), await send(server, { form: {} }),
				await server.account('GET', `Messages/SM${'0'.repeat(32)}`), await server.call('GET', '/v1/messages')];
			assert.deepEqual(replies.map((r) => r.status), [200, 201, 400, 404, 200]);
			for (const { headers } of replies) {
				assert.match(headers.get('ratelimit-policy'), /^"(read|send)";q=\d+;w=1$/);
				assert.match(headers.get('ratelimit'), /^"(read|send)";r=\d+;t=\d+$/);
				assert.equal(headers.get('twilio-concurrent-requests'), '1');
				assert.match(headers.get('twilio-request-id'), /^RQ[0-9a-f]{32}$/);
				assert.match(headers.get('twilio-request-duration'), /^\d+\.\d{3}$/);
			}
			const stranger = await server.call('GET', '/v1/messages', { auth: `${server.sid}:wrong` });
			assert.equal(stranger.status, 401);
			assert.equal(stranger.headers.get('ratelimit'), null);
		});
	});

	it('the SDK sees a RestException with the code, and its own retries succeed', async () => {
		await withServer(tiers('tiny', { tiny: 'send=2/s' }), async (server) => {
			const client = byPrefix(server);
			const create = () => client.messages.create({ to: FORM.To, from: FORM.From, body: 'sdk' });
			const { refused: e } = await flood(() => create().catch((e) => e));
			assert.ok(e.status === 429 && e.code === 20429 && /tiny/.test(e.message), String(e));
			const { twilio } = await import('./lib/sdk.mjs');
			const patient = twilio(server.sid, server.token, { autoRetry: true, maxRetries: 10 });
			patient.api.baseUrl = `${server.url}/api`;
			const made = await Promise.all([1, 2, 3].map(() => patient.messages.create({ to: FORM.To, from: FORM.From, body: 'patient' })));
			assert.equal(made.filter((m) => /^SM/.test(m.sid)).length, 3);
		});
	});

	it('hold on all loops together, exactly', async () => {
		await withServer({ ...tiers('few', { few: 'read=40/d' }), loops: 4 }, async (server) => {
			const replies = await Promise.all(Array.from({ length: 100 }, () => read(server)));
			assert.equal(replies.filter((r) => r.status === 200).length, 40);
			assert.equal(replies.filter((r) => r.status === 429).length, 60);
		});
	});

	it('a key is limited within its account, a subaccount within its owner', async () => {
		await withServer(tiers('keys', { keys: 'write=100/s, read=30/d, key_read=10/d' }), async (server) => {
			const key = (await server.account('POST', 'Keys', { form: {} })).json;
			const auth = `${key.sid}:${key.secret}`;
			const by = async (options, n) => {
				const got = [];
				for (let i = 0; i < n; i++)
					got.push(await read(server, options));
				return got;
			};
			const byKey = await by({ auth }, 11);
			assert.deepEqual(byKey.map((r) => r.status), [...Array(10).fill(200), 429]);
			assert.match(byKey[10].json.message, new RegExp(`'read-key' of ${key.sid}`));
			assert.equal(byKey[0].headers.get('ratelimit-policy'), '"read-key";q=10;w=86400, "read";q=30;w=86400');
			assert.equal((await by({}, 1))[0].status, 200);
			const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: {} })).json;
			const path = `/2010-04-01/Accounts/${sub.sid}/Messages.json`;
			const bySub = [];
			for (let i = 0; i < 20; i++)
				bySub.push(await server.call('GET', path, { auth: `${sub.sid}:${sub.auth_token}` }));
			assert.equal(bySub.filter((r) => r.status === 200).length, 19); // 10 by the key and one by the token are gone
			assert.match(bySub[19].json.message, new RegExp(`'read-owner' of ${server.sid}`));
			assert.match(bySub[0].headers.get('ratelimit'), /^"read";r=29;t=\d+, "read-owner";r=18;t=\d+$/);
		});
	});
});

describe('requests without credentials', () => {
	it('are limited by address; those with credentials are not, nor are /healthz and /metrics', async () => {
		await withServer({ args: ['--address-rate', '3'] }, async (server) => {
			const { taken, refused } = await flood(() => server.call('POST', '/v1/carriers/none/inbound', { auth: null, form: { a: 1 } }));
			assert.ok(taken >= 3);
			assert.match(refused.json.message, /without credentials from 127\.0\.0\.1: 3 in 1 s/);
			assert.equal(refused.headers.get('retry-after'), '1');
			assert.equal((await read(server)).status, 200);
			assert.equal((await server.call('GET', '/healthz', { auth: null })).status, 200);
			assert.match(await (await fetch(`${server.url}/metrics`)).text(), /^strowger_limit_address_refused_total [1-9]/m);
		});
	});
});

describe('concurrency', () => {
	it('counts requests under way, refuses more than the tier has, and frees what ended', async () => {
		await withServer(tiers('two', { two: 'concurrent=2' }), async (server) => {
			const replies = [];
			const wait = () => server.call('GET', '/v1/events?type=none&wait_s=20').then((reply) => replies.push(reply), () => {});
			wait();
			await until(async () => (await read(server)).headers.get('twilio-concurrent-requests') === '2', 'the first to wait');
			wait();
			/* It is one too many when a request of these comes before it. */
			const refused = await until(async () => {
				replies.push(await read(server));
				return replies.find((reply) => reply.status === 429);
			}, 'a refusal');
			assert.match(refused.json.message, /'concurrent'.*2 requests under way at once.*two/);
			assert.equal(refused.headers.get('retry-after'), '1');
			assert.equal(refused.headers.get('twilio-concurrent-requests'), '3');
			const metrics = await (await fetch(`${server.url}/metrics`)).text();
			assert.match(metrics, /^strowger_limit_concurrent_refused_total [1-9]/m);
		});
	});

	it('does not count who has left', async () => {
		await withServer({}, async (server) => {
			const authorization = `Basic ${Buffer.from(`${server.sid}:${server.token}`).toString('base64')}`;
			const wait = () => net.connect(server.port, '127.0.0.1').on('error', () => {})
				.on('connect', function () { this.write(`GET /v1/events?type=none&wait_s=25 HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`); });
			const counted = async () => Number((await read(server)).headers.get('twilio-concurrent-requests'));
			for (const leave of ['resetAndDestroy', 'end']) {
				const waiting = Array.from({ length: 10 }, wait);
				await until(async () => (await counted()) === 11, 'ten to wait');
				waiting.forEach((socket) => socket[leave]());
				await until(async () => (await counted()) === 1, `none to wait after ${leave}`);
			}
		});
	});
});

describe('quotas', () => {
	it('by day: exact, given back by what failed, over a restart, and anew the next day', async () => {
		await withServer(tiers('daily', { daily: 'daily_send=5' }), async (server) => {
			assert.equal((await send(server, { form: { ...FORM, Body: '' } })).status, 400);
			for (let i = 0; i < 3; i++)
				assert.equal((await send(server)).status, 201);
			server.options.keep = true;
			await server.stop();
			await server.restart();
			server.options.keep = false;
			const rest = [await send(server), await send(server), await send(server)];
			assert.deepEqual(rest.map((r) => r.status), [201, 201, 429]);
			assert.match(rest[2].json.message, /'send-day'.*used up: 5 requests a day/);
			const wait = Number(rest[2].headers.get('retry-after'));
			assert.ok(wait > 0 && wait <= 86400);
			assert.match(rest[2].headers.get('ratelimit'), new RegExp(`^"send-day";r=0;t=${wait}$`));
			await server.call('POST', '/v1/clock', { json: { advance_s: wait + 1 } });
			assert.equal((await send(server)).status, 201);
		});
	});

	it('a kill costs one block at most', async () => {
		await withServer(tiers('daily', { daily: 'daily_send=1000, read=1000/s' }), async (server) => {
			for (let i = 0; i < 30; i++)
				assert.equal((await send(server)).status, 201);
			await server.kill();
			await server.restart();
			const reply = await send(server);
			const left = Number(/r=(\d+)/.exec(reply.headers.get('ratelimit'))[1]);
			assert.ok(left <= 969 && left >= 969 - 20, `${left} left`); // a block is a fiftieth
		});
	});
});

describe('the configuration', () => {
	for (const [text, why] of Object.entries({ 'send=fast': /such as 10\/s/, 'sent=3/s': /no setting/ }))
		it(`refuses ${text}`, async () => {
			await assert.rejects(Server.start(tiers('bad', { bad: text })), why);
		});
	it('refuses a default tier that nobody declared', async () => {
		await assert.rejects(Server.start({ args: ['--tier', 'platinum'] }), /--tier must be/);
	});
});

describe('GET /v1/limits', () => {
	it('shows each limit, what is used and when it is whole again', async () => {
		await withServer(tiers('gold', { gold: 'send=10/d, read=1000/s, concurrent=7, monthly_send=50, key_read=5/d' }), async (server) => {
			await send(server);
			await send(server);
			const list = async (query = '', options = {}) => Object.fromEntries((await server.call('GET', `/v1/limits${query}`, options)).json.data.map((l) => [l.name, l]));
			const limits = await list();
			assert.deepEqual(Object.keys(limits), ['concurrent', 'read', 'send', 'send-month']);
			const { send: sends, concurrent, 'send-month': monthly } = limits;
			assert.deepEqual([sends.kind, sends.limit, sends.used, sends.remaining, sends.window_s, sends.tier, sends.subject_sid],
				['rate', 10, 2, 8, 86400, 'gold', server.sid]);
			assert.ok(sends.reset_s > 17000 && sends.reset_s <= 17280);
			assert.deepEqual([concurrent.limit, concurrent.used, concurrent.remaining, concurrent.reset_s], [7, 1, 6, null]);
			assert.deepEqual([monthly.kind, monthly.limit, monthly.used, monthly.remaining], ['quota', 50, 2, 48]);
			assert.ok(monthly.reset_s > 0 && monthly.reset_s <= 31 * 86400);
			const key = (await server.account('POST', 'Keys', { form: {} })).json;
			const byKey = await list('?rate_class=read', { auth: `${key.sid}:${key.secret}` });
			assert.deepEqual([byKey['read-key'].subject_sid, byKey['read-key'].remaining], [key.sid, 4]);
			assert.deepEqual(Object.keys(await list('?kind=quota')), ['send-month']);
		});
	});
});

describe('tiers', () => {
	const upgrade = (server, json = {}) => server.call('POST', '/v1/limits/upgrade', { json });

	it('are offered to nobody by themselves; a refusal names who can raise the limit', async () => {
		await withServer({ args: ['--tier', 'free'] }, async (server) => {
			const tenant = (await server.call('POST', '/v1/accounts', { form: {} })).json, auth = `${tenant.sid}:${tenant.auth_token}`;
			const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { auth, form: {} })).json;
			const as = { operator: {}, tenant: { auth }, sub: { auth: `${sub.sid}:${sub.auth_token}` } };
			const refused = (who) => until(async () => {
				const { status, json } = await server.call('POST', '/v1/messages', { ...as[who], json: {} });
				return status === 429 && json.message.replace(/.*More: /, '');
			}, `a refusal of the ${who}`);
			assert.deepEqual((await server.call('GET', '/v1/tiers', { auth })).json.data.map((t) => t.name), ['free']);
			for (const json of [{}, { tier: 'growth' }, { tier: 'scale' }])
				assert.ok([403, 409].includes((await server.call('POST', '/v1/limits/upgrade', { auth, json })).status));
			assert.equal(await refused('operator'), 'another tier (PATCH /v1/account).');
			assert.equal(await refused('tenant'), 'ask the operator of this server.');
			assert.equal(await refused('sub'), 'ask the operator of this server.');
			await until(async () => (await server.call('PATCH', '/v1/tiers/growth', { json: { self_serve: true } })).json.self_serve, 'the offer');
			await until(async () => await refused('tenant') === 'POST /v1/limits/upgrade.', 'the offer in a refusal');
			await until(async () => await refused('sub') === 'POST /v1/limits/upgrade, by the owner.', 'the offer to the owner');
			const up = () => until(async () => {
				const reply = await server.call('POST', '/v1/limits/upgrade', { auth, json: {} });
				return reply.status !== 429 && reply;
			}, 'a place among the writes');
			assert.equal((await up()).json.tier, 'growth');
			assert.equal((await up()).status, 409);
			assert.equal((await server.call('PATCH', `/v1/accounts/${sub.sid}`, { auth, json: { tier: 'free' } })).json.tier, 'free');
			await until(async () => await refused('sub') === "ask the account's owner (PATCH /v1/accounts/{sid}).", 'the tier of its own');
			await until(async () => (await server.call('DELETE', '/v1/tiers/growth')).status === 204, 'the offer taken back');
			const own = (await server.call('GET', '/v1/tiers/growth')).json;
			assert.deepEqual([own.source, own.self_serve], ['default', false]);
		});
	});

	it('free goes up to growth, then scale, by itself where they are offered; higher there is none', async () => {
		await withServer(tiers('free', { growth: 'send=25/s, rank=20, self_serve=true', scale: 'rank=30, self_serve=true' }), async (server) => {
			assert.equal((await server.call('GET', '/v1/account')).json.tier, 'free');
			const { taken, refused } = await flood(() => send(server));
			assert.ok(taken >= 1);
			assert.match(refused.json.message, /1 requests in 1 s \(tier free\)/);
			const up = await upgrade(server);
			assert.deepEqual(up.json, { account_sid: server.sid, tier: 'growth', previous_tier: 'free' });
			await until(async () => (await send(server)).headers.get('ratelimit-policy').startsWith('"send";q=25;w=1'), 'growth on every loop');
			const { json: events } = await server.call('GET', '/v1/events?type=account.tier_raised');
			assert.deepEqual(events.data.map((e) => [e.sid, e.data]), [[server.sid, { tier: 'growth', previous_tier: 'free' }]]);
			assert.equal((await upgrade(server, { tier: 'growth' })).status, 409);
			assert.equal((await upgrade(server, { tier: 'free' })).json.code, 20006);
			assert.equal((await upgrade(server, { tier: 'none' })).json.code, 20001);
			assert.equal((await upgrade(server, { tier: 'scale' })).json.tier, 'scale');
			const highest = await upgrade(server);
			assert.equal(highest.status, 409);
			assert.match(highest.json.message, /highest that is offered/);
			server.options.keep = true;
			await server.stop();
			await server.restart();
			server.options.keep = false;
			const { json: account } = await server.call('GET', '/v1/account');
			assert.deepEqual([account.tier, account.tier_source], ['scale', 'account']);
		});
	});

	it('are made, changed, given and deleted by the operator; those of the file are read-only', async () => {
		await withServer(tiers('base', { base: 'rank=1' }), async (server) => {
			const make = (json) => server.call('POST', '/v1/tiers', { json });
			const made = await make({ name: 'night', send: '2/m', concurrent: 9, daily_send: 40, self_serve: true, rank: 15 });
			assert.equal(made.status, 201, made.text);
			assert.deepEqual([made.json.source, made.json.send, made.json.read, made.json.concurrent, made.json.daily_read, made.json.self_serve],
				['operator', '2/m', null, 9, null, true]);
			assert.equal((await make({ name: 'night' })).status, 409);
			const twice = await make({ name: 'base' });
			assert.deepEqual([twice.status, twice.json.message], [409, "The tier 'base' stands in the configuration file: change it there."]);
			assert.equal((await make({ name: 'Night Shift' })).status, 400);
			assert.match((await make({ name: 'x', send: 'much' })).json.message, /'send' is a rate such as/);
			const changed = await server.call('PATCH', '/v1/tiers/night', { json: { send: '3/m', concurrent: 0 } });
			assert.deepEqual([changed.json.send, changed.json.concurrent, changed.json.daily_send], ['3/m', null, 40]);
			const names = async (options) => (await server.call('GET', '/v1/tiers', options)).json.data.map((t) => t.name);
			assert.deepEqual(await names(), ['base', 'free', 'night', 'growth', 'scale']);
			assert.equal((await server.call('PATCH', '/v1/tiers/base', { json: { rank: 3 } })).status, 403);
			assert.equal((await server.call('DELETE', '/v1/tiers/base')).status, 403);
			assert.equal((await server.call('DELETE', '/v1/tiers/free')).status, 403);
			assert.equal((await server.call('GET', '/v1/tiers/none')).status, 404);
			// A subaccount: sees what is offered, changes nothing, and is held to what its owner gives it.
			const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: {} })).json;
			const auth = `${sub.sid}:${sub.auth_token}`;
			assert.deepEqual(await names({ auth }), ['base', 'night']);
			assert.equal((await server.call('POST', '/v1/tiers', { json: { name: 'mine' }, auth })).status, 403);
			assert.equal((await server.call('POST', '/v1/limits/upgrade', { json: {}, auth })).status, 403);
			assert.equal((await server.call('PATCH', '/v1/account', { json: { tier: 'scale' }, auth })).status, 403);
			assert.equal((await server.call('GET', `/v1/accounts/${server.sid}`, { auth })).status, 404);
			const given = await server.call('PATCH', `/v1/accounts/${sub.sid}`, { json: { tier: 'night' } });
			assert.deepEqual([given.json.tier, given.json.tier_source], ['night', 'account']);
			assert.equal((await server.call('PATCH', `/v1/accounts/${sub.sid}`, { json: { tier: 'none' } })).status, 400);
			assert.equal((await server.call('DELETE', '/v1/tiers/night')).status, 409);
			const own = await until(async () => {
				const { json } = await server.call('GET', '/v1/account', { auth });
				return json.tier === 'night' && json;
			}, 'the tier on every loop');
			assert.equal(own.sid, sub.sid);
			const back = await server.call('PATCH', `/v1/accounts/${sub.sid}`, { json: { tier: '' } });
			assert.deepEqual([back.json.tier, back.json.tier_source], ['base', 'owner']);
			assert.equal((await server.call('DELETE', '/v1/tiers/night')).status, 204);
			assert.equal((await server.call('GET', '/v1/tiers/night')).status, 404);
			// The program's own tiers may be changed, and are themselves again when that is deleted.
			assert.equal((await server.call('PATCH', '/v1/tiers/free', { json: { send: '9/s' } })).json.source, 'operator');
			assert.equal((await server.call('DELETE', '/v1/tiers/free')).status, 204);
			assert.equal((await server.call('GET', '/v1/tiers/free')).json.send, '1/s');
		});
	});
});
