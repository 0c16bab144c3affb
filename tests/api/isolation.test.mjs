// Accounts are apart: every endpoint that the running server describes is asked with credentials that must not do, about
// resources that exist.  A new endpoint is covered as soon as it is in a table; when this test cannot fill a variable of its
// path it fails, and wants a line in `makers`.
import assert from 'node:assert/strict';
import { before, after, describe, it } from 'node:test';
import { METHODS, World, kindsOf } from './lib/world.mjs';

const MARK = 'belongs-to-the-first-account';
const RESTRICTED_KEY = { KeyType: 'restricted', Policy: '{"allow":[]}' };

let world, server, known, api, subs, foreign, restricted;

const credentials = (account) => `${account.sid}:${account.auth_token ?? account.secret}`;
const ask = (...args) => world.ask(...args);
const made = (...args) => world.made(...args);

/** A body as the description wants it; every SID and phone number in it is the first account's. */
function body(operation) {
	const content = Object.entries(operation.requestBody?.content ?? {})[0];
	if (!content)
		return {};
	const [type, { schema }] = content, values = {};
	for (const [name, property] of Object.entries(schema.properties ?? {})) {
		const kinds = kindsOf(property);
		const needed = schema.required?.includes(name);
		if (kinds?.includes('AC'))
			values[name] = server.sid;
		else if (kinds && kinds.some((kind) => known.has(kind)))
			values[name] = kinds.map((kind) => known.get(kind)).find(Boolean);
		else if (needed)
			values[name] = property.enum?.[0] ?? (property.format === 'phone-number' ? '+15005550006'
				: property.format === 'uri' ? 'https://example.com/' : property.type === 'integer' ? 1
				: property.type === 'boolean' ? true : property.type === 'array' ? [] : property.type === undefined ? {} : 'x');
	}
	return type.includes('json') ? { json: values } : { form: Object.fromEntries(Object.entries(values)
		.map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : value])) };
}

/** Every operation with a filled path: { method, path, pattern, operation, open }. */
function* operations() {
	for (const [pattern, item] of Object.entries(api.paths))
		for (const method of METHODS.filter((m) => item[m])) {
			const operation = item[method];
			yield { method: method.toUpperCase(), pattern, operation, open: operation.security.length === 0,
				path: world.fill(pattern, operation), names: /\{/.test(pattern) };
		}
}

// What moves by itself, and what is the server's and no account's.
const LIVE = /^\/v1\/(limits|requests|traces|carriers|event_sinks|errors|onboarding|webhooks\/(attempts|endpoints))|^\/monitor\/v1\/Alerts|authorize$|\/Usage\/Records|^\/metrics|Permissions$/;

/** All that the first account sees of itself. */
async function snapshot() {
	const seen = {};
	for (const { method, path, open } of operations())
		if (method === 'GET' && !open && !LIVE.test(path)) {
			const { status, text, json } = await ask('GET', path + (path.endsWith('/events') ? '?limit=1000' : ''));
			/* What a subaccount was refused, and its first good request, are told a second later, its owner too; the breaker of
			   the sinks where nobody listens opens after half a minute. */
			const settled = path.endsWith('/events') && json.data.filter((e) => !/^(alert\.created|account\.first_call|webhook\.endpoint_\w+)$/.test(e.type));
			seen[path] = `${status} ${settled ? JSON.stringify(settled) : text}`;
		}
	return seen;
}

/** A Connect application is made to be authorized by others: who knows its SID may do so, and sees its name. */
const secrets = () => [MARK, server.token, ...[...known.values()].filter((v) => /^(?!CN)[A-Z]{2}[0-9a-f]{32}$/.test(v))];

// A stranger's alerts, their events, and his requests repeat what he asked for himself; they are his, row for row.
const ECHO = /^\/v1\/(events|requests)|^\/monitor\/v1\/Alerts/;
let uttered = '';

/** The reply must hold nothing of the first account that was not said in the request. */
function tells_nothing(reply, { method, path }, sent, what, shared) {
	const words = path + JSON.stringify(sent);
	uttered += words;
	const echo = ECHO.test(path), said = (echo ? uttered : words) + shared;
	if (echo && reply.status === 200)
		assert.ok(!reply.text.includes(`"account_sid":"${server.sid}"`), `${what}: ${method} ${path} shows the first account's`);
	for (const word of secrets())
		assert.ok(!reply.text.includes(word) || said.includes(word), `${what}: ${method} ${path} tells ${word}: ${reply.text.slice(0, 400)}`);
}

/** Where one text leaves the other: an answer is too long to be shown whole. */
function change(from, to) {
	let at = 0;
	while (at < from.length && from[at] === to[at])
		at++;
	return `${JSON.stringify(from.slice(at, at + 400))} became ${JSON.stringify(to.slice(at, at + 400))}`;
}

/** Asks everything and holds each answer against `allowed(operation, status)`; nothing of the first account may change. */
async function walk(what, options, allowed, shared = []) {
	const earlier = await snapshot();
	let asked = 0;
	for (const operation of operations()) {
		const sent = operation.method === 'GET' || operation.method === 'DELETE' ? {} : body(operation.operation);
		const reply = await ask(operation.method, operation.path, { ...sent, ...options });
		tells_nothing(reply, operation, sent, what, shared);
		assert.ok(allowed(operation, reply), `${what}: ${operation.method} ${operation.path}: ${reply.status} ${reply.text.slice(0, 300)}`);
		asked++;
	}
	const later = await snapshot();
	/* The operator sees what others change of their own accounts. */
	for (const path of Object.keys(earlier).filter((path) => !shared.includes(path) && !/^\/v1\/accounts(\?|$)/.test(path)))
		assert.ok(later[path] === earlier[path], `${what}: ${path} changed: ${change(earlier[path], later[path])}`);
	return asked;
}

describe('accounts are apart', () => {
	before(async () => {
		world = await World.start({ mark: MARK });
		({ server, known } = world);
		api = await (await fetch(`${server.url}/openapi.json`)).json();
		subs = [await made('POST', '/2010-04-01/Accounts.json', { form: { FriendlyName: 'one' } }),
			await made('POST', '/2010-04-01/Accounts.json', { form: { FriendlyName: MARK } })];
		foreign = await made('POST', '/v1/accounts', { json: { friendly_name: 'foreign' } });
		restricted = await made('POST', '/iam/v1/Keys', { form: { AccountSid: server.sid, ...RESTRICTED_KEY } });
	});
	after(() => world.stop());

	const refused = ({ open }, { status }) => (open ? status < 500 : status === 401);

	it('the walk reaches every endpoint with what exists', async () => {
		let good = 0, all = 0;
		for (const { method, path, open } of operations())
			if (method === 'GET' && !open) {
				all++;
				const { status } = await ask('GET', path);
				good += status === 200;
				assert.equal(status, 200, `${path}: ${status}`);
			}
		assert.ok(all > 30 && good >= all - 2);
		assert.ok(Object.values(await snapshot()).some((text) => text.includes(MARK)));
	});

	it('without credentials', () => walk('no credentials', { auth: null }, refused));
	it('with a wrong secret', () => walk('wrong secret', { auth: `${server.sid}:${'0'.repeat(32)}` }, refused));
	it('with a wrong access token', () => walk('wrong token', { auth: null, headers: { authorization: 'Bearer a.b.c' } }, refused));

	// An endpoint that names nothing of the first account shows or makes what is the caller's own.
	const names_first = ({ path }, sent) => secrets().some((word) => path.includes(word)) || path.includes(server.sid) || sent;
	const apart = (operation, { status, json }) => status < 500 &&
		(operation.open || !names_first(operation) || [401, 403, 404].includes(status) || (status === 400 && json?.code === 20001));

	it('with the credentials of another master account', () => walk('foreign', { auth: credentials(foreign) }, apart));
	it('with a key of another master account', async () => {
		const key = await made('POST', '/iam/v1/Keys', { auth: credentials(foreign), form: { AccountSid: foreign.sid } });
		await walk('foreign key', { auth: credentials(key) }, apart);
	});
	it('with an access token of another master account', async () => {
		const auth = credentials(foreign), all = Object.values(api.paths).flatMap((item) => METHODS.map((m) => item[m]?.['x-permission']).filter(Boolean));
		const standard = (await made('GET', '/iam/v1/Roles/IX00000000000000000000000000000002/Permissions?PageSize=1000')).permissions
			.map((p) => `/${p.namespace}/${p.product}/${p.resource}/*`);
		assert.ok(all.length > 0);
		const allow = [...new Set(standard)].slice(0, 100);
		const app = await made('POST', '/iam/v1/Account/OAuthApps', { auth, json: { friendly_name: 'x', policy: { allow } } });
		const { access_token } = await made('POST', '/oauth/v2/token', { auth: null,
			form: { grant_type: 'client_credentials', client_id: app.sid, client_secret: app.secret } });
		await walk('foreign token', { auth: null, headers: { authorization: `Bearer ${access_token}` } }, apart);
	});

	it('with a session of another master account', async () => {
		const { token } = await made('POST', '/v1/sessions', { auth: credentials(foreign) });
		await walk('foreign session', { auth: null, headers: { authorization: `Bearer ${token}` } }, apart);
	});

	// A subaccount pays its owner's prices, and may see them; its owner sees what happens in it.
	it('with the credentials of a subaccount against its owner', () =>
		walk('subaccount', { auth: credentials(subs[0]) }, (operation, reply) => operation.pattern.startsWith('/v1/prices') || apart(operation, reply),
			[known.get('PI'), server.sid, '/2010-04-01/Accounts.json', '/v1/events']));
	it('with the credentials of a subaccount against its sibling', async () => {
		const [one, other] = subs;
		const own = await made('POST', `/2010-04-01/Accounts/${other.sid}/Applications.json`, { form: { FriendlyName: MARK } });
		for (const { method, path, pattern, operation } of operations()) {
			if (!path.includes(server.sid) || pattern.startsWith('/v1/'))
				continue;
			const at = path.replace(server.sid, other.sid).replace(known.get('AP'), own.sid);
			const reply = await ask(method, at, { ...(method === 'POST' ? body(operation) : {}), auth: credentials(one) });
			assert.ok([403, 404].includes(reply.status), `${method} ${at}: ${reply.status} ${reply.text.slice(0, 200)}`);
		}
		assert.equal((await ask('GET', `/2010-04-01/Accounts/${other.sid}/Applications/${own.sid}.json`)).status, 200);
		assert.equal((await ask('GET', `/iam/v1/Keys?AccountSid=${other.sid}`, { auth: credentials(one) })).status, 404);
	});

	it('with a restricted key that may nothing', () => walk('restricted key', { auth: credentials(restricted) },
		({ open, operation }, { status, json }) => (open ? status < 500 : !operation['x-permission'] ? status === 201 : [70051, 20006].includes(json?.code) && [401, 403].includes(status))));
});
