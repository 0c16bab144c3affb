// Signing in: rotation of tokens, restricted keys, access tokens, slow-down after failures, and that a revocation is
// seen by every loop.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import { describe, it, before, after } from 'node:test';
import { Server, until, withServer } from './lib/server.mjs';
import { byHost, byPrefix, twilio } from './lib/sdk.mjs';
import { createRequire } from 'node:module';
import { root } from './lib/server.mjs';

const require = createRequire(`${root}/tests/package.json`);
const RequestClient = require('twilio/lib/base/RequestClient').default ?? require('twilio/lib/base/RequestClient');
const ClientCredentialProvider = require('twilio/lib/credential_provider/ClientCredentialProvider');

const account = (server) => `/2010-04-01/Accounts/${server.sid}.json`;
const messages = (server) => `/2010-04-01/Accounts/${server.sid}/Messages.json`;
const code = async (reply) => [(await reply).status, (await reply).json?.code];
const hello = { To: '+15005550010', From: '+15005550006', Body: 'hello' };

/** One request on a connection of its own; local: the address it comes from. */
function once(server, path, { auth, bearer, local, header, method = 'GET', body } = {}) {
	const headers = {};
	if (auth)
		headers.authorization = `Basic ${Buffer.from(auth).toString('base64')}`;
	if (bearer)
		headers.authorization = `Bearer ${bearer}`;
	if (header)
		headers.authorization = header;
	if (body)
		headers['content-type'] = 'application/x-www-form-urlencoded';
	return new Promise((done, fail) => {
		const sent = request({ port: server.port, host: '127.0.0.1', path, method, headers, localAddress: local, agent: false },
			(reply) => {
				let text = '';
				reply.on('data', (piece) => (text += piece));
				reply.on('end', () => done({ status: reply.statusCode, headers: reply.headers, text,
					json: text ? JSON.parse(text) : undefined }));
			});
		sent.on('error', fail);
		sent.end(body);
	});
}

describe('the auth token', () => {
	let server, client;
	before(async () => {
		server = await Server.start({ loops: 4 });
		client = byHost(server);
	});
	after(() => server.stop());

	it('is changed without an outage', async () => {
		const old = server.token;
		await assert.rejects(client.accounts.v1.authTokenPromotion().update(), (e) => e.status === 404);
		await assert.rejects(client.accounts.v1.secondaryAuthToken().remove(), (e) => e.status === 404);
		const second = await client.accounts.v1.secondaryAuthToken().create();
		assert.match(second.secondaryAuthToken, /^[0-9a-f]{32}$/);
		await assert.rejects(client.accounts.v1.secondaryAuthToken().create(), (e) => e.status === 409);
		const both = async () => [(await once(server, account(server), { auth: `${server.sid}:${old}` })).status,
			(await once(server, account(server), { auth: `${server.sid}:${second.secondaryAuthToken}` })).status];
		assert.deepEqual(await both(), [200, 200]);
		assert.equal((await client.api.v2010.accounts(server.sid).fetch()).authToken, old);
		const promoted = await client.accounts.v1.authTokenPromotion().update();
		assert.equal(promoted.authToken, second.secondaryAuthToken);
		// Every loop has its own listener: connections are spread over them.
		for (let i = 0; i < 32; i++)
			assert.deepEqual(await both(), [401, 200]);
		server.token = second.secondaryAuthToken;
		client = byHost(server);
		const third = await client.accounts.v1.secondaryAuthToken().create();
		assert.ok(await client.accounts.v1.secondaryAuthToken().remove());
		await assert.rejects(client.accounts.v1.secondaryAuthToken().remove(), /has no secondary auth token/);
		for (let i = 0; i < 8; i++)
			assert.equal((await once(server, account(server), { auth: `${server.sid}:${third.secondaryAuthToken}` })).status, 401);
		const events = await server.call('GET', '/v1/events?limit=1000');
		for (const word of [old, second.secondaryAuthToken, third.secondaryAuthToken])
			assert.ok(!events.text.includes(word));
		assert.match(events.text, /auth_token\.promoted/);
	});

	it('is the one thing that changes accounts and keys', async () => {
		const key = await client.newKeys.create({});
		const auth = `${key.sid}:${key.secret}`;
		for (const [method, path] of [['POST', '/accounts/v1/AuthTokens/Secondary'], ['POST', '/iam/v1/Keys'],
			['GET', `/iam/v1/Keys?AccountSid=${server.sid}`], ['POST', '/iam/v1/Account/OAuthApps'], ['POST', '/v1/accounts']])
			assert.deepEqual(await code(server.call(method, path, { auth, form: method === 'POST' ? { A: 'b' } : undefined })), [403, 20006]);
	});

	it('is what the operator acts with, not a key of his, nor an access token', async () => {
		const key = await client.newKeys.create({});
		const app = (await server.call('POST', '/iam/v1/Account/OAuthApps', { json: { friendly_name: 'all',
			policy: { allow: ['/twilio/messaging/messages/*'] } } })).json;
		const { access_token } = (await server.call('POST', '/oauth/v2/token', { auth: null,
			form: { grant_type: 'client_credentials', client_id: app.sid, client_secret: app.secret } })).json;
		const price = (await server.call('POST', '/v1/prices', { json: { product: 'sms', country: 'DE', amount: '0.5' } })).json;
		const actions = [['POST', '/v1/credits', { account_sid: server.sid, amount: '1', reference: 'by key' }],
			['POST', '/v1/prices', { product: 'mms', amount: '1' }], ['PATCH', `/v1/prices/${price.sid}`, { amount: '2' }],
			['DELETE', `/v1/prices/${price.sid}`], ['POST', '/v1/tiers', { name: 'mine' }], ['PATCH', '/v1/tiers/free', { send: '9/s' }],
			['DELETE', '/v1/tiers/free'], ['POST', '/v1/accounts', {}], ['POST', '/v1/senders', { sender: 'MINE' }], ['PATCH', `/v1/accounts/${server.sid}`, { tier: 'free' }]];
		for (const [method, path, json] of actions)
			for (const as of [{ auth: `${key.sid}:${key.secret}` }, { auth: null, headers: { authorization: `Bearer ${access_token}` } }]) {
				const refused = await server.call(method, path, { json, ...as });
				assert.deepEqual([refused.status, refused.json.code], [403, 20006], `${method} ${path}`);
				assert.match(refused.json.message, /needs the account's auth token; API keys and OAuth tokens do not suffice/);
			}
		assert.equal((await server.call('GET', `/v1/prices/${price.sid}`)).json.amount, '0.5000');
		assert.equal((await server.call('GET', '/v1/ledger', { auth: `${key.sid}:${key.secret}` })).status, 200);
	});
});

describe('a revocation', () => {
	it('is seen by every loop at once', async () => {
		await withServer({ loops: 4 }, async (server) => {
			const path = `/2010-04-01/Accounts/${server.sid}/Messages.json`;
			// Connections that stay open: each belongs to one loop, and all loops know the key.
			const agents = Array.from({ length: 24 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
			const ask = (auth, at = path) => Promise.all(agents.map((agent) => new Promise((done, fail) => {
				request({ port: server.port, host: '127.0.0.1', path: at, agent,
					headers: { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } }, (reply) => {
					reply.resume();
					reply.on('end', () => done(reply.statusCode));
				}).on('error', fail).end();
			})));
			const all = (statuses, want) => assert.deepEqual([...new Set(statuses)], [want]);
			for (let round = 0; round < 5; round++) {
				const key = (await server.account('POST', 'Keys', { form: {} })).json;
				const auth = `${key.sid}:${key.secret}`;
				all(await ask(auth), 200);
				assert.equal((await server.account('DELETE', `Keys/${key.sid}`)).status, 204);
				all(await ask(auth), 401);
			}
			const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: {} })).json;
			const auth = `${sub.sid}:${sub.auth_token}`, at = `/2010-04-01/Accounts/${sub.sid}.json`;
			all(await ask(auth, at), 200);
			await server.call('POST', at, { form: { Status: 'suspended' } });
			assert.equal((await server.call('POST', `/2010-04-01/Accounts/${sub.sid}/Messages.json`, { auth, form: hello })).json.code, 20005);
			const key = (await server.call('POST', '/iam/v1/Keys', { form: { AccountSid: sub.sid } })).json;
			assert.equal(key.code, 20005);
			await server.call('POST', at, { form: { Status: 'active' } });
			const own = (await server.call('POST', '/iam/v1/Keys', { form: { AccountSid: sub.sid } })).json;
			all(await ask(`${own.sid}:${own.secret}`, at), 200);
			await server.call('POST', at, { form: { Status: 'closed' } });
			all(await ask(auth, at), 401);
			all(await ask(`${own.sid}:${own.secret}`, at), 401);
			for (const agent of agents)
				agent.destroy();
		});
	});
});

describe('malformed credentials', () => {
	it('are refused with words', async () => {
		await withServer({}, async (server) => {
			const good = Buffer.from(`${server.sid}:${server.token}`).toString('base64');
			for (const header of [undefined, 'Basic', 'Basic ', 'Basic !!!', `Basic ${Buffer.from('nocolon').toString('base64')}`,
				'Bearer', 'Bearer x', 'Bearer a.b.c', `Digest ${good}`, good, `Basic ${good} x`, `Basic ${good.slice(0, -4)}`,
				`Basic ${Buffer.from(':').toString('base64')}`, `Basic ${Buffer.from(`${server.sid}:`).toString('base64')}`,
				`Basic ${Buffer.from(`${server.sid}\0:${server.token}`).toString('base64')}`,
				`Basic ${Buffer.from(`${'A'.repeat(3000)}:x`).toString('base64')}`]) {
				const reply = await once(server, account(server), { header });
				assert.equal(reply.status, 401, header);
				assert.ok([20003, 20101].includes(reply.json.code), header);
				assert.match(reply.headers['www-authenticate'], header?.startsWith('Bearer') ? /^Bearer .*invalid_token/ : /^Basic/, header);
			}
			// Two of them: which would count?
			const twice = await new Promise((done, fail) => request({ port: server.port, host: '127.0.0.1', path: account(server), agent: false,
				headers: ['Host', 'x', 'Authorization', `Basic ${good}`, 'Authorization', 'Basic Og=='] }, (reply) => {
				reply.resume().on('end', () => done(reply.statusCode));
			}).on('error', fail).end());
			assert.equal(twice, 401);
			for (const header of [`basic ${good}`, `BASIC   ${good}`])
				assert.equal((await once(server, account(server), { header })).status, 200);
			const { json } = await once(server, account(server), { auth: `${server.sid}:wrong` });
			assert.equal(json.message, 'Authenticate'); // word for word what SDKs know
		});
	});
});

describe('a restricted key', () => {
	let server, client;
	before(async () => {
		server = await Server.start({ loops: 4 });
		client = byHost(server);
	});
	after(() => server.stop());

	const make = (allow) => client.iam.v1.newApiKey.create({
		accountSid: server.sid, friendlyName: 'r', keyType: 'restricted', policy: { allow } });

	it('may do what its policy says and nothing else', async () => {
		const key = await make(['/twilio/messaging/messages/create']);
		assert.deepEqual(key.policy, { allow: ['/twilio/messaging/messages/create'] });
		const auth = `${key.sid}:${key.secret}`;
		const sent = await server.account('POST', 'Messages', { auth, form: hello });
		assert.equal(sent.status, 201);
		assert.equal((await server.call('POST', '/v1/messages', { auth, form: { to: hello.To, from: hello.From, body: 'b' } })).status, 201);
		const list = await server.account('GET', 'Messages', { auth });
		assert.deepEqual([list.status, list.json.code], [401, 70051]);
		assert.match(list.json.message, /required permission \/twilio\/messaging\/messages\/list is missing/);
		assert.match((await server.account('GET', `Messages/${sent.json.sid}`, { auth })).json.message, /messages\/read is missing/);
		assert.match((await server.account('DELETE', `Messages/${sent.json.sid}`, { auth })).json.message, /messages\/delete is missing/);
		assert.equal((await server.account('GET', `Messages/${sent.json.sid}`)).status, 200);
	});

	it('is changed, and every loop knows at once', async () => {
		const key = await make(['/twilio/messaging/messages/*']);
		const auth = `${key.sid}:${key.secret}`;
		const statuses = async () => [...new Set(await Promise.all(Array.from({ length: 16 },
			async () => (await once(server, messages(server), { auth })).status)))];
		assert.deepEqual(await statuses(), [200]);
		const policy = { allow: ['/twilio/messaging/message/create'] };
		assert.deepEqual((await client.iam.v1.apiKey(key.sid).update({ policy })).policy, policy);
		assert.deepEqual(await statuses(), [401]);
		assert.deepEqual((await client.iam.v1.apiKey(key.sid).fetch()).policy, policy);
		assert.equal((await client.iam.v1.apiKey(key.sid).update({ friendlyName: 'other' })).friendlyName, 'other');
		assert.deepEqual((await client.iam.v1.apiKey(key.sid).fetch()).policy, policy);
		assert.ok(await client.iam.v1.apiKey(key.sid).remove());
		await assert.rejects(client.iam.v1.apiKey(key.sid).fetch(), (e) => e.status === 404);
	});

	it('reads keys when its policy says so, and never changes them', async () => {
		const key = await make(['/twilio/iam/api-keys/read', '/twilio/iam/api-keys/list']);
		const auth = `${key.sid}:${key.secret}`;
		assert.equal((await server.call('GET', `/iam/v1/Keys/${key.sid}`, { auth })).status, 200);
		const { keys } = (await server.call('GET', `/iam/v1/Keys?AccountSid=${server.sid}`, { auth })).json;
		assert.ok(keys.some((k) => k.sid === key.sid));
		assert.deepEqual(await code(server.call('DELETE', `/iam/v1/Keys/${key.sid}`, { auth })), [403, 20006]);
		await assert.rejects(make(['/twilio/iam/api-keys/create']), (e) => e.code === 70002);
	});

	it('has permissions that exist', async () => {
		await assert.rejects(make(['/twilio/messaging/mesages/raed']), (e) => e.status === 400 && e.code === 70002 &&
			/'\/twilio\/messaging\/mesages\/raed' is invalid/.test(e.message) && /Near it: .*\/twilio\/messaging\/messages\/read/.test(e.message));
		for (const [form, why] of [
			[{ Policy: '{"allow":[]}' }, /KeyType/], [{ KeyType: 'restricted' }, /needs a Policy/], [{ KeyType: 'main' }, /KeyType/],
			[{ KeyType: 'restricted', Policy: '[' }, /Policy/], [{ KeyType: 'restricted', Policy: '{"alow":[]}' }, /alow/],
			[{ KeyType: 'restricted', Policy: '"x"' }, /JSON object/], [{ KeyType: 'restricted', Policy: '{"allow":[1]}' }, /array/],
			[{ KeyType: 'restricted', Policy: JSON.stringify({ allow: Array(101).fill('/twilio/messaging/messages/read') }) }, /at most 100/]]) {
			const reply = await server.call('POST', '/iam/v1/Keys', { form: { AccountSid: server.sid, ...form } });
			assert.equal(reply.status, 400);
			assert.match(reply.json.message, why);
		}
		assert.equal((await server.call('POST', '/iam/v1/Keys', { form: {} })).json.code, 20001);
		const standard = await client.iam.v1.newApiKey.create({ accountSid: server.sid });
		assert.equal(standard.policy, null);
		await assert.rejects(client.iam.v1.apiKey(standard.sid).update({ policy: { allow: [] } }), (e) => e.code === 70002);
		const keys = await client.iam.v1.getApiKeys.list({ accountSid: server.sid });
		assert.deepEqual(keys.find((k) => k.sid === standard.sid).flags, ['rest_api', 'signing']);
	});

	it('is made once under an idempotency key, for a subaccount too', async () => {
		const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: {} })).json;
		const ask = () => server.call('POST', '/iam/v1/Keys', { form: { AccountSid: sub.sid }, headers: { 'idempotency-key': 'one' } });
		const [one, two] = [await ask(), await ask()];
		assert.equal(two.text, one.text);
		assert.equal(two.headers.get('idempotent-replayed'), 'true');
		assert.equal((await server.call('GET', `/iam/v1/Keys?AccountSid=${sub.sid}`)).json.keys.length, 1);
	});

	it('has permissions that can be listed', async () => {
		const seen = [];
		for (let path = '/iam/v1/Roles/IX00000000000000000000000000000002/Permissions?PageSize=7'; path;) {
			const { json } = await server.call('GET', path);
			seen.push(...json.permissions);
			path = json.meta.next_page_url && json.meta.next_page_url.slice(server.url.length);
		}
		const names = seen.map((p) => `/${p.namespace}/${p.product}/${p.resource}/${p.action}`);
		assert.equal(new Set(names).size, names.length);
		assert.ok(names.includes('/twilio/messaging/messages.media/list') && names.includes('/twilio/phone-numbers/incoming-phone-numbers/read'));
		assert.ok(!names.includes('/twilio/iam/api-keys/create'));
		for (let i = 0; i < names.length; i += 100)
			assert.equal((await make(names.slice(i, i + 100))).policy.allow.length, Math.min(100, names.length - i));
		await assert.rejects(client.iam.v1.rolePermission('IX00000000000000000000000000000009').list(), (e) => e.status === 404);
	});
});

describe('an OAuth application', () => {
	let server;
	before(async () => {
		server = await Server.start({ loops: 4, args: ['--virtual-clock', 'true'] });
	});
	after(() => server.stop());

	const make = async (fields = {}) => {
		const reply = await server.call('POST', '/iam/v1/Account/OAuthApps', { json: { friendly_name: 'app', policy: { allow: ['/twilio/messaging/messages/*', '/twilio/account/accounts/read'] }, ...fields } });
		assert.equal(reply.status, 201, reply.text);
		return reply.json;
	};
	const token = (app, fields = {}, path = '/oauth/v2/token') => server.call('POST', path, { auth: null,
		form: { grant_type: 'client_credentials', client_id: app.sid, client_secret: app.secret, ...fields } });
	const status = async (bearer, path = messages(server)) => (await once(server, path, { bearer })).status;

	it('gets tokens that sign in until they expire', async () => {
		const app = await make({ access_token_ttl: 600 });
		const reply = await token(app);
		assert.equal(reply.status, 200);
		assert.equal(reply.headers.get('cache-control'), 'no-store');
		assert.deepEqual({ ...reply.json, access_token: '' },
			{ access_token: '', refresh_token: null, id_token: null, token_type: 'bearer', expires_in: 600 });
		assert.equal(await status(reply.json.access_token), 200);
		assert.equal((await token(app, {}, '/iam/v1/token')).status, 201);
		const capitals = await server.call('POST', '/oauth/v1/token', { auth: null,
			form: { GrantType: 'client_credentials', ClientId: app.sid, ClientSecret: app.secret } });
		assert.equal(capitals.status, 201);
		await server.call('POST', '/v1/clock', { form: { advance_s: 590 } });
		assert.equal(await status(reply.json.access_token), 200);
		await server.call('POST', '/v1/clock', { form: { advance_s: 11 } });
		const late = await once(server, messages(server), { bearer: reply.json.access_token });
		assert.deepEqual([late.status, late.json.code], [401, 20104]);
	});

	it('loses its tokens when it is deleted or changed, on every loop', async () => {
		const app = await make();
		const { access_token } = (await token(app)).json;
		const statuses = async () => [...new Set(await Promise.all(Array.from({ length: 16 }, () => status(access_token))))];
		assert.deepEqual(await statuses(), [200]);
		const changed = await server.call('PUT', `/iam/v1/Account/OAuthApps/${app.sid}`, { json: { policy: { allow: [] } } });
		assert.equal(changed.status, 200);
		assert.equal(changed.json.secret, '');
		assert.deepEqual(await statuses(), [401]);
		await server.call('PUT', `/iam/v1/Account/OAuthApps/${app.sid}`, { json: { policy: { allow: ['/twilio/messaging/messages/*'] } } });
		assert.deepEqual(await statuses(), [200]);
		assert.equal((await server.call('DELETE', `/iam/v1/Account/OAuthApps/${app.sid}`)).status, 204);
		assert.deepEqual(await statuses(), [401]);
		assert.deepEqual(await code(token(app)), [403, 20403]);
	});

	it('has tokens with a smaller scope', async () => {
		const app = await make({ policy: { allow: ['/twilio/messaging/messages/*'], deny: ['/twilio/messaging/messages/delete'] } });
		const { access_token } = (await token(app, { scope: '/twilio/messaging/messages/create' })).json;
		const refused = await once(server, messages(server), { bearer: access_token });
		assert.deepEqual([refused.status, refused.json.code], [401, 70051]);
		const sent = await once(server, messages(server), { bearer: access_token, method: 'POST', body: new URLSearchParams(hello).toString() });
		assert.equal(sent.status, 201);
		assert.match((await token(app, { scope: '/twilio/messaging/messages/delete' })).json.message, /invalid_scope/);
		assert.match((await token(app, { scope: '/twilio/nothing' })).json.message, /no such permission/);
		for (const scope of ['messages:create', '*', '/twilio/*'])
			assert.match((await token(app, { scope })).json.message, /The form is \/twilio\/GROUP\/RESOURCE\/ACTION.*\/iam\/v1\/Roles\/IX0+2\/Permissions/);
	});

	it('signs in by HTTP Basic too, in one way at once', async () => {
		const app = await make(), form = { grant_type: 'client_credentials' };
		const basic = (auth, more = {}) => server.call('POST', '/oauth/v2/token', { auth, form: { ...form, ...more } });
		assert.equal(await status((await basic(`${app.sid}:${app.secret}`)).json.access_token), 200);
		assert.deepEqual(await code(basic(`${app.sid}:wrong`)), [403, 20403]);
		assert.deepEqual(await code(basic(`${app.sid}:${app.secret}`, { client_secret: app.secret })), [400, 20001]);
		for (const [given, missing] of [[{}, 'client_id'], [{ client_id: app.sid }, 'client_secret']])
			assert.match((await basic(null, given)).json.message, new RegExp(`the ${missing} is required`));
	});

	it('acts for a subaccount, and for nobody else', async () => {
		const app = await make();
		const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { form: {} })).json;
		const { access_token } = (await token(app, {}, `/oauth/v2/token?account_sid=${sub.sid}`)).json;
		assert.equal(await status(access_token, `/2010-04-01/Accounts/${sub.sid}/Messages.json`), 200);
		assert.equal(await status(access_token), 404);
		const other = (await server.call('POST', '/v1/accounts', { form: {} })).json;
		assert.deepEqual(await code(token(app, { account_sid: other.sid })), [400, 20001]);
		const { access_token: own } = (await token(app)).json;
		assert.deepEqual(await code(server.call('POST', '/iam/v1/Account/OAuthApps', { auth: null, json: { friendly_name: 'x', policy: {} },
			headers: { authorization: `Bearer ${own}` } })), [403, 20006]);
		assert.equal((await once(server, account(server), { bearer: own })).json.auth_token, null);
	});

	it('says what it cannot do', async () => {
		const app = await make();
		assert.match((await token(app, { grant_type: 'authorization_code' })).json.message, /unsupported_grant_type/);
		assert.deepEqual(await code(token(app, { client_secret: 'wrong' })), [403, 20403]);
		assert.deepEqual(await code(token({ sid: 'x', secret: 'y' })), [403, 20403]);
		assert.equal((await token(app, { client_id: '' })).json.code, 20001);
		const asked = await server.call('GET', `/oauth/v2/authorize?response_type=code&client_id=${app.sid}&redirect_uri=https://a.example`, { auth: null });
		assert.deepEqual([asked.status, asked.headers.get('location')], [400, null]);
		for (const fields of [{ friendly_name: 1 }, { friendly_name: 'x' }, { friendly_name: 'x', policy: { allow: [] }, access_token_ttl: 5 },
			{ friendly_name: 'x', policy: { allow: [] }, nonsense: 1 },
			{ friendly_name: 'x', policy: { allow: ['/twilio/x/y/read'] } }, { friendly_name: 'x', policy: [] }])
			assert.equal((await server.call('POST', '/iam/v1/Account/OAuthApps', { json: fields })).status, 400);
		assert.equal((await server.call('POST', '/iam/v1/Account/OAuthApps', { json: { friendly_name: 'x', policy: {}, client_sid: app.sid } })).json.code, 20409);
	});

	it('is not helped by tokens of others', async () => {
		const app = await make();
		const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
		const claims = { iss: 'strowger', sub: server.sid, client_id: app.sid, exp: 4000000000 };
		const head = part({ alg: 'HS256', typ: 'JWT' }) + '.' + part(claims);
		for (const bearer of [`${part({ alg: 'none' })}.${part(claims)}.`, `${head}.${createHmac('sha256', app.secret).update(head).digest('base64url')}`])
			assert.deepEqual(await code(once(server, messages(server), { bearer })), [401, 20101]);
	});

	it('is what the SDK signs in with', async () => {
		const own = byHost(server);
		const app = await own.iam.v1.oAuthApps.create({ type: 't', friendly_name: 'by SDK', description: 'd',
			policy: { allow: ['/twilio/messaging/messages/*'] }, access_token_ttl: 60 })
			.then(async (made) => ({ sid: made.sid, secret: made.secret }));
		const send = RequestClient.prototype.request;
		// The SDK asks oauth.twilio.com with a client of its own making; only the way there is changed.
		RequestClient.prototype.request = function (options) {
			const asked = new URL(options.uri);
			return send.call(this, { ...options, uri: server.url + asked.pathname + asked.search, headers: { ...options.headers, Host: asked.host } });
		};
		try {
			const provider = new ClientCredentialProvider.ClientCredentialProviderBuilder().setClientId(app.sid).setClientSecret(app.secret).build();
			const client = twilio();
			client.setCredentialProvider(provider);
			client.setAccountSid?.(server.sid);
			const sent = await client.api.v2010.accounts(server.sid).messages.create({ to: hello.To, from: hello.From, body: 'by token' });
			assert.match(sent.sid, /^SM/);
			const wrong = new ClientCredentialProvider.ClientCredentialProviderBuilder().setClientId(app.sid).setClientSecret('wrong').build();
			client.setCredentialProvider(wrong);
			await assert.rejects(client.api.v2010.accounts(server.sid).messages.list({ limit: 1 }), /403/);
		} finally {
			RequestClient.prototype.request = send;
		}
	});
});

describe('a further master account', () => {
	it('is made by the first one, on the command line too, and is apart', async () => {
		await withServer({}, async (server) => {
			const [, sid, token] = /SID\s+(AC\w{32})\nAuth token\s+(\w{32})/.exec(server.command('account', 'create', '--friendly-name', 'tenant'));
			const auth = `${sid}:${token}`;
			const seen = await server.call('GET', `/2010-04-01/Accounts/${sid}.json`, { auth });
			assert.deepEqual([seen.json.friendly_name, seen.json.owner_account_sid], ['tenant', sid]);
			assert.equal((await server.call('GET', `/2010-04-01/Accounts/${sid}.json`)).status, 404);
			assert.equal((await server.call('POST', '/2010-04-01/Accounts.json', { auth, form: {} })).json.owner_account_sid, sid);
			assert.deepEqual(await code(server.call('POST', '/v1/accounts', { auth, form: {} })), [403, 20006]);
		});
	});

	it('begins with the money that is said, else with that of the setting', async () => {
		await withServer({ args: ['--opening-balance', '7'] }, async (server) => {
			const balance = async (sid, token) => (await server.call('GET', `/2010-04-01/Accounts/${sid}/Balance.json`, { auth: `${sid}:${token}` })).json.balance;
			const made = async (form) => (await server.call('POST', '/v1/accounts', { form })).json;
			for (const [form, want] of [[{}, '7.00'], [{ opening_balance: '0' }, '0.00'], [{ opening_balance: '12.5' }, '12.50']]) {
				const { sid, auth_token } = await made(form);
				assert.equal(await balance(sid, auth_token), want);
			}
			for (const opening_balance of ['-1', 'much', '1000000001'])
				assert.equal((await made({ opening_balance })).code, 20001);
			assert.match((await made({ opening_balance: '1', currency: 'EUR' })).message, /'currency' must be USD/);
			for (const [words, want] of [[[], '7.00'], [['--opening-balance', '100'], '100.00']]) {
				const [, sid, token] = /SID\s+(AC\w{32})\nAuth token\s+(\w{32})/.exec(server.command('account', 'create', ...words));
				assert.equal(await balance(sid, token), want);
			}
		});
	});
});

describe('an account that was let in by another', () => {
	it('never sees its auth token, and changes neither keys nor tokens', async () => {
		await withServer({}, async (server) => {
			const other = (await server.call('POST', '/v1/accounts', { form: {} })).json, auth = `${other.sid}:${other.auth_token}`;
			const app = (await server.call('POST', '/v1/connect_apps', { auth, json: { friendly_name: 'x', permissions: ['get-all', 'post-all'] } })).json;
			assert.equal((await server.call('GET', account(server), { auth })).status, 404);
			assert.ok((await server.call('POST', '/v1/authorized_connect_apps', { json: { connect_app_sid: app.sid } })).status < 300);
			const seen = await server.call('GET', account(server), { auth });
			assert.deepEqual([seen.status, seen.json.auth_token], [200, null]);
			for (const [method, path, form] of [['GET', 'Keys'], ['POST', 'Keys', {}]])
				assert.equal((await server.account(method, path, { auth, form })).status, 404);
			assert.equal((await server.call('GET', `/iam/v1/Keys?AccountSid=${server.sid}`, { auth })).status, 404);
			assert.equal((await server.call('POST', '/iam/v1/Keys', { auth, form: { AccountSid: server.sid } })).status, 404);
			assert.equal((await server.call('POST', account(server), { auth, form: { FriendlyName: 'mine' } })).status, 404);
		});
	});

	it('cannot take its numbers away, and does nothing while it is suspended itself', async () => {
		await withServer({}, async (server) => {
			const master = (await server.call('POST', '/v1/accounts', { form: {} })).json, owner = `${master.sid}:${master.auth_token}`;
			const sub = (await server.call('POST', '/2010-04-01/Accounts.json', { auth: owner, form: {} })).json, auth = `${sub.sid}:${sub.auth_token}`;
			const app = (await server.call('POST', '/v1/connect_apps', { auth, json: { permissions: ['get-all', 'post-all'] } })).json;
			assert.equal((await server.call('POST', '/v1/authorized_connect_apps', { json: { connect_app_sid: app.sid } })).status, 201);
			const numbers = async () => (await server.account('GET', 'IncomingPhoneNumbers')).json.incoming_phone_numbers.map((n) => n.sid);
			const before = await numbers();
			assert.equal((await server.account('POST', `IncomingPhoneNumbers/${before[0]}`, { auth, form: { AccountSid: sub.sid } })).json.code, 20001);
			assert.deepEqual(await numbers(), before);
			const write = () => server.account('POST', 'Applications', { auth, form: {} });
			assert.equal((await write()).status, 201);
			const status = (Status) => server.call('POST', account(sub), { auth: owner, form: { Status } });
			assert.equal((await status('suspended')).status, 200);
			const refused = await write();
			assert.deepEqual([refused.json.code, refused.json.message], [20005, `Account ${sub.sid} is suspended.`]);
			assert.equal((await status('active')).status, 200);
			assert.equal((await write()).status, 201);
		});
	});
});

describe('failed attempts', () => {
	it('slow down a key at an address, and nobody else', async () => {
		await withServer({ loops: 4 }, async (server) => {
			const path = account(server), guess = (local, user = server.sid) => once(server, path, { auth: `${user}:guess`, local });
			const own = (local) => once(server, path, { auth: `${server.sid}:${server.token}`, local });
			const key = (await server.account('POST', 'Keys', { form: {} })).json;
			assert.equal((await own('127.0.0.5')).status, 200);
			const seen = [];
			for (let i = 0; i < 15; i++)
				seen.push((await guess('127.0.0.9')).status);
			assert.deepEqual(seen, [...Array(10).fill(401), ...Array(5).fill(429)]);
			const refused = await guess('127.0.0.9');
			assert.equal(refused.json.code, 20429);
			assert.ok(Number(refused.headers['retry-after']) > 0 && Number(refused.headers['retry-after']) <= 30);
			// The right secret is not told from a wrong one there …
			assert.equal((await own('127.0.0.9')).status, 429);
			// … but another key signs in from there, and the owner from where he was.
			assert.equal((await once(server, path, { auth: `${key.sid}:${key.secret}`, local: '127.0.0.9' })).status, 200);
			assert.equal((await own('127.0.0.5')).status, 200);
			assert.equal((await once(server, path, { auth: `${server.sid}:guess`, local: '127.0.0.9', header: undefined })).status, 429);
			// Who was good here is not locked out by guesses from here.
			for (let i = 0; i < 30; i++)
				assert.equal((await guess('127.0.0.5')).status, 401);
			assert.equal((await own('127.0.0.5')).status, 200);
			// Many keys from one address: the address, which is forgiven one more every three seconds.
			const begin = Date.now(), tries = [];
			do
				tries.push((await guess('127.0.0.8', `SK${String(tries.length).padStart(32, '0')}`)).status);
			while (tries.at(-1) === 401 && tries.length < 1000);
			const forgiven = Math.floor((Date.now() - begin) / 3000);
			assert.equal(tries.at(-1), 429);
			assert.ok(tries.length > 100 && tries.length <= 101 + forgiven, `${tries.length} tries, ${forgiven} forgiven`);
			assert.equal((await own('127.0.0.7')).status, 200);
			const spoofed = await fetch(server.url + path, { headers: { 'x-forwarded-for': '127.0.0.8',
				authorization: `Basic ${Buffer.from(`${server.sid}:${server.token}`).toString('base64')}` } });
			assert.equal(spoofed.status, 200);
			const { text } = await server.call('GET', '/metrics');
			assert.match(text, /strowger_api_login_failed_total [1-9]/);
			assert.match(text, /strowger_api_login_delayed_total [1-9]/);
		});
	});
});

describe('credentials for TURN servers', () => {
	it('follow the usual scheme', async () => {
		const servers = 'stun:stun.example.org:3478, turn:turn.example.org:3478?transport=udp';
		await withServer({ args: ['--ice-servers', servers, '--ice-secret', '$TURN_SECRET'], env: { TURN_SECRET: 'north' } }, async (server) => {
			const made = await byPrefix(server).tokens.create({ ttl: 60 });
			const [end, name] = made.username.split(':');
			assert.equal(name, server.sid);
			assert.ok(Math.abs(Number(end) - Date.now() / 1000 - 60) < 30);
			assert.equal(made.password, createHmac('sha1', 'north').update(made.username).digest('base64'));
			assert.equal(made.ttl, '60');
			assert.deepEqual(made.iceServers.map((s) => s.urls), ['stun:stun.example.org:3478', 'turn:turn.example.org:3478?transport=udp']);
			assert.deepEqual([made.iceServers[0].credential, made.iceServers[1].credential], [undefined, made.password]);
			assert.equal((await server.account('POST', 'Tokens', { form: { Ttl: 0 } })).status, 400);
		});
	});

	it('are empty when no server is configured', async () => {
		await withServer({}, async (server) => {
			const { json } = await server.account('POST', 'Tokens', { form: {} });
			assert.deepEqual([json.ice_servers, json.username, json.password, json.ttl], [[], null, null, '86400']);
		});
	});
});

describe('the log', () => {
	it('tells of failed sign-ins and of what limits refused, a few a second, and never a secret', async () => {
		await withServer({ args: ['--tier', 'free'] }, async (server) => {
			await server.call('GET', '/v1/account'); // who signed in well is not kept out by what follows
			for (let i = 0; i < 8; i++)
				await server.call('GET', '/v1/account', { auth: `${server.sid}:secret-${i}` });
			await server.call('GET', '/v1/account', { auth: `${server.token}:${server.sid}` });
			await until(async () => {
				await server.call('POST', '/v1/messages', { json: {} });
				await server.call('GET', '/v1/account', { auth: 'AC00000000000000000000000000000001:x' });
				return /sign-in failed.*left_out=[1-9]/.test(server.err) && /refused by a limit/.test(server.err);
			}, 'the lines');
			assert.match(server.err, new RegExp(`level=warn room=api msg="sign-in failed" user=${server.sid} address=127.0.0.1 why="no such user, or another secret"`));
			assert.match(server.err, new RegExp(`msg="refused by a limit" account=${server.sid} address=127.0.0.1 why="Limit 'send'`));
			assert.doesNotMatch(server.err, /secret-\d/);
			assert.ok(!server.err.includes(server.token));
		});
	});
});
