// Configuration that tables alone describe: credentials, safe numbers, Connect applications, short codes, contacts;
// and what every resource has: versions, an audit, the order of its list.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Receiver } from '../peers/receiver.mjs';
import { Server, until } from './lib/server.mjs';
import { byPrefix, roads } from './lib/sdk.mjs';

const refused = (status, code) => (failure) => failure.status === status && failure.code === code;

for (const [road, connect] of Object.entries(roads))
	describe(`configuration ${road}`, () => {
		let server, client;
		before(async () => {
			server = await Server.start();
			client = connect(server);
		});
		after(() => server.stop());

		it('has credentials, whose secret is never shown', async () => {
			const sub = await client.api.v2010.accounts.create({});
			for (const [list, given] of [[client.accounts.v1.credentials.aws, { credentials: 'AKID:hush-hush' }],
				[client.accounts.v1.credentials.publicKey, { publicKey: '-----BEGIN PUBLIC KEY-----\nMIIB' }]]) {
				const made = await list.create({ ...given, friendlyName: 'one' });
				assert.equal(made.accountSid, server.sid);
				assert.equal((await list(made.sid).fetch()).friendlyName, 'one');
				assert.equal((await list(made.sid).update({ friendlyName: 'two' })).friendlyName, 'two');
				assert.deepEqual((await list.list()).map((c) => c.sid), [made.sid]);
				assert.ok(await list(made.sid).remove());
				await assert.rejects(list(made.sid).fetch(), refused(404, 20404));
				const others = await list.create({ ...given, accountSid: sub.sid });
				assert.equal(others.accountSid, sub.sid);
				await assert.rejects(list.create({ ...given, accountSid: 'AC00000000000000000000000000000000' }), refused(404, 20404));
			}
			const events = await server.call('GET', '/v1/events?limit=1000');
			assert.ok(!events.text.includes('hush-hush'));
		});

		it('has safe numbers, found by their number', async () => {
			const phoneNumber = '+14155552671', list = client.accounts.v1.safelist;
			const made = await list.create({ phoneNumber });
			assert.match(made.sid, /^GN/);
			assert.equal((await list.fetch({ phoneNumber })).sid, made.sid);
			await assert.rejects(list.create({ phoneNumber }), refused(409, 20409));
			assert.ok(await list.remove({ phoneNumber }));
			await assert.rejects(list.fetch({ phoneNumber }), refused(404, 20404));
		});

		it('says whom nobody may write to', async () => {
			const from = '+15005550006', to = '+15005550010', correlation_id = 'a'.repeat(32);
			const consent = { contact_id: to, correlation_id, sender_id: from, source: 'website', status: 'opt-out' };
			const { items } = await client.accounts.v1.bulkConsents.create({ items: [consent, { correlation_id, contact_id: '+1' }] });
			assert.deepEqual(items.map((i) => i.error_code), [0, 30646]);
			assert.ok(items[1].error_messages.includes('INVALID_CONTACT_ID'));
			await assert.rejects(client.messages.create({ from, to, body: 'x' }), refused(400, 21610));
			const past = { ...consent, status: 'opt-in', date_of_consent: '2020-01-01T00:00:00Z' };
			await client.accounts.v1.bulkConsents.create({ items: [past] }); /* an older word changes nothing */
			await assert.rejects(client.messages.create({ from, to, body: 'x' }), refused(400, 21610));
			await client.accounts.v1.bulkConsents.create({ items: [{ ...consent, status: 're-opt-in' }] });
			assert.equal((await client.messages.create({ from, to, body: 'x' })).to, to);
			const contact = { contact_id: to, correlation_id, country_iso_code: 'US', zip_code: '12345' };
			const kept = await client.accounts.v1.bulkContacts.create({ items: [contact, { ...contact, country_iso_code: '??' }] });
			assert.deepEqual(kept.items.map((i) => i.error_code), [0, 30647]);

			const permissions = (country_code, enabled) => client.accounts.v1.messagingGeopermissions.update({ permissions: [{ country_code, type: 'country', enabled }] });
			assert.equal((await permissions('DE', false)).permissions[0].error_code, 0);
			assert.equal((await permissions('QQ', false)).permissions[0].error_code, 30648);
			await assert.rejects(client.messages.create({ from, to: '+4915112345678', body: 'x' }), refused(400, 21408));
			const [de] = (await client.accounts.v1.messagingGeopermissions.fetch({ countryCode: 'DE' })).permissions;
			assert.deepEqual([de.enabled, de.prefix], [false, '+49']);
			await permissions('DE', true);
			assert.match((await client.messages.create({ from, to: '+4915112345678', body: 'x' })).sid, /^SM/);
		});

		it('takes a thousand contacts at once, and says when there are more', async () => {
			const contact = (i) => ({ contact_id: `+1415555${1000 + i}`, correlation_id: `c${i}`, country_iso_code: 'US' });
			const many = (n) => client.accounts.v1.bulkContacts.create({ items: Array.from({ length: n }, (_, i) => contact(i)) });
			const { items } = await many(1000);
			assert.deepEqual(items.map((i) => [i.correlation_id, i.error_code]), Array.from({ length: 1000 }, (_, i) => [`c${i}`, 0]));
			await assert.rejects(many(1001), /more than 1000 values/);
			await assert.rejects(many(1025), /more than 1024 parameters/);
		});

		it('has short codes, which the first account gives', async () => {
			const given = await server.call('POST', '/v1/senders', { json: { sender: '99990' } });
			assert.equal(given.status, 201);
			assert.equal((await server.call('POST', '/v1/senders', { json: { sender: '99990' } })).status, 409);
			assert.equal((await server.call('POST', '/v1/senders', { json: { sender: '?' } })).json.code, 20001);
			const [code] = await client.shortCodes.list({ shortCode: '99990' });
			assert.equal(code.sid, given.json.sid);
			const changed = await client.shortCodes(code.sid).update({ friendlyName: 'mine', smsUrl: 'https://example.com/sms' });
			assert.deepEqual([changed.friendlyName, changed.smsUrl], ['mine', 'https://example.com/sms']);
			assert.equal((await client.shortCodes(code.sid).fetch()).smsUrl, 'https://example.com/sms');
			assert.ok((await client.incomingPhoneNumbers.list()).every((n) => n.phoneNumber[0] === '+'));
			await assert.rejects(client.incomingPhoneNumbers(code.sid.replace('SC', 'PN')).fetch(), refused(404, 20404));
			assert.equal((await client.messages.create({ from: '99990', to: '+15005550010', body: 'x' })).from, '99990');
		});

		it('has senders, which the operator gives and takes', async () => {
			const give = (json, options) => server.call('POST', '/v1/senders', { json, ...options });
			const brand = `Brand${road.slice(3)}`.slice(0, 11), number = road === 'by host' ? '+4915112345678' : '+4915112345679';
			for (const [sender, kind] of [[number, 'PN'], [brand, 'AI']]) {
				const { json } = await give({ sender });
				assert.ok(json.sid.startsWith(kind), JSON.stringify(json));
				assert.deepEqual((await server.call('GET', `/v1/events?sid=${json.sid}`)).json.data.map((e) => e.sid), [json.sid]);
				assert.equal((await client.messages.create({ from: sender, to: '+15005550010', body: 'x' })).from, sender);
				assert.match((await give({ sender })).json.message, /belongs to an account already/);
			}
			const { json: held } = await server.call('GET', `/v1/senders?sender=${encodeURIComponent(number)}`);
			const same = await give({ sender: `${number.slice(0, -1)}0` }, { headers: { 'Strowger-Sid': held.data[0].sid } });
			assert.deepEqual([same.status, same.json.message], [409, `${held.data[0].sid} is the SID of ${number} already.`]);
			assert.ok((await client.incomingPhoneNumbers.list()).some((n) => n.phoneNumber === number));
			assert.ok((await client.shortCodes.list()).every((c) => c.shortCode !== brand));
			const { json: tenant } = await server.call('POST', '/v1/accounts', { json: { friendly_name: 'tenant' } });
			const auth = `${tenant.sid}:${tenant.auth_token}`;
			assert.equal((await give({ sender: '77777' }, { auth })).status, 403);
			const theirs = (await give({ sender: `777${road.length}`, account_sid: tenant.sid })).json;
			assert.equal(theirs.account_sid, tenant.sid);
			assert.deepEqual((await server.call('GET', '/v1/senders', { auth })).json.data.map((s) => s.sid), [theirs.sid]);
			assert.equal((await server.call('GET', `/v1/senders/${theirs.sid}`)).status, 404);
			assert.equal((await server.call('GET', `/v1/senders/${theirs.sid}?account_sid=${tenant.sid}`)).status, 200);
			assert.equal((await server.call('GET', `/v1/senders?account_sid=${server.sid}`, { auth })).status, 404);
			assert.equal((await server.call('DELETE', `/v1/senders/${theirs.sid}`, { auth })).status, 403);
			assert.equal((await server.call('DELETE', `/v1/senders/${theirs.sid}?account_sid=${tenant.sid}`)).status, 204);
			assert.deepEqual((await server.call('GET', '/v1/senders', { auth })).json.data, []);
		});

		it('lists and suspends accounts', async () => {
			const { json: tenant } = await server.call('POST', '/v1/accounts', { json: { friendly_name: `tenant ${road}` } });
			const auth = `${tenant.sid}:${tenant.auth_token}`, set = (sid, status, options) => server.call('PATCH', `/v1/accounts/${sid}`, { json: { status }, ...options });
			const named = await server.call('GET', `/v1/accounts?friendly_name=${encodeURIComponent(tenant.friendly_name)}`);
			assert.deepEqual(named.json.data.map((a) => a.sid), [tenant.sid]);
			assert.deepEqual((await server.call('GET', '/v1/accounts', { auth })).json.data.map((a) => a.sid), [tenant.sid]);
			assert.equal((await set(tenant.sid, 'suspended', { auth })).status, 403);
			assert.equal((await set(server.sid, 'suspended')).status, 403);
			assert.equal((await set(tenant.sid, 'suspended')).json.status, 'suspended');
			const write = () => server.call('POST', `/2010-04-01/Accounts/${tenant.sid}/Applications.json`, { auth, form: {} });
			await until(async () => (await write()).json.code === 20005, 'the account suspended');
			assert.equal((await set(tenant.sid, 'active')).json.status, 'active');
			await until(async () => (await write()).status === 201, 'the account active');
		});

		it('has versions: a change of what has changed is refused', async () => {
			const { sid } = await client.applications.create({ friendlyName: 'a' });
			const first = await server.account('GET', `Applications/${sid}`), etag = first.headers.get('etag');
			assert.equal(etag, '"1"');
			const change = (version, name) => server.account('POST', `Applications/${sid}`, { form: { FriendlyName: name }, headers: { 'if-match': version } });
			assert.equal((await change(etag, 'b')).headers.get('etag'), '"2"');
			assert.equal((await change(etag, 'c')).json.code, 20412);
			assert.equal((await change('"7", "2"', 'd')).status, 200);
			assert.equal((await change('*', 'e')).status, 200);
			const gone = await server.account('DELETE', `Applications/${sid}`, { headers: { 'if-match': etag } });
			assert.equal(gone.status, 412);
			assert.equal((await server.account('GET', `Applications/${sid}`)).json.friendly_name, 'e');
		});

		it('says who changed what', async () => {
			const { sid } = await client.applications.create({ friendlyName: 'before' });
			const { json: key } = await server.account('POST', 'Keys', { form: {} });
			await server.account('POST', `Applications/${sid}`, { form: { FriendlyName: 'after' }, auth: `${key.sid}:${key.secret}` });
			await client.applications(sid).remove();
			const events = await client.monitor.v1.events.list({ resourceSid: sid });
			assert.deepEqual(events.map((e) => e.eventType), ['application.deleted', 'application.updated', 'application.created']);
			const [, changed] = events;
			assert.deepEqual(changed.eventData, { friendly_name: { previous: 'before', updated: 'after' } });
			assert.deepEqual([changed.actorSid, changed.actorType, changed.source, changed.sourceIpAddress], [key.sid, 'key', 'api', '127.0.0.1']);
			assert.equal((await client.monitor.v1.events(changed.sid).fetch()).resourceSid, sid);
			assert.equal((await client.monitor.v1.events.list({ actorSid: key.sid })).length, 1);
			assert.equal((await client.monitor.v1.events.list({ startDate: new Date(Date.now() + 3600e3) })).length, 0);
			const [made] = await client.monitor.v1.events.list({ resourceSid: key.sid });
			assert.ok(made.eventType.endsWith('key.created') && !JSON.stringify(made.eventData).includes(key.secret));
		});

		it('takes many changes at a time that name no version', async () => {
			const { sid } = await client.applications.create({ friendlyName: 'a' });
			const change = (i) => server.account('POST', `Applications/${sid}`, { form: { FriendlyName: `name ${i}` } });
			const all = await Promise.all(Array.from({ length: 25 }, (_, i) => change(i)));
			assert.deepEqual(all.map((r) => r.status), all.map(() => 200));
			assert.equal((await server.account('GET', `Applications/${sid}`)).headers.get('etag'), `"${all.length + 1}"`);
		});

		it('lets one of a change and a deletion of the same version happen', async () => {
			for (let i = 0; i < 40; i++) {
				const { sid } = await client.applications.create({ friendlyName: 'a' }), headers = { 'if-match': '"1"' };
				const both = await Promise.all([server.account('POST', `Applications/${sid}`, { form: { FriendlyName: 'b' }, headers }),
					server.account('DELETE', `Applications/${sid}`, { headers })]);
				assert.ok(['200 412', '404 204'].includes(both.map((r) => r.status).join(' ')), both.map((r) => r.status).join(' '));
			}
		});

		it('refuses a page token of another list', async () => {
			const { sid } = await client.applications.create({});
			const page = await server.account('GET', `Addresses?PageToken=PA${sid}`);
			assert.deepEqual([page.status, page.json.code], [400, 20001]);
		});
	});

describe('Connect applications', () => {
	let server, client, hook;
	before(async () => {
		server = await Server.start();
		client = byPrefix(server);
		hook = await Receiver.start({ token: server.token });
	});
	after(async () => {
		await hook.stop();
		await server.stop();
	});

	it('act for an account that lets them, until it takes that back', async () => {
		const made = await server.call('POST', '/v1/connect_apps', { json: { friendly_name: 'helper', permissions: ['get-all'],
			deauthorize_callback_url: `${hook.url}/gone` } });
		assert.equal(made.status, 201);
		const app = made.json.sid;
		assert.equal((await client.connectApps(app).update({ companyName: 'Helpers' })).companyName, 'Helpers');
		assert.equal((await client.connectApps.list()).length, 1);

		/* A subaccount's sibling is a stranger: the first account's own subaccount owns the application there. */
		const one = await client.api.v2010.accounts.create({}), two = await client.api.v2010.accounts.create({});
		const auth = (account) => `${account.sid}:${account.authToken}`;
		const own = await server.call('POST', '/v1/connect_apps', { auth: auth(one), json: { permissions: ['get-all'],
			deauthorize_callback_url: `${hook.url}/gone` } });
		const look = () => server.call('GET', `/2010-04-01/Accounts/${two.sid}/Messages.json`, { auth: auth(one) });
		const write = () => server.call('POST', `/2010-04-01/Accounts/${two.sid}/Applications.json`, { auth: auth(one), form: {} });
		assert.equal((await look()).status, 404);
		const grant = (permissions) => server.call('POST', '/v1/authorized_connect_apps', { auth: auth(two), json: { connect_app_sid: own.json.sid, permissions } });
		assert.equal((await grant(['everything'])).json.code, 20001);
		assert.deepEqual((await grant(['get-all'])).json, { account_sid: two.sid, connect_app_sid: own.json.sid, permissions: ['get-all'] });
		assert.equal((await grant(['get-all'])).status, 409);
		assert.equal((await look()).status, 200);
		assert.equal((await write()).status, 404);
		assert.equal((await server.call('GET', `/2010-04-01/Accounts/${two.sid}/Keys.json`, { auth: auth(one) })).status, 404);
		const seen = await server.call('GET', `/2010-04-01/Accounts/${two.sid}/AuthorizedConnectApps/${own.json.sid}.json`, { auth: auth(two) });
		assert.deepEqual(seen.json.permissions, ['get-all']);
		const list = await server.call('GET', `/2010-04-01/Accounts/${two.sid}/AuthorizedConnectApps.json`, { auth: auth(two) });
		assert.equal(list.json.authorized_connect_apps.length, 1);

		const revoke = () => server.call('DELETE', `/v1/authorized_connect_apps/${own.json.sid}`, { auth: auth(two) });
		assert.equal((await revoke()).status, 204);
		assert.equal((await revoke()).status, 404);
		assert.equal((await look()).status, 404);
		const told = await until(() => hook.requests.find((r) => r.path === '/gone'), 'the application told');
		assert.equal(told.params.ConnectAppSid, own.json.sid);
		assert.equal((await grant(['post-all'])).status, 201);
		assert.equal((await write()).status, 201);
		assert.ok(await client.connectApps(app).remove());
	});
});
