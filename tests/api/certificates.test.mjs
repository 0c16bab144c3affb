// Client certificates and authorities of one's own, by account and host, against a TLS server that demands them; and signatures
// while two auth tokens are good.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Receiver } from '../peers/receiver.mjs';
import { root, until, withServer } from './lib/server.mjs';
import { twilio } from './lib/sdk.mjs';

const { Webhook } = createRequire(`${root}/tests/package.json`)('standardwebhooks');
const FROM = '+15005550006', TO = '+15005550010', HERE = '/v1/webhook_certificates';
const FAST = ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1'];

/** An authority, a certificate of it for the server (127.0.0.1), two for clients, and one of another authority. */
function makePki() {
	const dir = mkdtempSync(join(tmpdir(), 'pki-'));
	const run = (...words) => execFileSync('openssl', words, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
	const read = (name) => readFileSync(join(dir, name), 'utf8');
	const key = (name) => run('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-out', `${name}.key`);
	const authority = (name) => {
		key(name);
		run('req', '-x509', '-new', '-key', `${name}.key`, '-days', '2', '-subj', `/CN=${name}`, '-out', `${name}.crt`);
	};
	const issue = (name, by, extra = '') => {
		key(name);
		writeFileSync(join(dir, 'ext'), extra);
		run('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`);
		run('x509', '-req', '-in', `${name}.csr`, '-CA', `${by}.crt`, '-CAkey', `${by}.key`, '-CAcreateserial', '-days', '2', '-extfile', 'ext', '-out', `${name}.crt`);
		return { key: read(`${name}.key`), cert: read(`${name}.crt`) };
	};
	authority('ca');
	authority('elsewhere');
	const pki = {
		ca: read('ca.crt'), elsewhere: read('elsewhere.crt'), server: issue('server', 'ca', 'subjectAltName=IP:127.0.0.1'),
		alice: issue('alice', 'ca'), bob: issue('bob', 'ca'), mallory: issue('mallory', 'elsewhere'),
	};
	run('pkcs8', '-topk8', '-in', 'alice.key', '-passout', 'pass:sesame', '-out', 'locked.key');
	pki.locked = read('locked.key');
	rmSync(dir, { recursive: true });
	return pki;
}

/** A TLS server that demands a certificate of the authority, unless told otherwise, and remembers who asked over which connection. */
async function demanding(pki, options = {}) {
	const seen = [], sockets = new Map();
	const web = createServer({ ...pki.server, ca: pki.ca, requestCert: true, rejectUnauthorized: true, ...options }, (request, response) => {
		let body = '';
		request.on('data', (chunk) => (body += chunk)).on('end', () => {
			if (!sockets.has(request.socket))
				sockets.set(request.socket, sockets.size);
			const params = Object.fromEntries(new URLSearchParams(body));
			seen.push({ cn: request.socket.getPeerCertificate()?.subject?.CN, connection: sockets.get(request.socket), account: params.AccountSid, sid: params.MessageSid });
			response.end();
		});
	});
	web.keepAliveTimeout = 60000;
	web.on('tlsClientError', () => {});
	const raw = new Set(); /* also those that have asked for nothing yet: closeAllConnections() does not know them */
	web.on('connection', (socket) => raw.add(socket.on('close', () => raw.delete(socket))));
	await new Promise((done) => web.listen(0, '127.0.0.1', done));
	return { seen, url: `https://127.0.0.1:${web.address().port}/status`, close: () => new Promise((done) => { web.close(done); raw.forEach((socket) => socket.destroy()); }) };
}

const faults = async (server, sid, auth) =>
	(await server.call('GET', `/v1/events?sid=${sid}&limit=1000`, { auth })).json.data.filter((e) => e.type === 'webhook.failed');

/** A path of its own for each callback: many that fail at one endpoint would open its breaker. */
let places = 0;
const place = (web) => `${web.url}/${places++}`;

/** How one callback ended: who the host saw, or the fault. */
async function ask(server, web, { account = server.sid, auth } = {}) {
	const { json: { sid }, status, text } = await server.call('POST', `/2010-04-01/Accounts/${account}/Messages.json`, { auth,
		form: { To: TO, From: FROM, Body: 'x', StatusCallback: place(web) } });
	assert.equal(status, 201, text);
	return until(async () => web.seen.find((s) => s.sid === sid) ?? (await faults(server, sid, auth))[0]?.data, 'an end');
}

/** The next request ends so, on whichever loop. */
async function ends(server, web, so, options) {
	const end = await ask(server, web, options);
	assert.ok(so(end), `${so} of ${JSON.stringify(end)}`);
	return end;
}

describe('client certificates', () => {
	let pki;
	before(() => (pki = makePki()));
	const create = (server, json, auth) => server.call('POST', HERE, { auth, json: { host: '127.0.0.1', ...json } });
	const alice = () => ({ certificate: pki.alice.cert, private_key: pki.alice.key, ca_certificates: pki.ca });

	it('are shown to a host that demands them, and its authority is trusted', () => withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
		const web = await demanding(pki);
		try {
			assert.equal((await ask(server, web)).error_code, 11237, 'the system does not know the authority');
			const made = await create(server, alice());
			assert.equal(made.status, 201, made.text);
			await ends(server, web, (e) => e.cn === 'alice');
			await server.call('PATCH', `${HERE}/127.0.0.1`, { json: { certificate: pki.bob.cert, private_key: pki.bob.key } });
			await ends(server, web, (e) => e.cn === 'bob');
			assert.equal((await server.call('DELETE', `${HERE}/127.0.0.1`)).status, 204);
			await ends(server, web, (e) => e.error_code === 11237);
		} finally {
			await web.close();
		}
	}));

	it('are shown as they are, without the key, and only to their account', () => withServer({ args: FAST }, async (server) => {
		const { json: made, text } = await create(server, alice());
		const leaf = new X509Certificate(pki.alice.cert);
		assert.ok(!text.includes('PRIVATE KEY') && !('private_key' in made));
		assert.deepEqual([made.host, made.subject, made.issuer, made.fingerprint, Date.parse(made.date_expires)],
			['127.0.0.1', 'CN=alice', 'CN=ca', leaf.fingerprint256.replaceAll(':', '').toLowerCase(), Date.parse(leaf.validTo)]);
		assert.deepEqual((await server.call('GET', `${HERE}/${made.sid}`)).json, (await server.call('GET', `${HERE}/127.0.0.1`)).json);
		assert.equal((await server.call('GET', HERE)).json.data.length, 1);
		assert.equal((await create(server, alice())).json.code, 20409);
		const events = (await server.call('GET', '/v1/events?limit=1000')).text + (await server.call('GET', '/monitor/v1/Events')).text;
		assert.ok(events.includes('webhook_certificate.created') && !events.includes('PRIVATE KEY'));
		const { json: foreign } = await server.call('POST', '/v1/accounts', { json: { friendly_name: 'foreign' } });
		const auth = `${foreign.sid}:${foreign.auth_token}`;
		assert.equal((await server.call('GET', `${HERE}/${made.sid}`, { auth })).status, 404);
		assert.deepEqual((await server.call('GET', HERE, { auth })).json.data, []);
		const secret = pki.alice.key.split('\n')[1];
		for (const file of execFileSync('find', [server.dir, '-type', 'f'], { encoding: 'utf8' }).trim().split('\n'))
			assert.ok(!readFileSync(file).includes(secret), `the key stands in ${file}`);
	}));

	it('that cannot be used are refused, with what is wrong', () => withServer({ args: [...FAST, '--virtual-clock', 'true'], store: 'sqlite::memory:' }, async (server) => {
		for (const [json, why] of [
			[{}, /'certificate' is missing/], [{ certificate: 'x', private_key: pki.alice.key }, /'certificate' has no certificate/],
			[{ certificate: pki.alice.cert.replace(/\n[^-\n]{20}/, '\n!!!!!!!!!!!!!!!!!!!!'), private_key: pki.alice.key }, /'certificate' has a certificate that is damaged/],
			[{ certificate: pki.alice.cert }, /'private_key' is no private key/], [{ private_key: pki.alice.key }, /'private_key' has no certificate/],
			[{ certificate: pki.alice.cert, private_key: pki.bob.key }, /'private_key' is not the key of the certificate/],
			[{ certificate: pki.alice.cert, private_key: pki.locked }, /passphrase/],
			[{ ca_certificates: pki.alice.key }, /'ca_certificates' has no certificate/], [{ ...alice(), host: 'https://x' }, /'host' must be/],
			[{ ...alice(), host: 'X.example.com' }, /'host' must be/], [{ ...alice(), host: 'x:443' }, /'host' must be/],
			[{ ...alice(), host: 'x.' }, /'host' must be/], [{ ...alice(), certificate: 'x'.repeat(16385) }, /certificate/],
		]) {
			const { status, json: reply, text } = await create(server, json);
			assert.deepEqual([status, reply.code], [400, 20001], text);
			assert.match(reply.message, why);
			assert.ok(!text.includes('PRIVATE KEY-----\\n'), 'the key is not repeated');
		}
		await create(server, alice());
		const { json } = await server.call('PATCH', `${HERE}/127.0.0.1`, { json: { certificate: pki.bob.cert } });
		assert.match(json.message, /not the key of the certificate/);
		await server.call('POST', '/v1/clock', { json: { advance_s: 3 * 86400 } });
		assert.match((await create(server, { ...alice(), host: 'other' })).json.message, /'certificate' has expired/);
	}));

	it('of no use to the host, or an authority that did not sign it: the webhook fails', () => withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
		const web = await demanding(pki);
		try {
			await create(server, { certificate: pki.mallory.cert, private_key: pki.mallory.key, ca_certificates: pki.ca });
			/* TLS 1.3 refuses a client behind the handshake: an alert is seen, or only that the connection ends. */
			await ends(server, web, (e) => [11205, 11206, 11220].includes(e.error_code));
			await server.call('PATCH', `${HERE}/127.0.0.1`, { json: { ...alice(), ca_certificates: pki.elsewhere } });
			await ends(server, web, (e) => e.error_code === 11237);
			assert.equal(web.seen.length, 0);
		} finally {
			await web.close();
		}
	}));

	it('do not meet on a connection: two accounts, and one without', () => withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
		const web = await demanding(pki, { rejectUnauthorized: false });
		try {
			const { json: sub } = await server.call('POST', '/2010-04-01/Accounts.json', { form: { FriendlyName: 's' } });
			const auth = `${sub.sid}:${sub.auth_token}`;
			await create(server, alice());
			await ends(server, web, (e) => e.cn === 'alice');
			const { json: numbers } = await server.account('GET', 'IncomingPhoneNumbers');
			await server.account('POST', `IncomingPhoneNumbers/${numbers.incoming_phone_numbers[0].sid}`, { form: { AccountSid: sub.sid } });
			const from = numbers.incoming_phone_numbers[0].phone_number, own = numbers.incoming_phone_numbers[1].phone_number;
			const from_of = (account) => (account === sub.sid ? from : own);
			const callback = async (account, credentials) => {
				const { json, text } = await server.call('POST', `/2010-04-01/Accounts/${account}/Messages.json`, { auth: credentials,
					form: { To: '+15005550029', From: from_of(account), Body: 'x', StatusCallback: place(web) } });
				assert.ok(json.sid?.startsWith('SM'), text);
				return json.sid;
			};
			const stranger = await callback(sub.sid, auth);
			await until(async () => (await faults(server, stranger, auth)).length, 'the account without an authority of its own is refused');
			assert.ok(!web.seen.some((s) => s.account === sub.sid), 'it was not let onto the connection of the other');
			await create(server, alice(), auth);
			await until(async () => {
				await callback(sub.sid, auth);
				await callback(server.sid);
				return web.seen.filter((s) => s.account === sub.sid).length > 3;
			}, 'the same certificate in the other account', 10000);
			const of = (account) => new Set(web.seen.filter((s) => s.account === account).map((s) => s.connection));
			assert.ok([...of(sub.sid)].every((c) => !of(server.sid).has(c)), 'no connection serves both');
			assert.ok(web.seen.length > of(sub.sid).size + of(server.sid).size, 'connections are kept');
		} finally {
			await web.close();
		}
	}));
});

it('while two auth tokens are good both sign, and X-Twilio-Signature is the primary\'s', async () => {
	const hook = await Receiver.start({});
	try {
		await withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
			const auth = () => `${server.sid}:${server.token}`;
			const next = async (signatures) => until(async () => {
				const { json: { sid } } = await server.account('POST', 'Messages', { auth: auth(), form: { To: TO, From: FROM, Body: 'x', StatusCallback: `${hook.url}/s` } });
				const told = await hook.waitFor((r) => r.params.MessageSid === sid);
				return told.headers['webhook-signature'].split(' ').length === signatures && told;
			}, `${signatures} signatures`);
			const fits = (token, told) => {
				try {
					new Webhook(token, { format: 'raw' }).verify(told.body, told.headers, { jsonParse: false });
					return true;
				} catch {
					return false;
				}
			};
			const sdk = (token, told) => twilio.validateRequest(token, told.headers['x-twilio-signature'], `${hook.url}/s`, told.params);
			const old = server.token;
			const alone = await next(1);
			assert.deepEqual([fits(old, alone), sdk(old, alone)], [true, true]);
			const { json: { secondary_auth_token: second } } = await server.call('POST', '/accounts/v1/AuthTokens/Secondary');
			const both = await next(2);
			assert.deepEqual([fits(old, both), fits(second, both), fits('0'.repeat(32), both), sdk(old, both), sdk(second, both)], [true, true, false, true, false]);
			await server.call('POST', '/accounts/v1/AuthTokens/Promote');
			server.token = second;
			const last = await next(1);
			assert.deepEqual([fits(old, last), fits(second, last), sdk(old, last), sdk(second, last)], [false, true, false, true]);
		});
	} finally {
		await hook.stop();
	}
});
