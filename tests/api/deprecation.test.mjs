// What is deprecated is told, counted, noticed, browned out and refused.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Server, until } from './lib/server.mjs';

const DAY_S = 86400;

describe('deprecation', () => {
	let server;
	before(async () => {
		server = await Server.start({ args: ['--virtual-clock'], loops: 2 });
	});
	after(() => server.stop());

	const row = async (name, auth) => {
		const { json } = await server.call('GET', '/v1/deprecations', { auth });
		return json.data.find((d) => d.name === name);
	};
	const now = async () => Date.parse((await server.call('POST', '/v1/clock', { json: { advance_s: 0 } })).json.now) / 1000;
	const rehearse = () => server.call('POST', '/v1/clock', { json: { advance_s: 0, rehearse: true } });
	/** Move to a second since 1970. */
	const travel = async (to) => {
		const moved = await server.call('POST', '/v1/clock', { json: { advance_s: Math.ceil(to - await now()) } });
		assert.equal(moved.status, 200);
	};

	/** One event a stage: first use, a month before, a day before. */
	const noticed = (times) => until(async () => {
		const { json: events } = await server.call('GET', '/v1/events?type=deprecation.noticed&limit=1000');
		return events.data.filter((e) => e.data.what === 'AdvanceClock.rehearse').length === times;
	}, `${times} events`, 15000);

	it('is told in headers when it is used, and not otherwise', async () => {
		const old = await server.account('POST', 'Applications', { form: { SmsStatusCallback: 'https://example.com/s' } });
		assert.equal(old.status, 201);
		assert.equal(old.headers.get('deprecation'), `@${Date.UTC(2026, 10, 21) / 1000}`);
		assert.match(old.headers.get('link'), /\/docs\/deprecations>; rel="deprecation"/);
		assert.equal(old.headers.get('sunset'), null);
		const fresh = await server.account('POST', 'Applications', { form: { MessageStatusCallback: 'https://example.com/s' } });
		assert.equal(fresh.headers.get('deprecation'), null);
		const page = await fetch(`${server.url}/docs/deprecations`);
		assert.match(await page.text(), /CreateApplication\.SmsStatusCallback/);
	});

	it('is counted by account, key and SDK, and seen by who may see it', async () => {
		const { json: key } = await server.account('POST', 'Keys', { form: { FriendlyName: 'k' } });
		const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: {} })).json;
		const form = { SmsStatusCallback: 'https://example.com/s' }, name = 'CreateApplication.SmsStatusCallback';
		for (let i = 0; i < 3; i++)
			await server.account('POST', 'Applications', { form, auth: `${key.sid}:${key.secret}`, headers: { 'user-agent': 'twilio-node/5.0' } });
		await server.call('POST', `/2010-04-01/Accounts/${sub.sid}/Applications.json`, { form, auth: `${sub.sid}:${sub.auth_token}` });
		const seen = await until(async () => {
			const found = await row(name);
			return found.callers.some((c) => c.caller === key.sid && c.uses === 3) && found.callers.some((c) => c.caller === sub.sid) && found;
		}, 'the uses counted', 15000);
		assert.equal(seen.callers.find((c) => c.caller === key.sid).sdk, 'twilio-node/5.0');
		assert.equal(seen.phase, 'announced');
		assert.equal(seen.sunset, null);
		assert.equal(seen.uses, seen.callers.reduce((sum, c) => sum + c.uses, 0));
		const own = await row(name, `${sub.sid}:${sub.auth_token}`);
		assert.deepEqual(own.callers.map((c) => c.caller), [sub.sid]);
		const { json: events } = await server.call('GET', '/v1/events?type=deprecation.noticed&limit=1000');
		assert.equal(events.data.filter((e) => e.data.caller === key.sid).length, 1);
	});

	it('is browned out before its sunset and refused behind it', async () => {
		const SUNSET = Date.parse((await rehearse()).headers.get('sunset')) / 1000;
		assert.ok(SUNSET - await now() > 180 * DAY_S);
		await travel(SUNSET - 28 * DAY_S + 10 * 3600 + 60);
		const brown = await rehearse();
		assert.deepEqual([brown.status, brown.json.code], [410, 20410]);
		assert.ok(Number(brown.headers.get('retry-after')) <= 240);
		assert.equal((await server.call('POST', '/v1/clock', { json: { advance_s: 0 } })).status, 200);
		assert.equal((await row('AdvanceClock.rehearse')).phase, 'brown-out');
		await noticed(2);
		await travel(SUNSET - 28 * DAY_S + 11 * 3600);
		assert.equal((await rehearse()).status, 200);
		await travel(SUNSET - DAY_S + 13 * 3600);
		assert.equal((await rehearse()).status, 200);
		await travel(SUNSET);
		const gone = await rehearse();
		assert.deepEqual([gone.status, gone.json.code, gone.headers.get('retry-after')], [410, 20410, null]);
		assert.equal((await row('AdvanceClock.rehearse')).phase, 'gone');
		await noticed(3);
	});
});
