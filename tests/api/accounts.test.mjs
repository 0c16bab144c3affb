// Accounts, keys, numbers and the configuration beside them, and the event log that tells of it all.
import assert from 'node:assert/strict';
import { describe, it, before, after } from 'node:test';
import { Server, until } from './lib/server.mjs';
import { byPrefix, roads } from './lib/sdk.mjs';

const refused = (status, code) => (failure) => failure.status === status && failure.code === code;

for (const [road, connect] of Object.entries(roads))
	describe(`accounts ${road}`, () => {
		let server, client;
		before(async () => {
			server = await Server.start();
			client = connect(server);
		});
		after(() => server.stop());

		it('have subaccounts, which see only themselves', async () => {
			const sub = await client.api.v2010.accounts.create({ friendlyName: 'one' });
			assert.equal(sub.ownerAccountSid, server.sid);
			assert.equal(sub.status, 'active');
			const list = await client.api.v2010.accounts.list({ friendlyName: 'one' });
			assert.deepEqual(list.map((a) => a.sid), [sub.sid]);
			const auth = `${sub.sid}:${sub.authToken}`;
			const own = await server.call('GET', `/2010-04-01/Accounts/${sub.sid}.json`, { auth });
			assert.equal(own.status, 200);
			const owner = await server.call('GET', `/2010-04-01/Accounts/${server.sid}.json`, { auth });
			assert.equal(owner.status, 404);
			const nested = await server.call('POST', '/2010-04-01/Accounts.json', { auth, form: {} });
			assert.equal(nested.json.code, 20006);
		});

		it('are suspended, reactivated and closed by their owner alone', async () => {
			const sub = await client.api.v2010.accounts.create({});
			const auth = `${sub.sid}:${sub.authToken}`, path = `/2010-04-01/Accounts/${sub.sid}.json`;
			const self = await server.call('POST', path, { auth, form: { Status: 'closed' } });
			assert.equal(self.json.code, 20006);
			for (const status of ['suspended', 'active', 'closed'])
				assert.equal((await client.api.v2010.accounts(sub.sid).update({ status })).status, status);
			await assert.rejects(client.api.v2010.accounts(sub.sid).update({ status: 'active' }), refused(400, 20001));
			await until(async () => (await server.call('GET', path, { auth })).json.code === 10001, 'sign-in refused');
			await assert.rejects(client.api.v2010.accounts(server.sid).update({ status: 'closed' }), refused(400, 20001));
		});

		it('have a balance', async () => {
			const { balance, currency } = await client.balance.fetch();
			assert.match(balance, /^\d+\.\d{2,}$/);
			assert.equal(currency, 'USD');
		});

		it('have keys, whose secret is shown once and which stop working when deleted', async () => {
			const key = await client.newKeys.create({ friendlyName: 'k' });
			const auth = `${key.sid}:${key.secret}`, path = `/2010-04-01/Accounts/${server.sid}.json`;
			const fetched = await server.call('GET', path, { auth });
			assert.equal(fetched.status, 200);
			assert.equal(fetched.json.auth_token, null);
			assert.equal((await server.account('GET', 'Keys', { auth })).json.code, 20006);
			assert.equal((await client.keys(key.sid).update({ friendlyName: 'l' })).friendlyName, 'l');
			assert.equal((await client.signingKeys(key.sid).fetch()).friendlyName, 'l');
			const signing = await client.newSigningKeys.create({ friendlyName: 's' });
			assert.equal((await client.signingKeys(signing.sid).update({ friendlyName: 't' })).friendlyName, 't');
			assert.ok(await client.signingKeys(signing.sid).remove());
			assert.ok(await client.keys(key.sid).remove());
			await assert.rejects(client.keys(key.sid).fetch(), refused(404, 20404));
			await until(async () => (await server.call('GET', path, { auth })).status === 401, 'the key revoked');
			const events = await server.call('GET', '/v1/events?limit=1000');
			assert.ok(!events.text.includes(key.secret) && !events.text.includes(server.token));
		});

		it('have applications, addresses and caller ids', async () => {
			const application = await client.applications.create({ friendlyName: 'a', smsUrl: 'https://example.com/sms' });
			assert.equal((await client.applications(application.sid).update({ smsUrl: '' })).smsUrl, '');
			assert.equal((await client.applications.list({ friendlyName: 'a' })).length, 1);
			const where = { customerName: 'c', street: 's', city: 't', region: 'r', postalCode: '1' };
			const address = await client.addresses.create({ ...where, isoCountry: 'DE' });
			assert.equal(address.validated, false);
			await assert.rejects(client.addresses.create({ ...where, isoCountry: 'de' }), refused(400, 20001));
			assert.equal((await client.addresses.list({ isoCountry: 'DE' })).length, 1);
			assert.equal((await client.addresses(address.sid).update({ city: 'u' })).city, 'u');
			const second = await client.addresses.create({ ...where, isoCountry: 'FR' });
			assert.ok(await client.addresses(second.sid).remove());
			const validation = await client.validationRequests.create({ phoneNumber: '+15005551234' });
			assert.match(validation.validationCode, /^\d{6}$/);
			await assert.rejects(client.validationRequests.create({ phoneNumber: '+15005551234' }), refused(400, 21450));
			await assert.rejects(client.validationRequests.create({ phoneNumber: '+14155552671' }), refused(400, 20001));
			const [callerId] = await client.outgoingCallerIds.list({ phoneNumber: '+15005551234' });
			assert.equal((await client.outgoingCallerIds(callerId.sid).update({ friendlyName: 'mine' })).friendlyName, 'mine');
			assert.ok(await client.outgoingCallerIds(callerId.sid).remove());
			assert.ok(await client.applications(application.sid).remove());
		});
	});

describe('numbers', () => {
	let server, client, number;
	before(async () => {
		server = await Server.start();
		client = byPrefix(server);
		[number] = await client.incomingPhoneNumbers.list({ phoneNumber: '+15005550006' });
	});
	after(() => server.stop());

	it('are listed by type and by part of the number', async () => {
		assert.equal((await client.incomingPhoneNumbers.list()).length, 2);
		assert.equal((await client.incomingPhoneNumbers.list({ phoneNumber: '555**06' })).length, 1);
		assert.equal((await client.incomingPhoneNumbers.local.list()).length, 2);
		assert.equal((await client.incomingPhoneNumbers.tollFree.list()).length, 0);
		assert.equal(number.capabilities.sms, true);
	});

	it('keep what was configured, and name what they refer to', async () => {
		const address = await client.addresses.create({ customerName: 'c', street: 's', city: 't', region: 'r', postalCode: '1', isoCountry: 'US' });
		const changed = await client.incomingPhoneNumbers(number.sid).update({ smsUrl: 'https://example.com/', smsMethod: 'GET', addressSid: address.sid });
		assert.equal(changed.smsMethod, 'GET');
		assert.deepEqual((await client.incomingPhoneNumbers(number.sid).fetch()).toJSON(), changed.toJSON());
		assert.deepEqual((await client.addresses(address.sid).dependentPhoneNumbers.list()).map((n) => n.sid), [number.sid]);
		const update = (what) => client.incomingPhoneNumbers(number.sid).update(what);
		await assert.rejects(update({ smsApplicationSid: `AP${'0'.repeat(32)}` }), refused(400, 22108));
		await assert.rejects(update({ trunkSid: `TK${'0'.repeat(32)}` }), refused(400, 20001));
		await assert.rejects(update({ emergencyStatus: 'Active' }), refused(400, 20001));
	});

	it('lose no change to one that came at the same time', async () => {
		const path = `IncomingPhoneNumbers/${number.sid}`;
		const asked = [{ FriendlyName: 'f' }, { VoiceUrl: 'https://example.com/v' }, { StatusCallback: 'https://example.com/s' }];
		const replies = await Promise.all(asked.map((form) => server.account('POST', path, { form })));
		assert.deepEqual(replies.map((r) => r.status), [200, 200, 200]);
		const { json } = await server.account('GET', path);
		assert.deepEqual([json.friendly_name, json.voice_url, json.status_callback], ['f', 'https://example.com/v', 'https://example.com/s']);
	});

	it('go to a subaccount and back', async () => {
		const sub = await client.api.v2010.accounts.create({});
		const moved = await client.incomingPhoneNumbers(number.sid).update({ accountSid: sub.sid });
		assert.equal(moved.accountSid, sub.sid);
		await assert.rejects(client.incomingPhoneNumbers(number.sid).fetch(), refused(404, 20404));
		const there = client.api.v2010.accounts(sub.sid).incomingPhoneNumbers(number.sid);
		assert.equal((await there.update({ accountSid: server.sid })).accountSid, server.sid);
	});

	it('cannot be bought or released yet', async () => {
		assert.equal((await server.account('POST', 'IncomingPhoneNumbers', { form: { PhoneNumber: '+15005550006' } })).status, 405);
		assert.equal((await server.account('DELETE', `IncomingPhoneNumbers/${number.sid}`)).status, 405);
	});
});

describe('events', () => {
	let server, client;
	before(async () => {
		server = await Server.start();
		client = byPrefix(server);
	});
	after(() => server.stop());
	const events = async (query, options) => (await server.call('GET', `/v1/events?${query}`, options)).json;

	it('are read forward by their cursor, each once', async () => {
		for (const friendlyName of ['a', 'b', 'c'])
			await client.applications.create({ friendlyName });
		const all = (await events('type=application.created')).data;
		assert.deepEqual(all.map((e) => e.data.friendly_name), ['a', 'b', 'c']);
		const seen = [];
		for (let cursor = '0', page; (page = await events(`limit=1&type=application.created&cursor=${cursor}`)).data.length; cursor = page.next_cursor)
			seen.push(...page.data);
		assert.deepEqual(seen, all);
		assert.equal((await server.call('GET', '/v1/events?cursor=x')).json.code, 20001);
		assert.equal((await server.call('GET', '/v1/events?wait_s=26')).json.code, 20001);
	});

	it('are picked by a condition', async () => {
		await client.applications.create({ friendlyName: 'x-1', voiceUrl: 'https://example.com/' });
		await client.applications.create({ friendlyName: 'x-2' });
		const named = async (filter) => (await events(`limit=1000&filter=${encodeURIComponent(filter)}`)).data.map((e) => e.data.friendly_name);
		assert.deepEqual(await named("type == 'application.created' AND data.friendly_name CONTAINS 'x-'"), ['x-1', 'x-2']);
		assert.deepEqual(await named("data.voice_url AND data.friendly_name IN ['x-1', 'x-2']"), ['x-1']);
		assert.deepEqual(await named("data.friendly_name CONTAINS 'x-' AND sid == account_sid"), []);
		const wrong = await server.call('GET', `/v1/events?filter=${encodeURIComponent('type ==')}`);
		assert.deepEqual([wrong.status, wrong.json.code], [400, 20001]);
		assert.match(wrong.json.message, /at character 8: a name or a value is missing/);
	});

	it('are waited for', async () => {
		const { next_cursor: cursor } = await events('limit=1000');
		const waiting = events(`wait_s=20&cursor=${cursor}`);
		await client.applications.create({ friendlyName: 'late' });
		assert.deepEqual((await waiting).data.map((e) => e.data.friendly_name), ['late']);
	});

	it('of a subaccount are its own, and its owner\'s to see', async () => {
		const sub = await client.api.v2010.accounts.create({});
		const own = (await events('limit=1000', { auth: `${sub.sid}:${sub.authToken}` })).data;
		assert.deepEqual(own.map((e) => [e.type, e.account_sid]), [['account.created', sub.sid]]);
		assert.equal((await events(`sid=${sub.sid}`)).data.length, 1);
	});

	it('come with a trace of the way through the program', async () => {
		const message = await client.messages.create({ to: '+15005550010', from: '+15005550006', body: 'x' });
		const { json } = await server.call('GET', `/v1/traces/${message.sid}`);
		assert.equal(json.steps[0].at_us, 0);
		assert.ok(json.steps.some((s) => s.room === 'store' && s.step === 'message.insert'));
		const sub = await client.api.v2010.accounts.create({});
		const foreign = await server.call('GET', `/v1/traces/${message.sid}`, { auth: `${sub.sid}:${sub.authToken}` });
		assert.equal(foreign.status, 404);
	});
});
