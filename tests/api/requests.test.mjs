// The request log: what an account asked and was answered, whichever loop served it; as a list, as a stream, for whom it
// is, without secrets, and no more than fits.
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';
import { Server, patience, until, withServer } from './lib/server.mjs';
import { Stream } from './lib/sse.mjs';

const LOG = '/v1/requests';
const hello = { To: '+15005550010', From: '+15005550006', Body: 'hello' };
const basic = (auth) => `Basic ${Buffer.from(auth).toString('base64')}`;
/** fetch keeps connections, and each is one loop's: these are spread over all of them. */
const spread = { connection: 'close' };

/** The whole log, page by page, newest first. */
async function log(server, query = '', options = {}) {
	const all = [];
	for (let cursor = '', page; cursor !== null; cursor = page.next_cursor) {
		const reply = await server.call('GET', `${LOG}?limit=1000${query}${cursor && `&cursor=${cursor}`}`, options);
		assert.equal(reply.status, 200, reply.text);
		page = reply.json;
		all.push(...page.data);
	}
	return all;
}

/** A request as bytes on a connection of its own. */
const raw = (server, method, path, headers, body = '') => new Promise((done, fail) => {
	const sent = request({ port: server.port, host: '127.0.0.1', path, method, agent: false, headers: { authorization: basic(`${server.sid}:${server.token}`),
		'content-length': Buffer.byteLength(body), ...headers } }, (reply) => {
		let text = '';
		reply.on('data', (piece) => (text += piece)).on('end', () => done({ status: reply.statusCode, text, id: reply.headers['twilio-request-id'] }));
	});
	sent.on('error', fail).end(body);
});

describe('the request log', () => {
	let server;
	const opened = [];
	const open = async (query = '', options) => {
		const stream = await Stream.open(server, `${LOG}/stream${query}`, options);
		assert.equal(stream.status, 200);
		opened.push(stream);
		return stream;
	};
	const messages = () => `/2010-04-01/Accounts/${server.sid}/Messages.json`;
	const send = (fields = {}, options = {}) => server.call('POST', messages(), { form: { ...hello, ...fields }, headers: spread, ...options });
	const subaccount = async () => (await server.call('POST', '/2010-04-01/Accounts.json', { form: { FriendlyName: 'x' } })).json;
	/** Sends so many, few at once (a crowd may be refused as overload, which nobody signed in for); their request ids. */
	const crowd = async (n) => {
		const ids = [];
		const one = async () => {
			while (n-- > 0) {
				const reply = await send();
				assert.equal(reply.status, 201, reply.text);
				ids.push(reply.headers.get('twilio-request-id'));
			}
		};
		await Promise.all(Array.from({ length: 6 }, one));
		return ids;
	};
	const newest = async (query = '', options) => (await server.call('GET', `${LOG}?limit=1${query}`, options)).json.data[0];

	before(async () => (server = await Server.start({ loops: 4 })));
	after(() => server.stop());
	afterEach(() => opened.splice(0).forEach((stream) => stream.close()));

	it('has what was asked and what was answered', async () => {
		const sent = await send({ Body: 'ünïcode & more' }, { headers: { ...spread, 'user-agent': 'mine/1.0' } });
		const seen = await newest();
		assert.deepEqual(Object.keys(seen), ['request_id', 'account_sid', 'date', 'method', 'path', 'operation', 'status', 'code', 'duration_ms', 'user_agent',
			'source_ip', 'key_sid', 'request_body', 'request_bytes', 'response_body', 'response_bytes', 'resource_sid']);
		const { date, duration_ms, request_body, response_body, ...rest } = seen;
		assert.deepEqual(rest, { request_id: sent.headers.get('twilio-request-id'), account_sid: server.sid, method: 'POST', path: messages(),
			operation: 'CreateMessage', status: 201, code: null, user_agent: 'mine/1.0', source_ip: '127.0.0.1', key_sid: null,
			request_bytes: Buffer.byteLength(request_body), response_bytes: Buffer.byteLength(sent.text), resource_sid: sent.json.sid });
		assert.ok(Math.abs(Date.now() - Date.parse(date)) < 5000 * patience);
		assert.ok(Number.isInteger(duration_ms) && duration_ms >= 0);
		assert.equal(new URLSearchParams(request_body).get('Body'), 'ünïcode & more');
		assert.equal(response_body, sent.text);
	});

	it('has what was refused, and paths that there are not', async () => {
		await send({ To: 'nobody' });
		const refused = await newest();
		assert.deepEqual([refused.status, refused.code, refused.operation], [400, 21211, 'CreateMessage']);
		assert.equal(JSON.parse(refused.response_body).code, 21211);
		await server.call('GET', '/2010-04-01/Acounts.json?Token=abc', { headers: spread });
		const lost = await newest();
		assert.deepEqual([lost.status, lost.code, lost.operation, lost.path], [404, 20404, null, '/2010-04-01/Acounts.json']);
		await server.call('PUT', messages(), { headers: spread });
		assert.deepEqual([(await newest()).status, (await newest()).code], [405, 20004]);
		await server.call('GET', `/2010-04-01/Accounts/${server.sid}/Messages/SM${'0'.repeat(32)}.json`);
		assert.deepEqual([(await newest()).status, (await newest()).resource_sid], [404, `SM${'0'.repeat(32)}`]);
		await raw(server, 'HEAD', messages(), {});
		assert.deepEqual([(await newest()).method, (await newest()).status], ['HEAD', 200]);
	});

	it('does not have itself, and no pages', async () => {
		const before_all = (await log(server)).length;
		for (const path of [LOG, `${LOG}?method=GET`, `${LOG}?cursor=nonsense`, '/healthz', '/metrics', '/docs', '/openapi.json', '/docs/errors/20003'])
			await fetch(server.url + path, { headers: { authorization: basic(`${server.sid}:${server.token}`) } }).then((r) => r.text());
		const stream = await open();
		stream.close();
		assert.equal((await log(server)).length, before_all);
		await (await Stream.open(server, '/v1/events/stream')).close();
		await until(async () => (await newest()).operation === 'StreamEvents', 'the beginning of a stream');
	});

	it('is filtered', async () => {
		const sid = (await send({ Body: 'NeedleInTheBody' })).json.sid;
		await send({ To: 'nobody' });
		await server.call('DELETE', `/2010-04-01/Accounts/${server.sid}/Messages/${sid}.json`, { headers: spread });
		const all = await log(server);
		const rows = { 'method=POST': (r) => r.method === 'POST', 'method=get': (r) => r.method === 'GET', 'status=400': (r) => r.status === 400,
			'status=4xx': (r) => r.status >= 400 && r.status < 500, 'status=2XX': (r) => r.status < 300, 'code=21211': (r) => r.code === 21211,
			'path=/2010-04-01/Accounts/': (r) => r.path.startsWith('/2010-04-01/Accounts/'), 'path=/v1/nothing': () => false,
			[`search=${sid}`]: (r) => [r.path, r.request_body, r.response_body, r.resource_sid].some((t) => t?.includes(sid)),
			'search=deletemess': (r) => r.operation === 'DeleteMessage',
			'method=POST&status=4xx&code=21211': (r) => r.method === 'POST' && r.code === 21211 };
		for (const [query, wanted] of Object.entries(rows)) {
			assert.deepEqual((await log(server, `&${query}`)).map((r) => r.request_id), all.filter(wanted).map((r) => r.request_id), query);
			assert.ok(query.includes('nothing') || all.some(wanted), query);
		}
		const found = await send({ Body: 'needleINTHEbody again' });
		assert.deepEqual((await log(server, '&search=NEEDLEinthebody+again')).map((r) => r.resource_sid), [found.json.sid]);
		for (const query of ['status=abc', 'status=4', 'status=4x', 'status=9xx', 'status=099', 'code=x', 'cursor=x', 'cursor=1-', 'cursor=-1', 'cursor=1-fff', 'nonsense=1', 'limit=0',
			`search=${'x'.repeat(201)}`]) {
			const reply = await server.call('GET', `${LOG}?${query}`);
			assert.deepEqual([reply.status, reply.json.code], [400, 20001], query);
		}
		assert.equal((await server.call('GET', `${LOG}/stream?status=no`)).status, 400);
	});

	it('comes in pages over all loops, each once and in order', async () => {
		const ids = new Set(await crowd(120));
		const pages = [];
		for (let cursor = '', page; cursor !== null; cursor = page.next_cursor) {
			page = (await server.call('GET', `${LOG}?limit=7&method=POST${cursor && `&cursor=${cursor}`}`)).json;
			assert.ok(page.data.length === 7 || page.next_cursor === null);
			pages.push(...page.data);
		}
		assert.deepEqual(pages.map((r) => r.request_id), (await log(server, '&method=POST')).map((r) => r.request_id));
		assert.equal(new Set(pages.map((r) => r.request_id)).size, pages.length);
		assert.ok(pages.every((r, i) => !i || r.date <= pages[i - 1].date));
		assert.equal(pages.filter((r) => ids.has(r.request_id)).length, ids.size);
		assert.deepEqual((await server.call('GET', `${LOG}?cursor=0-0`)).json, { data: [], next_cursor: null });
	});

	it('is followed, also over a reconnect', async () => {
		const stream = await open();
		const first = await crowd(150); // more than a loop hands over at once
		await until(() => stream.data.length >= 150, 'all records');
		assert.deepEqual(stream.data.map((r) => r.request_id).sort(), first.sort());
		assert.deepEqual(stream.data, (await log(server)).slice(0, 150).reverse());
		stream.close();
		const missed = await crowd(40);
		const at = stream.events[100].id;
		for (const again of [await open('', { headers: { 'Last-Event-ID': stream.lastId } }), await open(`?cursor=${stream.lastId}`)]) {
			await until(() => again.data.length >= 40, 'what was missed');
			assert.deepEqual(again.data.map((r) => r.request_id).sort(), [...missed].sort());
		}
		const both = await open('?cursor=0-0', { headers: { 'Last-Event-ID': at } });
		await until(() => both.data.length >= 89, 'the rest');
		assert.deepEqual(both.data.map((r) => r.request_id), (await log(server)).slice(0, 89).reverse().map((r) => r.request_id));
		const later = await crowd(3);
		await until(() => both.data.length >= 92, 'what came later');
		assert.deepEqual(both.data.slice(89).map((r) => r.request_id).sort(), later.sort());
	});

	it('is followed while requests come on every loop, and misses none', async () => {
		const stream = await open();
		let last = '';
		const seen = [];
		const cut = async (from) => {
			await until(() => from.data.length >= 20, 'some records');
			from.close();
			seen.push(...from.data);
			last = from.lastId;
		};
		const sending = crowd(320);
		await cut(stream);
		for (let i = 0; i < 4; i++)
			await cut(await open('', { headers: { 'Last-Event-ID': last } }));
		const ids = await sending;
		const rest = await open('', { headers: { 'Last-Event-ID': last } });
		await until(() => rest.data.length + seen.length >= ids.length, 'the rest');
		const all = [...seen, ...rest.data].map((r) => r.request_id);
		assert.equal(new Set(all).size, all.length);
		assert.deepEqual([...all].sort(), ids.sort());
	});

	it('is followed through a filter', async () => {
		const stream = await open('?status=4xx&method=POST');
		await send();
		await send({ To: 'nobody' });
		await server.call('GET', '/2010-04-01/nothing.json');
		await send({ From: 'nobody' });
		await until(() => stream.data.length >= 2, 'two errors');
		assert.deepEqual(stream.data.map((r) => r.code), [21211, (await newest('&method=POST')).code]);
	});

	it('is each account\'s own, and its owner\'s', async () => {
		const [one, two, other] = [await subaccount(), await subaccount(), (await server.call('POST', '/v1/accounts', { json: { friendly_name: 'other' } })).json];
		const own = { auth: `${one.sid}:${one.auth_token}` };
		await server.call('GET', `/2010-04-01/Accounts/${one.sid}.json`, { ...own, headers: spread });
		await server.call('GET', `/2010-04-01/Accounts/${one.sid}/Messages.json`, { headers: spread }); // by its owner
		await server.call('GET', `/2010-04-01/Accounts/${two.sid}.json`, { ...own, headers: spread }); // refused
		assert.deepEqual((await log(server, '', own)).map((r) => [r.account_sid, r.status]), [[one.sid, 404], [one.sid, 200], [one.sid, 200]]);
		assert.deepEqual(await log(server, '', { auth: `${two.sid}:${two.auth_token}` }), []);
		assert.deepEqual(await log(server, '', { auth: `${other.sid}:${other.auth_token}` }), []);
		assert.equal((await log(server)).filter((r) => r.account_sid === one.sid).length, 3);
		const stream = await open('', { auth: `${two.sid}:${two.auth_token}` }), owners = await open();
		await send();
		await server.call('GET', `/2010-04-01/Accounts/${two.sid}.json`);
		await until(() => stream.data.length && owners.data.length >= 2, 'records');
		assert.deepEqual(stream.data.map((r) => r.account_sid), [two.sid]);
		assert.deepEqual(owners.data.map((r) => r.account_sid), [server.sid, two.sid]);
	});

	it('says which key, but not to those whose key it is not', async () => {
		const key = (await server.call('POST', '/iam/v1/Keys', { form: { AccountSid: server.sid } })).json, sub = await subaccount();
		const auth = `${key.sid}:${key.secret}`;
		await server.call('GET', `/2010-04-01/Accounts/${sub.sid}.json`, { auth });
		assert.equal((await newest()).key_sid, key.sid);
		const theirs = await newest('', { auth: `${sub.sid}:${sub.auth_token}` });
		assert.deepEqual([theirs.request_id, theirs.key_sid], [(await newest()).request_id, null]);
	});

	it('has failed sign-ins of those who are known', async () => {
		const sub = await subaccount(), own = { auth: `${sub.sid}:${sub.auth_token}` };
		const key = (await server.call('POST', '/iam/v1/Keys', { form: { AccountSid: sub.sid } })).json;
		await server.call('POST', `/2010-04-01/Accounts/${sub.sid}/Messages.json`, { auth: `${sub.sid}:WrongPassword1`, form: { ...hello, Body: 'a stranger\'s' } });
		await server.call('GET', `/2010-04-01/Accounts/${sub.sid}.json`, { auth: `${key.sid}:WrongPassword2` });
		const rows = (await log(server, '&status=401', own));
		assert.deepEqual(rows.map((r) => [r.status, r.code, r.method, r.request_body, r.key_sid]), [[401, 20003, 'GET', null, null], [401, 20003, 'POST', null, null]]);
		const everything = JSON.stringify(await log(server));
		for (const secret of ['WrongPassword', Buffer.from(`${sub.sid}:WrongPassword1`).toString('base64'), 'a stranger'])
			assert.ok(!everything.includes(secret), secret);
		const all = (await log(server)).length;
		await server.call('GET', `/2010-04-01/Accounts/${sub.sid}.json`, { auth: `AC${'0'.repeat(32)}:x` });
		await server.call('GET', `/2010-04-01/Accounts/${sub.sid}.json`, { auth: null });
		await server.call('GET', '/2010-04-01/nothing.json', { auth: null });
		assert.equal((await log(server)).length, all);
	});

	it('has no secrets', async () => {
		const secrets = [server.token];
		const sub = await subaccount(), own = `${sub.sid}:${sub.auth_token}`;
		secrets.push(sub.auth_token);
		for (const [path, form] of [['/iam/v1/Keys', { AccountSid: server.sid }], [`/2010-04-01/Accounts/${server.sid}/Keys.json`, {}], [`/2010-04-01/Accounts/${server.sid}/SigningKeys.json`, {}]])
			secrets.push((await server.call('POST', path, { form, headers: { 'idempotency-key': path } })).json.secret);
		secrets.push((await server.call('POST', '/iam/v1/Keys', { form: { AccountSid: server.sid }, headers: { 'idempotency-key': '/iam/v1/Keys' } })).json.secret); // a replay
		secrets.push((await server.call('POST', '/accounts/v1/AuthTokens/Secondary', { auth: own })).json.secondary_auth_token);
		assert.equal((await server.call('POST', '/accounts/v1/AuthTokens/Promote', { auth: own })).json.auth_token, secrets.at(-1));
		secrets.push((await server.call('POST', '/v1/sessions')).json.token);
		secrets.push((await server.call('POST', '/v1/accounts', { json: { friendly_name: 'x' } })).json.auth_token);
		const app = (await server.call('POST', '/iam/v1/Account/OAuthApps', { json: { friendly_name: 'x', policy: { allow: [] } } })).json;
		secrets.push(app.secret);
		const asked = { grant_type: 'client_credentials', client_id: app.sid, client_secret: app.secret };
		secrets.push((await server.call('POST', '/oauth/v2/token', { auth: null, form: asked })).json.access_token);
		await server.call('POST', '/oauth/v2/token', { auth: null, form: { ...asked, client_secret: `${app.secret}x` } });
		await server.call('POST', '/accounts/v1/Credentials/AWS', { form: { Credentials: 'AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' } });
		await server.call('POST', '/events/v1/Sinks', { form: { Description: 'd', SinkType: 'webhook',
			SinkConfiguration: JSON.stringify({ destination: 'http://user:SecretOfASink@127.0.0.1:9/' }) } });
		await server.call('POST', '/v1/event_subscriptions', { json: { url: 'http://user:SecretOfASink@127.0.0.1:9/', types: ['*'] } });
		await send({ StatusCallback: 'http://user:SecretOfAUrl@127.0.0.1:9/x' });
		await server.call('POST', '/v1/messages', { json: { to: hello.To, from: hello.From, body: 'x', status_callback: 'http://user:SecretOfAUrl@127.0.0.1:9/x' } });
		// Names in other spellings of the same, and bodies that cannot be read.
		await raw(server, 'POST', '/accounts/v1/Credentials/AWS', { 'content-type': 'application/x-www-form-urlencoded' }, 'C%72edentials=SpeltOtherwise&FriendlyName=x');
		await raw(server, 'POST', '/v1/event_subscriptions', { 'content-type': 'application/json' }, '{"\\u0075rl":"http://x/?SpeltOtherwise","types":["*"]}');
		await raw(server, 'POST', '/v1/event_subscriptions', { 'content-type': 'application/json' }, '{"url":"http://x/?NotJson","types":');
		await raw(server, 'GET', `/2010-04-01/Accounts/${server.sid}.json`, {});
		await raw(server, 'GET', '/2010-04-01/Accounts.json', {});
		const rows = await log(server), all = JSON.stringify(rows);
		assert.ok(secrets.length > 10);
		for (const secret of [...secrets, 'bPxRfiCYEXAMPLEKEY', 'SecretOf', 'SpeltOtherwise', 'NotJson'])
			assert.ok(secret && !all.includes(secret) && !all.includes(basic(`x:${secret}`).slice(12, -4)), secret);
		// What is no secret is there still.
		const at = (operation) => rows.find((r) => r.operation === operation && r.status < 300);
		assert.equal(JSON.parse(at('CreateSession').response_body).token, '***');
		assert.equal(JSON.parse(at('CreateIamKey').response_body).secret, '***');
		assert.match(JSON.parse(at('CreateIamKey').response_body).sid, /^SK/);
		assert.match(at('FetchAccount').response_body, /^\{"auth_token":"\*\*\*","date_created":/);
		assert.equal(JSON.parse(at('CreateMasterAccount').response_body).auth_token, '***');
		assert.equal(new URLSearchParams(at('CreateMessage').request_body).get('StatusCallback'), 'http://***@127.0.0.1:9/x');
		assert.equal(at('CreateOauth2Token').account_sid, server.sid);
	});

	it('has none in what is no form, escaped, or said back', async () => {
		const multipart = (fields) => {
			const body = new FormData();
			for (const [name, value] of Object.entries(fields))
				body.set(name, value);
			return body;
		};
		const json = { 'content-type': 'application/json' }, to = `"to":"${hello.To}","from":"${hello.From}","body":"x"`;
		const sink = { Description: 'd', SinkType: 'webhook', SinkConfiguration: '{"destination":"http://127.0.0.1:9/HushInAPart"}' };
		assert.equal((await server.call('POST', '/events/v1/Sinks', { body: multipart(sink) })).status, 201);
		assert.equal((await newest()).request_body, null);
		await server.call('POST', `/2010-04-01/Accounts/${server.sid}/Applications.json`,
			{ body: multipart({ SmsUrl: 'http://u:HushInAUrl@127.0.0.1:9/', StatusCallback: 'http://u:HushInAUrl@127.0.0.1:9/' }) });
		await raw(server, 'POST', '/v1/event_subscriptions', { 'content-type': 'application/x-www-form-urlencoded' }, '\ufeff{"url":"http://x/?HushBehindAMark"}');
		assert.equal((await newest()).request_body, null);
		await raw(server, 'POST', '/v1/messages', json, `{${to},"status_callback":"http://u:HushEscaped\\u0040127.0.0.1:9/"}`);
		await raw(server, 'POST', '/v1/messages', json, `{${to},"status_callback":"ftp://u:HushSaidBack@127.0.0.1:9/"}`);
		assert.equal((await newest()).code, 21609);
		await send({ Body: 'http://u:HushFirst@a/ http://u:HushSecond@b/' });
		const all = JSON.stringify(await log(server));
		for (const secret of ['HushInAPart', 'HushInAUrl', 'HushEscaped', 'HushSaidBack', 'HushFirst', 'HushSecond'])
			assert.ok(!all.includes(secret), secret);
	});

	it('loses a text also where an account that was let in asked for it', async () => {
		const [one, two] = [await subaccount(), (await server.call('POST', '/v1/accounts', { json: { friendly_name: 'other' } })).json];
		const own = { auth: `${one.sid}:${one.auth_token}` }, others = { auth: `${two.sid}:${two.auth_token}` };
		const app = (await server.call('POST', '/v1/connect_apps', { ...others, json: { friendly_name: 'x', permissions: ['get-all', 'post-all'] } })).json;
		await server.call('POST', '/v1/senders', { json: { sender: '+4915112345699', account_sid: one.sid } });
		assert.equal((await server.call('POST', '/v1/authorized_connect_apps', { ...own, json: { connect_app_sid: app.sid } })).status, 201);
		const list = `/2010-04-01/Accounts/${one.sid}/Messages.json`;
		const sent = await server.call('POST', list, { ...others, form: { ...hello, From: '+4915112345699', Body: 'HeardByAnother' } });
		assert.equal(sent.status, 201, sent.text);
		const path = `/2010-04-01/Accounts/${one.sid}/Messages/${sent.json.sid}.json`, found = () => log(server, '&search=HeardByAnother', others);
		await until(async () => (await server.call('GET', path, own)).json.status === 'delivered', 'the message');
		assert.equal((await found()).length, 1);
		assert.ok((await server.call('POST', path, { ...own, form: { Body: '' } })).status < 300);
		assert.deepEqual(await found(), []);
	});

	it('loses the text of a message that is redacted or deleted', async () => {
		const found = () => log(server, '&search=SayNothingOfThis');
		for (const take of [(path) => server.call('POST', path, { form: { Body: '' } }), (path) => server.call('DELETE', path)]) {
			const { sid } = (await send({ Body: 'SayNothingOfThis' })).json, path = `/2010-04-01/Accounts/${server.sid}/Messages/${sid}.json`;
			await until(async () => (await server.call('GET', path, { headers: spread })).json.status === 'delivered', 'the message');
			await server.call('GET', `${messages()}?PageSize=1`, { headers: spread });
			await server.call('GET', `${messages()}?PageSize=50`, { headers: spread });
			assert.ok((await found()).length >= 3);
			assert.ok((await take(path)).status < 300);
			assert.deepEqual(await found(), []);
			const made = (await log(server)).find((r) => r.resource_sid === sid && r.operation === 'CreateMessage');
			assert.deepEqual([made.status, made.request_body, made.response_body], [201, null, null]);
		}
	});

	it('has the beginning of what is long', async () => {
		const long = 'ü'.repeat(4000);
		await server.call('POST', messages(), { form: { ...hello, Body: long } });
		const form = await newest();
		assert.ok(form.request_body.length <= 2048 && form.request_body.length > 2000);
		assert.ok(form.request_bytes > 24000);
		await server.call('POST', '/v1/messages', { json: { to: hello.To, from: hello.From, body: long } });
		const json = await newest();
		assert.ok(Buffer.byteLength(json.request_body) <= 2048 && json.request_body.length > 1000);
		assert.ok(!json.request_body.includes('\ufffd'));
		// One that may hold a secret is looked through, and not kept when it is too long for that.
		await raw(server, 'POST', '/v1/event_subscriptions', { 'content-type': 'application/json' }, JSON.stringify({ url: 'http://x/SecretHere', description: 'x'.repeat(100000), types: ['*'] }));
		const secret = await newest();
		assert.deepEqual([secret.operation, secret.request_body, secret.request_bytes > 100000], ['CreateEventSubscription', null, true]);
		await raw(server, 'GET', `${messages()}?X=${'y'.repeat(3000)}`, {});
		assert.ok((await newest()).path.length < 1100);
		await raw(server, 'POST', messages(), { 'content-type': 'application/x-www-form-urlencoded' }, Buffer.from([0x42, 0xff, 0x3d, 0xfe, 0x00]).toString('latin1'));
		assert.equal((await newest()).status, 400);
	});

	it('ends its streams with their credentials', async () => {
		const key = (await server.call('POST', '/iam/v1/Keys', { form: { AccountSid: server.sid } })).json;
		const stream = await open('', { auth: `${key.sid}:${key.secret}` });
		await server.call('DELETE', `/iam/v1/Keys/${key.sid}`);
		await until(() => stream.ended, 'the end');
		assert.equal(stream.end.code, 20003);
	});
});

describe('the request log has an end', () => {
	it('of what fits, and of its process', async () => {
		await withServer({ loops: 1 }, async (server) => {
			const agent = new Agent({ keepAlive: true, maxSockets: 16 }), body = 'x'.repeat(2048);
			const ask = (path) => new Promise((done, fail) => request({ port: server.port, host: '127.0.0.1', method: 'POST', path, agent,
				headers: { authorization: basic(`${server.sid}:${server.token}`), 'content-length': body.length, 'content-type': 'application/x-www-form-urlencoded' } },
			(reply) => reply.resume().on('end', () => done(reply.statusCode))).on('error', fail).end(body));
			await server.call('GET', `/2010-04-01/Accounts/${server.sid}.json`);
			const oldest = (await log(server)).at(-1);
			assert.equal(oldest.operation, 'FetchAccount');
			const cursor = (await server.call('GET', `${LOG}?limit=1`)).json.next_cursor;
			assert.equal(cursor, null);
			const stream = await Stream.open(server, `${LOG}/stream`);
			const page = async (n) => (await server.call('GET', `${LOG}?limit=${n}`)).json;
			for (let i = 0; i < 250; i++)
				await Promise.all(Array.from({ length: 16 }, () => ask(`/2010-04-01/Accounts/${server.sid}/Messages.json`)));
			const rows = await log(server), bytes = rows.reduce((sum, r) => sum + r.request_body.length + r.response_body.length + r.path.length, 0);
			assert.ok(rows.length > 1000 && rows.length < 4000, `${rows.length} records`);
			assert.ok(bytes < 8 * 1024 * 1024 && bytes > 3 * 1024 * 1024, `${bytes} bytes`);
			assert.ok(!rows.some((r) => r.request_id === oldest.request_id));
			// A page whose rows are gone meanwhile is empty, and the last.
			const stale = (await page(1000)).next_cursor;
			for (let i = 0; i < 250; i++)
				await Promise.all(Array.from({ length: 16 }, () => ask(`/2010-04-01/Accounts/${server.sid}/Messages.json`)));
			assert.deepEqual((await server.call('GET', `${LOG}?cursor=${stale}`)).json, { data: [], next_cursor: null });
			assert.ok(stream.data.length > 0);
			stream.close();
			agent.destroy();
			const { lastId } = stream;
			await server.kill();
			await server.restart();
			assert.deepEqual(await log(server), []);
			const again = await Stream.open(server, `${LOG}/stream`, { headers: { 'Last-Event-ID': lastId } });
			await server.call('GET', `/2010-04-01/Accounts/${server.sid}.json`);
			await until(() => again.data.length, 'a record of the new process');
			assert.deepEqual(again.data.map((r) => r.operation), ['FetchAccount']);
			again.close();
		});
	});

	it('and begins with the virtual clock set back', async () => {
		await withServer({ args: ['--virtual-clock', 'true'] }, async (server) => {
			const fetched = () => server.call('GET', `/2010-04-01/Accounts/${server.sid}.json`);
			await server.call('POST', '/v1/clock', { form: { advance_s: 86400 } });
			await fetched();
			const stream = await Stream.open(server, `${LOG}/stream?cursor=0-0`);
			await until(() => stream.data.length >= 2, 'records');
			await server.kill();
			await server.restart();
			const again = await Stream.open(server, `${LOG}/stream`, { headers: { 'Last-Event-ID': stream.lastId } });
			await fetched();
			await until(() => again.data.length, 'a record');
			again.close();
		});
	});
});
