// Sessions: a token in the place of a secret; as good as the secret, no better, and gone with it on every loop.
import assert from 'node:assert/strict';
import { describe, it, before, after } from 'node:test';
import { Server, until } from './lib/server.mjs';
import { Stream } from './lib/sse.mjs';

const HOURS = 3600;
const hello = { To: '+15005550010', From: '+15005550006', Body: 'hello' };
const bearer = (token) => ({ auth: null, headers: { authorization: `Bearer ${token}`, connection: 'close' } });

describe('sessions', () => {
	let server;
	before(async () => {
		server = await Server.start({ loops: 4, args: ['--virtual-clock', 'true'] });
	});
	after(() => server.stop());

	const own = () => `/2010-04-01/Accounts/${server.sid}.json`;
	const begin = (auth = `${server.sid}:${server.token}`) => server.call('POST', '/v1/sessions', { auth });
	const session = async (auth) => {
		const reply = await begin(auth);
		assert.equal(reply.status, 201, reply.text);
		return reply.json;
	};
	const get = (token, path = own()) => server.call('GET', path, bearer(token));
	/** What all loops say: each has a listener of its own, and each request a connection. */
	const everywhere = async (token, path) => [...new Set(await Promise.all(Array.from({ length: 24 }, async () => {
		const { status, json } = await get(token, path);
		return status === 200 ? 200 : `${status} ${json.code}`;
	})))];
	const account = async () => (await server.call('POST', '/2010-04-01/Accounts.json', { form: {} })).json;
	const key = async (policy) => {
		const form = { AccountSid: server.sid, ...(policy && { KeyType: 'restricted', Policy: JSON.stringify(policy) }) };
		return (await server.call('POST', '/iam/v1/Keys', { form })).json;
	};

	it('sign in by the auth token', async () => {
		const reply = await begin(), { json } = reply;
		assert.equal(reply.status, 201);
		assert.deepEqual(Object.keys(json), ['account_sid', 'token', 'date_expires', 'key_sid']);
		assert.equal(json.account_sid, server.sid);
		assert.equal(json.key_sid, null);
		assert.equal(reply.headers.get('cache-control'), 'no-store');
		const fetched = await get(json.token);
		assert.equal(fetched.status, 200);
		// It is as good as the auth token: what needs that is done.
		assert.equal(fetched.json.auth_token, server.token);
		assert.equal((await server.call('POST', '/iam/v1/Keys', { ...bearer(json.token), form: { AccountSid: server.sid } })).status, 201);
		assert.equal((await server.call('POST', '/v1/accounts', { ...bearer(json.token), json: { friendly_name: 'tenant' } })).status, 201);
	});

	it('say by whose key', async () => {
		const { sid, secret } = await key();
		const { token, key_sid } = await session(`${sid}:${secret}`);
		assert.equal(key_sid, sid);
		assert.equal((await get(token)).json.auth_token, null);
		const refused = await server.call('POST', '/iam/v1/Keys', { ...bearer(token), form: { AccountSid: server.sid } });
		assert.deepEqual([refused.status, refused.json.code], [403, 20006]);
	});

	it('need good credentials', async () => {
		const { sid } = await key();
		for (const auth of [null, `${server.sid}:wrong`, `${sid}:`, `AC${'0'.repeat(32)}:${server.token}`]) {
			const reply = await begin(auth);
			assert.deepEqual([reply.status, reply.json.code], [401, 20003]);
			assert.match(reply.headers.get('www-authenticate'), /^Basic/);
		}
	});

	it('may what a restricted key may', async () => {
		const { sid, secret } = await key({ allow: ['/twilio/messaging/messages/create'] });
		const { token } = await session(`${sid}:${secret}`);
		const messages = `/2010-04-01/Accounts/${server.sid}/Messages.json`;
		assert.equal((await server.call('POST', messages, { ...bearer(token), form: hello })).status, 201);
		const refused = await get(token, messages);
		assert.deepEqual([refused.status, refused.json.code], [401, 70051]);
		assert.match(refused.headers.get('www-authenticate'), /^Bearer/);
		// The policy is read when it is asked for, not when the session began.
		await server.call('POST', `/iam/v1/Keys/${sid}`, { form: { Policy: '{"allow":["/twilio/messaging/messages/list"]}' } });
		assert.deepEqual(await everywhere(token, messages), [200]);
		assert.equal((await server.call('POST', messages, { ...bearer(token), form: hello })).json.code, 70051);
	});

	it('make no further sessions, nor do access tokens', async () => {
		const app = (await server.call('POST', '/iam/v1/Account/OAuthApps', { json: { friendly_name: 'x', policy: { allow: ['/twilio/messaging/messages/*'] } } })).json;
		const { access_token } = (await server.call('POST', '/oauth/v2/token', { auth: null,
			form: { grant_type: 'client_credentials', client_id: app.sid, client_secret: app.secret } })).json;
		for (const token of [(await session()).token, access_token]) {
			const reply = await server.call('POST', '/v1/sessions', bearer(token));
			assert.deepEqual([reply.status, reply.json.code], [403, 20006]);
		}
	});

	it('act for subaccounts as Basic does', async () => {
		const sub = await account(), other = (await server.call('POST', '/v1/accounts', { json: { friendly_name: 'other' } })).json;
		const { token } = await session();
		assert.equal((await get(token, `/2010-04-01/Accounts/${sub.sid}.json`)).json.sid, sub.sid);
		assert.equal((await get(token, `/2010-04-01/Accounts/${other.sid}.json`)).status, 404);
		const of_sub = await session(`${sub.sid}:${sub.auth_token}`);
		assert.equal(of_sub.account_sid, sub.sid);
		assert.equal((await get(of_sub.token, `/2010-04-01/Accounts/${sub.sid}.json`)).status, 200);
		assert.equal((await get(of_sub.token)).status, 404);
	});

	it('end with the auth token', async () => {
		const sub = await account(), path = `/2010-04-01/Accounts/${sub.sid}.json`, auth = `${sub.sid}:${sub.auth_token}`;
		const old = await session(auth);
		const { secondary_auth_token } = (await server.call('POST', '/accounts/v1/AuthTokens/Secondary', { auth })).json;
		const second = await session(`${sub.sid}:${secondary_auth_token}`);
		assert.deepEqual(await everywhere(old.token, path), [200]);
		assert.deepEqual(await everywhere(second.token, path), [200]);
		assert.equal((await server.call('POST', '/accounts/v1/AuthTokens/Promote', { auth })).status, 200);
		assert.deepEqual(await everywhere(old.token, path), ['401 20101']);
		assert.deepEqual(await everywhere(second.token, path), [200]);
	});

	it('end with the secondary auth token', async () => {
		const sub = await account(), path = `/2010-04-01/Accounts/${sub.sid}.json`, auth = `${sub.sid}:${sub.auth_token}`;
		const { secondary_auth_token } = (await server.call('POST', '/accounts/v1/AuthTokens/Secondary', { auth })).json;
		const second = await session(`${sub.sid}:${secondary_auth_token}`);
		assert.deepEqual(await everywhere(second.token, path), [200]);
		await server.call('DELETE', '/accounts/v1/AuthTokens/Secondary', { auth });
		assert.deepEqual(await everywhere(second.token, path), ['401 20101']);
	});

	it('end with the key, also where a stream goes on', async () => {
		const { sid, secret } = await key(), { token } = await session(`${sid}:${secret}`);
		const stream = await Stream.open(server, '/v1/events/stream', { headers: { Authorization: `Bearer ${token}` } });
		assert.deepEqual(await everywhere(token), [200]);
		assert.equal((await server.call('DELETE', `/iam/v1/Keys/${sid}`)).status, 204);
		assert.deepEqual(await everywhere(token), ['401 20101']);
		const reply = await get(token);
		assert.match(reply.headers.get('www-authenticate'), /^Bearer .*error="invalid_token"/);
		await until(() => stream.ended, 'the end of the stream');
	});

	it('rest while the account is suspended, and end when it is closed', async () => {
		const sub = await account(), path = `/2010-04-01/Accounts/${sub.sid}.json`;
		const { token } = await session(`${sub.sid}:${sub.auth_token}`);
		const set = (Status) => server.call('POST', path, { form: { Status } });
		await set('suspended');
		assert.deepEqual(await everywhere(token, path), ['401 20101']);
		assert.equal((await begin(`${sub.sid}:${sub.auth_token}`)).json.code, 20005);
		await set('active');
		assert.deepEqual(await everywhere(token, path), [200]);
		await set('closed');
		assert.deepEqual(await everywhere(token, path), ['401 10001']);
	});

	it('are not made by others', async () => {
		const { token } = await session(), [head, claims, signature] = token.split('.');
		const told = JSON.parse(Buffer.from(claims, 'base64url'));
		assert.ok(!Buffer.from(claims, 'base64url').includes(server.token));
		const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
		const forged = [`${head}.${part({ ...told, exp: told.exp + 60 })}.${signature}`, `${head}.${claims}.${signature.slice(1)}`,
			`${part({ alg: 'none', typ: 'JWT' })}.${claims}.`, `${head}.${claims}`];
		for (const bad of forged) {
			const reply = await get(bad);
			assert.deepEqual([reply.status, reply.json.code], [401, 20101]);
		}
	});

	it('live for twelve hours', async () => {
		const { token, date_expires } = await session();
		const { now } = (await server.call('POST', '/v1/clock', { form: { advance_s: 12 * HOURS - 60 } })).json;
		assert.ok(Math.abs(Date.parse(date_expires) - Date.parse(now) - 60000) < 5000, `${now} ${date_expires}`);
		assert.equal((await get(token)).status, 200);
		await server.call('POST', '/v1/clock', { form: { advance_s: 61 } });
		const late = await get(token);
		assert.deepEqual([late.status, late.json.code], [401, 20104]);
		assert.match(late.headers.get('www-authenticate'), /^Bearer .*error="invalid_token"/);
		assert.equal((await get((await session()).token)).status, 200);
	});
});
