// The server over TLS: certificates made by `strowger cert`, the SDKs, curl and openssl as clients, renewal while it runs.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Receiver } from '../peers/receiver.mjs';
import { binary, patience, root, Server, until, withServer } from './lib/server.mjs';
import { Stream } from './lib/sse.mjs';

const PYTHON = '/usr/bin/python3'; // Debian's, which has the SDK
const FROM = '+15005550006', TO = '+15005550010';
const FAST = ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1'];
const run = promisify(execFile);

let home;
before(() => (home = mkdtempSync(join(tmpdir(), 'strowger-tls-'))));
after(() => rmSync(home, { recursive: true, force: true }));

const file = (name) => join(home, name);
const cert = (dir, ...names) => spawnSync(binary, ['cert', ...names, '--out', file(dir)], { encoding: 'utf8' });
const flags = (certificate, key) => ['--tls-cert', certificate, '--tls-key', key];

/** A folder with a certificate for this machine. */
function made(dir) {
	const { status, stderr } = cert(dir, 'localhost', '127.0.0.1');
	assert.equal(status, 0, stderr);
	return { ca: file(`${dir}/ca.pem`), cert: file(`${dir}/cert.pem`), key: file(`${dir}/key.pem`) };
}

/** By itself, as openssl makes it. */
function selfMade(name, days, kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']) {
	execFileSync('openssl', ['req', '-x509', ...kind, '-nodes', '-days', String(days), '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
		'-keyout', file(`${name}-key.pem`), '-out', file(`${name}.pem`)], { stdio: 'ignore' });
	return { ca: file(`${name}.pem`), cert: file(`${name}.pem`), key: file(`${name}-key.pem`) };
}

async function withTls(files, options, work) {
	await withServer({ ...options, args: [...FAST, ...flags(files.cert, files.key), ...(options.args ?? [])] }, async (server) => {
		server.ca = readFileSync(files.ca);
		await work(server);
	});
}

/** One request over an agent: status, headers, text, and the certificate that was shown. */
function ask(server, path, { agent, method = 'GET', body, headers = {} } = {}) {
	return new Promise((done, fail) => {
		const sent = request({ host: '127.0.0.1', port: server.port, path, method, ca: server.ca, agent, headers: { ...headers, authorization: `Basic ${Buffer.from(`${server.sid}:${server.token}`).toString('base64')}` } }, (reply) => {
			const shown = reply.socket.getPeerCertificate(), local = reply.socket.localPort;
			let text = '';
			reply.setEncoding('utf8').on('data', (piece) => (text += piece)).on('end', () => done({ status: reply.statusCode, headers: reply.headers, text, shown, local }));
		});
		sent.on('error', fail);
		sent.end(body);
	});
}

const served = (server) => [...server.err.matchAll(/msg=certificate .*sha256=(\w+)/g)].map((m) => m[1]);
const openssl = (server, ...words) => spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, ...words], { input: '', encoding: 'utf8' });
const address = (server, ca) => ({ ...process.env, STROWGER_SERVER: server.url, STROWGER_ACCOUNT_SID: server.sid, STROWGER_AUTH_TOKEN: server.token, ...(ca ? { STROWGER_SERVER_CA: ca } : {}) });

describe('a server with a certificate', () => {
	let files, server;
	before(async () => {
		files = made('server');
		server = await Server.start({ args: [...FAST, ...flags(files.cert, files.key)] });
		server.ca = readFileSync(files.ca);
	});
	after(() => server.stop());

	it('says https, and its first command works as it is printed', async () => {
		assert.match(server.url, /^https:\/\/127\.0\.0\.1:\d+$/);
		const [, command] = /^Send a first message:\n\n(.*?)\n\n/ms.exec(server.out);
		const { stdout } = await run('bash', ['-c', `${command} -sS`]);
		assert.match(JSON.parse(stdout).sid, /^SM/);
	});

	it('speaks 1.2 and 1.3 and HTTP/1.1 only', () => {
		const now = openssl(server, '-CAfile', files.ca, '-alpn', 'h2,http/1.1');
		assert.match(now.stdout, /TLSv1\.3/);
		assert.match(now.stdout, /ALPN protocol: http\/1\.1/);
		assert.match(now.stdout, /Verify return code: 0/);
		const before = openssl(server, '-CAfile', files.ca, '-tls1_2');
		assert.match(before.stdout, /New, TLSv1\.2, Cipher is ECDHE-ECDSA-\S*(GCM|POLY1305)/);
		assert.match(before.stdout, /Secure Renegotiation IS supported/);
		assert.match(openssl(server, '-tls1_2', '-reconnect').stdout, /Reused, TLSv1\.2/);
		for (const old of ['-tls1_1', '-tls1'])
			assert.notEqual(openssl(server, old, '-cipher', 'ALL@SECLEVEL=0').status, 0, old);
		assert.notEqual(openssl(server, '-tls1_2', '-cipher', 'AES128-SHA@SECLEVEL=0').status, 0, 'without forward secrecy');
	});

	it('gives absolute URLs with https, and no HSTS on loopback', async () => {
		const reply = await ask(server, '/monitor/v1/Alerts?PageSize=1');
		assert.equal(reply.status, 200);
		assert.match(JSON.parse(reply.text).meta.url, new RegExp(`^https://127\\.0\\.0\\.1:${server.port}/`));
		assert.equal(reply.headers['strict-transport-security'], undefined);
	});

	it('closes what is no TLS, counts it and goes on', async () => {
		const socket = connect(server.port, '127.0.0.1');
		let got = Buffer.alloc(0);
		socket.on('data', (piece) => (got = Buffer.concat([got, piece]))).on('error', () => {});
		const closed = new Promise((done) => socket.on('close', done));
		socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
		await closed;
		assert.ok(got.length <= 7, got.toString()); // an alert
		const { text } = await ask(server, '/metrics');
		assert.match(text, /^strowger_tls_handshakes_failed_total [1-9]/m);
		assert.match(text, /^strowger_tls_certificate_end_seconds 1[0-9]{9}$/m);
	});

	it('serves the SDK for Node', async () => {
		const { stdout } = await run('node', ['-e', `
			const client = require('twilio')('${server.sid}', '${server.token}');
			client.api.baseUrl = '${server.url}/api';
			client.messages.create({ to: '${TO}', from: '${FROM}', body: 'x' })
				.then((m) => client.messages(m.sid).fetch()).then((m) => console.log(m.sid));`],
		{ cwd: join(root, 'tests'), env: { ...process.env, NODE_EXTRA_CA_CERTS: files.ca } });
		assert.match(stdout, /^SM[0-9a-f]{32}$/m);
	});

	it('serves the SDK for Python', async () => {
		const { stdout } = await run(PYTHON, ['-c', `
from twilio.rest import Client
client = Client('${server.sid}', '${server.token}')
client.http_client.session.verify = '${files.ca}'
client.api.base_url = '${server.url}/api'
message = client.messages.create(to='${TO}', from_='${FROM}', body='x')
print(client.messages(message.sid).fetch().sid)`]);
		assert.match(stdout, /^SM[0-9a-f]{32}$/m);
	});

	it('streams events', async () => {
		const stream = await Stream.open(server, '/v1/events/stream');
		assert.equal(stream.status, 200);
		const sent = await ask(server, '/v1/messages', { method: 'POST', body: new URLSearchParams({ from: FROM, to: TO, body: 'x' }).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
		assert.equal(sent.status, 201);
		await until(() => stream.data.some((e) => e.type === 'message.delivered'), 'the event');
		stream.close();
	});

	it('takes and gives large bodies over one connection', async () => {
		const agent = new Agent({ keepAlive: true, maxSockets: 1 });
		const first = await ask(server, '/openapi.json', { agent });
		const large = await ask(server, '/v1/messages', { agent, method: 'POST', body: `to=${encodeURIComponent(TO)}&body=${'x'.repeat(900000)}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
		const again = await ask(server, '/openapi.json', { agent });
		assert.equal(first.status, 200);
		assert.ok(large.status >= 400 && large.status < 500, large.text);
		assert.equal(again.text, first.text);
		assert.equal(again.local, first.local);
		agent.destroy();
	});

	it('is found by send, tail and listen without being told', async () => {
		const hook = await Receiver.start({ token: server.token });
		const listener = spawn(binary, ['listen', '--forward', hook.url, '--count', '1', '--store', `sqlite:${server.dir}`], { stdio: ['ignore', 'pipe', 'pipe'] });
		const ended = new Promise((done) => listener.on('close', done));
		let out = '';
		listener.stdout.on('data', (text) => (out += text));
		listener.stderr.on('data', (text) => (out += text));
		try {
			await until(() => /^listening/m.test(out), 'the command to listen');
			const { stdout } = await run(binary, ['send', '--to', TO, '--body', 'hello', '--store', `sqlite:${server.dir}`]);
			const [sid] = /SM[0-9a-f]{32}/.exec(stdout);
			await until(async () => (await run(binary, ['tail', '--once', '--store', `sqlite:${server.dir}`])).stdout.includes(sid), 'the message in tail');
			await ask(server, `/2010-04-01/Accounts/${server.sid}/Messages.json`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' },
				body: new URLSearchParams({ From: FROM, To: TO, Body: 'x', StatusCallback: 'https://app.example.invalid/status' }).toString() });
			assert.equal(await ended, 0, out);
		} finally {
			listener.kill();
			await hook.stop?.();
		}
	});

	it('is reached by strowger run', async () => {
		const words = ['run', '--store', `sqlite:${server.dir}`, '--', 'bash', '-c', 'curl -sS -u $TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN https://api.twilio.com/2010-04-01/Accounts/$TWILIO_ACCOUNT_SID.json'];
		const env = { ...process.env, XDG_DATA_HOME: file('run') };
		const byNote = await run(binary, words, { env });
		assert.equal(JSON.parse(byNote.stdout).sid, server.sid);
		const told = await run(binary, ['run', ...words.slice(3)], { env: { ...env, ...address(server, files.ca), XDG_DATA_HOME: file('run') } });
		assert.equal(JSON.parse(told.stdout).sid, server.sid);
	});

	it('is trusted elsewhere by its authority only', async () => {
		const words = ['send', '--to', TO, '--body', 'x'];
		const right = await run(binary, words, { env: address(server, files.ca) });
		assert.match(right.stdout, /^SM/);
		for (const [ca, why] of [[undefined, /unable to get local issuer certificate/], [made('stranger').ca, /unable to get local issuer certificate/],
			[file('nowhere'), /server_ca: the file .*nowhere cannot be read: No such file/], [files.key, /server_ca: the file .* has no certificate/]]) {
			const wrong = spawnSync(binary, words, { env: address(server, ca), encoding: 'utf8' });
			assert.notEqual(wrong.status, 0);
			assert.match(wrong.stderr, why);
		}
	});
});

describe('a certificate that is renewed', () => {
	it('is shown to new connections after SIGHUP, old ones go on', async () => {
		const files = made('renewed');
		await withTls(files, {}, async (server) => {
			const agent = new Agent({ keepAlive: true, maxSockets: 1 });
			const first = await ask(server, '/healthz', { agent });
			made('renewed');
			server.child.kill('SIGHUP');
			await until(() => served(server).length === 2, 'the new certificate');
			assert.notEqual(served(server)[0], served(server)[1]);
			const fresh = await until(async () => {
				const reply = await ask(server, '/healthz', { agent: new Agent() });
				return reply.shown.fingerprint256 !== first.shown.fingerprint256 && reply;
			}, 'the new certificate on a new connection');
			assert.equal(fresh.shown.fingerprint256.replaceAll(':', '').toLowerCase(), served(server)[1]);
			const same = await ask(server, '/healthz', { agent });
			assert.equal(same.local, first.local);
			agent.destroy();
			const { stdout } = await run(binary, ['send', '--to', TO, '--body', 'x', '--store', `sqlite:${server.dir}`]);
			assert.match(stdout, /^SM/);
		});
	});

	it('stays when the new files are bad', async () => {
		const files = made('bad'), good = readFileSync(files.cert);
		await withTls(files, {}, async (server) => {
			const complaints = () => [...server.err.matchAll(/level=error .*the certificate was not replaced.*/g)].map((m) => m[0]);
			const { shown } = await ask(server, '/healthz', { agent: new Agent() });
			for (const [i, [text, why]] of [['nonsense', /tls_cert: the file .*cert\.pem has no certificate/], [readFileSync(made('other').cert), /tls_key: the file .*key\.pem is not the key of the certificate/]].entries()) {
				writeFileSync(files.cert, text);
				server.child.kill('SIGHUP');
				await until(() => complaints().length === i + 1, 'the complaint');
				assert.match(complaints()[i], why);
				assert.equal((await ask(server, '/healthz', { agent: new Agent() })).shown.fingerprint256, shown.fingerprint256);
			}
			writeFileSync(files.cert, good);
			server.child.kill('SIGHUP');
			await until(() => served(server).length === 2, 'the good one');
			assert.match((await ask(server, '/metrics')).text, /^strowger_tls_certificate_reads_failed_total 2$/m);
		});
	});

	it('is warned of when it ends soon', async () => {
		const files = selfMade('soon', 10);
		await withTls(files, {}, async (server) => {
			assert.match(server.err, /level=warn .*the certificate ends soon: renew it.* until=20/);
			assert.match(server.out, new RegExp(`curl --cacert ${files.cert} `));
			assert.equal((await ask(server, '/healthz')).status, 200);
		});
	});
});

describe('SIGHUP', () => {
	it('does not end a server without a certificate', () => withServer({}, async (server) => {
		server.child.kill('SIGHUP');
		await until(() => /nothing to read again/.test(server.err), 'the line in the log');
		assert.equal((await server.call('GET', '/healthz')).status, 200);
	}));

	/** The server on a terminal that closes; with nohup it is left alone, and asked to end. */
	const onTerminal = (kind) => spawnSync(PYTHON, ['-c', `
import os, pty, re, signal, sys, time
log = sys.argv[2]
open(log, 'w').close()
pid, terminal = pty.fork()
if pid == 0:
    if sys.argv[1] == 'nohup':
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.execv(sys.argv[3], sys.argv[3:])
def until(text):
    while text not in open(log).read():
        time.sleep(0.01)
until('ready http')
os.close(terminal)
if sys.argv[1] == 'nohup':
    until('nothing to read again')
    os.kill(pid, signal.SIGTERM)
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(code, re.search('msg=ending signal=([0-9]+)', open(log).read()).group(1))`, kind, file(`${kind}.log`), binary, 'serve', '--listen', '127.0.0.1:0', '--store', 'sqlite::memory:'],
	{ encoding: 'utf8', timeout: 20000 * patience });

	it('ends the server when its terminal closes, but not with nohup', () => {
		for (const [kind, signal] of [['plain', 1], ['nohup', 15]]) {
			const { stdout, stderr } = onTerminal(kind);
			assert.equal(stdout.trim(), `0 ${signal}`, stderr);
		}
	});
});

describe('a listener for others', () => {
	it('has HSTS, and no warning, with a certificate', async () => {
		await withTls(made('public'), { listen: '0.0.0.0:0' }, async (server) => {
			assert.match((await ask(server, '/healthz')).headers['strict-transport-security'], /^max-age=\d{7,}$/);
			assert.doesNotMatch(server.err, /public-without-tls/);
		});
		await withServer({ listen: '0.0.0.0:0' }, async (server) => {
			assert.match(server.err, /public-without-tls/);
			assert.equal((await server.call('GET', '/healthz')).headers.get('strict-transport-security'), null);
		});
	});
});

describe('files with a fault', () => {
	it('are refused at start, and by check', () => {
		const good = made('faults'), other = made('faults-other'), weak = selfMade('weak', 30, ['-newkey', 'rsa:1024']);
		writeFileSync(file('empty.pem'), '');
		const rows = [
			[['--tls-cert', good.cert], /--tls-cert and --tls-key go together/],
			[['--tls-key', good.key], /--tls-cert and --tls-key go together/],
			[flags(file('none.pem'), good.key), /tls_cert: the file .*none\.pem cannot be read: No such file or directory/],
			[flags(good.cert, file('none.pem')), /tls_key: the file .*none\.pem cannot be read: No such file or directory/],
			[flags(home, good.key), /tls_cert: the file .* cannot be read: Is a directory/],
			[flags(file('empty.pem'), good.key), /tls_cert: the file .*empty\.pem has no certificate/],
			[flags(good.key, good.key), /tls_cert: the file .*key\.pem has no certificate/],
			[flags(good.cert, good.cert), /tls_key: the file .*cert\.pem is no private key in PEM/],
			[flags(good.cert, other.key), /tls_key: the file .*key\.pem is not the key of the certificate/],
			[flags(weak.cert, weak.key), /tls_cert: the file .*weak\.pem has a certificate whose key is too short/],
		];
		for (const [words, why] of rows)
			for (const command of ['serve', 'check']) {
				const { status, stderr } = spawnSync(binary, [command, '--listen', '127.0.0.1:0', '--store', `sqlite:${file('never')}`, ...words], { encoding: 'utf8' });
				assert.ok(status === 1 || status === 2, `${status}: ${words}`);
				assert.match(stderr, why);
			}
		assert.throws(() => statSync(file('never')), 'nothing is made');
		chmodSync(good.key, 0o644);
		assert.match(spawnSync(binary, ['check', ...flags(good.cert, good.key)], { encoding: 'utf8' }).stdout, /open-tls-key: .*chmod 600/);
	});
});

describe('strowger cert', () => {
	it('makes files that only their owner can misuse', () => {
		const { stdout } = cert('fresh', 'localhost', '127.0.0.1', '::1', 'my-host.lan');
		const mode = (name) => (statSync(file(`fresh/${name}`)).mode & 0o777).toString(8);
		assert.deepEqual(['cert.pem', 'ca.pem', 'key.pem', 'authority.pem'].map(mode), ['644', '644', '600', '600']);
		assert.match(stdout, /strowger serve --tls-cert \S+fresh\/cert\.pem --tls-key \S+fresh\/key\.pem/);
		const text = execFileSync('openssl', ['x509', '-in', file('fresh/cert.pem'), '-noout', '-ext', 'subjectAltName'], { encoding: 'utf8' });
		assert.match(text, /DNS:localhost, IP Address:127\.0\.0\.1, IP Address:0:0:0:0:0:0:0:1, DNS:my-host\.lan/);
		for (const name of ['localhost', 'my-host.lan'])
			execFileSync('openssl', ['verify', '-CAfile', file('fresh/ca.pem'), '-verify_hostname', name, file('fresh/cert.pem')]);
	});

	it('renews with the same authority, and says so', () => {
		cert('again', 'localhost');
		const before = readFileSync(file('again/ca.pem'), 'utf8'), leaf = readFileSync(file('again/cert.pem'), 'utf8');
		assert.match(cert('again', 'localhost').stdout, /the same as before/);
		assert.equal(readFileSync(file('again/ca.pem'), 'utf8'), before);
		assert.notEqual(readFileSync(file('again/cert.pem'), 'utf8'), leaf);
		assert.match(cert('again', 'other.lan').stdout, /a new one/);
	});

	it('refuses names that are none, and folders of others', () => {
		for (const name of ['My-Host', 'a b', '*.lan', 'DNS:x', 'ü', 'a,b'])
			assert.match(cert('names', name).stderr, /is not a host's name in small letters, nor an IP number/);
		assert.match(cert('names').stderr, /give the names/);
		assert.match(cert('names', '--days', '5').stderr, /'--days' is not understood/);
		copyFileSync(made('mine').cert, file('cert.pem'));
		assert.match(cert('.', 'localhost').stderr, /cert\.pem is there, and not made by this command/);
	});
});
