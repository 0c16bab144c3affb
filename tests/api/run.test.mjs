// strowger run: unmodified programs, led to this server; everything else untouched.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Receiver } from '../peers/receiver.mjs';
import { binary, patience, root, Server, until } from './lib/server.mjs';

const PYTHON = '/usr/bin/python3'; // Debian's, which has the SDK
const FROM = '+15005550006', TO = '+15005550010';

/** A strowger run with a home of its own. */
class Run {
	static async start(server, words, env = {}) {
		const run = new Run();
		run.out = run.err = '';
		run.child = spawn(binary, words, { env: { ...process.env, XDG_DATA_HOME: home, ...address(server), ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true }); /* no terminal sends signals too */
		run.child.stdout.on('data', (text) => (run.out += text));
		run.child.stderr.on('data', (text) => (run.err += text));
		run.ended = new Promise((done) => run.child.on('close', (code, signal) => done(run.code = signal ?? code)));
		return run;
	}
}

let home;
const address = (server) => ({ STROWGER_SERVER: server.url, STROWGER_ACCOUNT_SID: server.sid, STROWGER_AUTH_TOKEN: server.token });

async function run(server, command, { env = {}, flags = [] } = {}) {
	const one = await Run.start(server, ['run', ...flags, '--', ...command], env);
	const timer = setTimeout(() => one.child.kill('SIGKILL'), 60000 * patience);
	await one.ended;
	clearTimeout(timer);
	return { code: one.code, out: one.out, err: one.err };
}

const curl = (...words) => ['curl', '-sS', '--max-time', String(20 * patience), ...words];
const shell = (script) => ['sh', '-c', script];

describe('strowger run', () => {
	let server, hook;
	before(async () => {
		home = mkdtempSync(join(tmpdir(), 'strowger-run-'));
		server = await Server.start({ args: ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1'] });
		hook = await Receiver.start({ token: server.token });
	});
	after(async () => {
		await hook.stop();
		await server.stop();
		rmSync(home, { recursive: true });
	});

	it('leads the SDK for Node here, its callback comes', async () => {
		const { code, out, err } = await run(server, ['node', `${root}/tests/run/message.mjs`]);
		assert.equal(code, 0, err);
		assert.match(out, /^delivered SM[0-9a-f]{32} \d https:\/\/events\.twilio\.com\/v1\/Types\//);
		assert.equal(err, '');
	});

	it('leads the SDK for Python here, its callback comes', async () => {
		const { code, out, err } = await run(server, [PYTHON, `${root}/tests/run/message.py`]);
		assert.equal(code, 0, err);
		assert.match(out, /^delivered SM[0-9a-f]{32}$/m);
	});

	it('leads curl here, its callback comes', async () => {
		const { code, out, err } = await run(server, shell(`curl -sS -u $TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN \
			https://api.twilio.com/2010-04-01/Accounts/$TWILIO_ACCOUNT_SID/Messages.json \
			--data-urlencode From=${FROM} --data-urlencode To=${TO} -d Body=hello -d StatusCallback=${hook.url}/curl`));
		assert.equal(code, 0, err);
		const { sid } = JSON.parse(out);
		const told = await hook.waitFor((r) => r.params.MessageSid === sid && r.params.MessageStatus === 'delivered');
		assert.equal(told.valid, true);
	});

	it('takes names with an edge and a region, and requests one after the other', async () => {
		const path = `/2010-04-01/Accounts/${server.sid}.json`, auth = `${server.sid}:${server.token}`;
		const { out, err } = await run(server, curl('-u', auth, `https://api.dublin.ie1.twilio.com${path}`, `https://api.dublin.ie1.twilio.com${path}`,
			'-w', '%{http_code} %{num_connects} %{ssl_verify_result}\n', '-o', '/dev/null', '-o', '/dev/null'));
		assert.equal(err, '');
		assert.equal(out, '200 1 0\n200 0 0\n');
	});

	it('passes other hosts untouched: their own certificate, plain HTTP, and what is large', async () => {
		const other = await Receiver.start({ tls: true, type: 'text', behave: 'huge', bytes: 30e6 }), plain = await Receiver.start({ type: 'text', body: 'plain' });
		try {
			const secure = await run(server, curl('--noproxy', '', '-k', '-v', '-o', '/dev/null', '-w', '%{size_download} %{http_connect}', `${other.url}/a`));
			assert.equal(secure.out, '30000000 200');
			assert.match(secure.err, /issuer: CN=elsewhere\.invalid/);
			const refused = await run(server, curl('--noproxy', '', `${other.url}/a`));
			assert.notEqual(refused.code, 0);
			const asked = await run(server, shell(`curl -sS --noproxy '' -x $HTTP_PROXY '${plain.url}/a/b?c=d' -d x=y -H 'X-Own: 1'`));
			assert.equal(asked.out, 'plain');
			const [request] = plain.requests;
			assert.deepEqual([request.method, request.target, request.body, request.headers['x-own'], request.headers.host, request.headers['proxy-connection']],
				['POST', '/a/b?c=d', 'x=y', '1', `127.0.0.1:${plain.port}`, undefined]);
		} finally {
			await other.stop();
			await plain.stop();
		}
	});

	it('reaches other hosts by the proxy that the machine has, but those that are excepted', async () => {
		const other = await Receiver.start({ tls: true, type: 'text', body: 'secure' }), asked = [];
		const upstream = createHttpServer((request, response) => {
			asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']} ${request.headers['proxy-connection']}`);
			response.end('by the proxy');
		});
		upstream.on('connect', (request, client, head) => {
			asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization']}`);
			if (request.url.startsWith('forbidden'))
				return client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
			const there = connect(other.port, '127.0.0.1', () => {
				client.write('HTTP/1.1 200 OK\r\nX: y\r\n\r\n');
				there.write(head);
				there.pipe(client).pipe(there);
			}).on('error', () => client.destroy());
			client.on('error', () => there.destroy());
		});
		await new Promise((done) => upstream.listen(0, '127.0.0.1', done));
		const url = `http://me:p%40ss@127.0.0.1:${upstream.address().port}/`, basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
		const env = { HTTPS_PROXY: url, http_proxy: url, https_proxy: '', no_proxy: 'direct.test, .below.test:81' };
		const ask = async (...words) => (await run(server, curl('-k', '-w', ' %{http_code} %{http_connect}', ...words), { env })).out;
		try {
			assert.equal(await ask('https://elsewhere.test/a'), 'secure 200 200');
			assert.equal(await ask('http://elsewhere.test:81/a?b'), 'by the proxy 200 000');
			assert.equal(await ask('https://forbidden.test/'), ' 000 502');
			assert.deepEqual(asked, [`CONNECT elsewhere.test:443 ${basic}`, `GET http://elsewhere.test:81/a?b ${basic} undefined`, `CONNECT forbidden.test:443 ${basic}`]);
			asked.length = 0;
			const own = await run(server, shell(`for u in http://direct.test/ http://x.below.test:81/; do curl -s --noproxy '' -o /dev/null -w '%{http_code} ' $u; done`), { env });
			assert.equal(own.out, '502 502 ', 'names that nobody knows, asked for directly');
			assert.deepEqual(asked, []);
			const socks = await run(server, shell(`curl -sk --noproxy '' --socks5-hostname \${HTTPS_PROXY#http://} https://elsewhere.test/`), { env });
			assert.equal(socks.out, 'secure');
			const wrong = await run(server, shell('true'), { env: { ...env, HTTPS_PROXY: 'socks5://h:1' } });
			assert.match(wrong.err, /https_proxy is no http:/);
			assert.equal(wrong.code, 0);
		} finally {
			upstream.closeAllConnections();
			await new Promise((done) => upstream.close(done));
			await other.stop();
		}
	});

	it('speaks SOCKS to the JVM, and finds the name in the TLS', async () => {
		const path = `/2010-04-01/Accounts/${server.sid}.json`, auth = `${server.sid}:${server.token}`;
		const socks = (kind, ...more) => run(server, shell(`curl -sS --max-time 20 --noproxy '' --${kind} \${HTTPS_PROXY#http://} -u ${auth} -o /dev/null -w '%{http_code}' ${more.join(' ')}`));
		assert.equal((await socks('socks5-hostname', `https://api.twilio.com${path}`)).out, '200');
		assert.equal((await socks('socks5', '--resolve', 'api.twilio.com:443:192.0.2.1', `https://api.twilio.com${path}`)).out, '200');
		assert.equal((await socks('socks5-hostname', `http://api.twilio.com${path}`)).out, '200');
		assert.equal((await socks('socks5', `${server.url}${path}`)).out, '200');
		assert.equal((await socks('socks5', "-g 'http://[::1]:9/'")).code, 97);
	});

	it('says so when a program does not trust it', async () => {
		const own = join(home, 'own.pem');
		writeFileSync(own, readFileSync('/etc/ssl/certs/ca-certificates.crt', 'utf8').split(/(?<=END CERTIFICATE-----)/)[0]);
		const { code, err } = await run(server, curl('--cacert', own, 'https://api.twilio.com/'));
		assert.equal(code, 60);
		assert.match(err, /strowger run: the program does not trust the certificate for api\.twilio\.com: .*docs\/zero-change\.md/);
	});

	it('answers in JSON when there is no server', async () => {
		const closed = createServer();
		await new Promise((done) => closed.listen(0, '127.0.0.1', done));
		const url = `http://127.0.0.1:${closed.address().port}`;
		await new Promise((done) => closed.close(done));
		const { out } = await run({ ...server, url, sid: server.sid, token: server.token }, curl('-w', ' %{http_code}', 'https://api.twilio.com/'));
		assert.match(out, /"code":20503,"message":"No Strowger server answers at http:\/\/127\.0\.0\.1:\d+ \(.*\): start one with `strowger serve`\.".* 503$/);
	});

	it("ends as the program ends, and hands signals on", async () => {
		assert.equal((await run(server, shell('exit 7'))).code, 7);
		assert.equal((await run(server, shell('kill -9 $$'))).code, 137);
		const missing = await run(server, ['no-such-program']);
		assert.deepEqual([missing.code, missing.err], [127, 'strowger run: no-such-program cannot be started: no such file or directory\n']);
		for (const signal of ['TERM', 'INT', 'USR1', 'USR2']) {
			const waiting = await Run.start(server, ['run', '--', 'sh', '-c', `trap "echo told; exit 3" ${signal}; echo up; while :; do sleep 0.01; done`]);
			await until(() => waiting.out === 'up\n', 'the program');
			waiting.child.kill(`SIG${signal}`);
			await until(() => waiting.out === 'up\ntold\n', signal);
			assert.equal(await waiting.ended, 3);
		}
	});

	it('gives the program this account, and nothing that leads past the proxy', async () => {
		const env = { TWILIO_ACCOUNT_SID: 'ACreal', TWILIO_AUTH_TOKEN: 'real', TWILIO_API_KEY: 'SKreal', NO_PROXY: '.twilio.com, 10.0.0.1,* twilio.com:443 fe80::1, example.org,com' };
		const read = async (flags) => Object.fromEntries((await run(server, ['env'], { env, flags })).out.split('\n').filter(Boolean).map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]));
		const ours = await read([]), theirs = await read(['--keep-credentials']);
		assert.deepEqual([ours.TWILIO_ACCOUNT_SID, ours.TWILIO_AUTH_TOKEN, ours.TWILIO_API_KEY], [server.sid, server.token, undefined]);
		assert.deepEqual([theirs.TWILIO_ACCOUNT_SID, theirs.TWILIO_AUTH_TOKEN, theirs.TWILIO_API_KEY], ['ACreal', 'real', 'SKreal']);
		assert.equal(ours.NO_PROXY, 'localhost,127.0.0.1,::1,10.0.0.1,fe80::1,example.org');
	});

	it('stands a folder with a blank, and a run within a run', async () => {
		const env = { XDG_DATA_HOME: join(home, 'with blank') };
		const { out } = await run(server, ['env'], { env });
		assert.match(out, /-Djavax\.net\.ssl\.trustStore="[^"]*with blank\/strowger\/run\/trust\.jks" /);
		const count = `grep -c BEGIN "$SSL_CERT_FILE"`;
		const twice = await run(server, shell(`${count}; '${binary}' run -- sh -c '${count}'`), { env });
		const [once, again] = twice.out.split('\n');
		assert.equal(again, once, twice.err);
	});

	it("keeps the user's own authorities beside its own", async () => {
		const own = join(home, 'company.pem'), other = await Receiver.start({ tls: true, type: 'text', body: 'inside' });
		try {
			const { out: shown } = await run(server, shell(`openssl s_client -connect 127.0.0.1:${other.port} -showcerts </dev/null 2>/dev/null`));
			writeFileSync(own, shown);
			const trusted = await run(server, shell(`curl -sS --noproxy '' --resolve elsewhere.invalid:${other.port}:127.0.0.1 --connect-to ::127.0.0.1: https://elsewhere.invalid:${other.port}/`), { env: { CURL_CA_BUNDLE: own } });
			assert.equal(trusted.out, 'inside', trusted.err);
			const { out } = await run(server, shell('grep -c BEGIN $NODE_EXTRA_CA_CERTS'), { env: { NODE_EXTRA_CA_CERTS: own } });
			assert.equal(out, '2\n');
		} finally {
			await other.stop();
		}
	});

	it('keeps its key for itself', () => {
		const mode = (file) => statSync(join(home, 'strowger/run', file)).mode & 0o777;
		assert.deepEqual([mode('.'), mode('authority.pem')], [0o700, 0o600]);
		const text = spawnSync('openssl', ['x509', '-in', join(home, 'strowger/run/ca.pem'), '-noout', '-text'], { encoding: 'utf8' }).stdout;
		assert.match(text, /Name Constraints: critical\s+Permitted:\s+DNS:twilio\.com\s+Excluded:\s+IP:0\.0\.0\.0\/0\.0\.0\.0/);
	});

	it('takes no name that is none', async () => {
		await withProxy(async (port) => {
			for (const name of ['x,b.twilio.com', 'a,email:copy.twilio.com', 'a b.twilio.com', '*.twilio.com']) {
				const client = await dial(port);
				client.socket.write(Buffer.concat([Buffer.from([5, 1, 0, 5, 1, 0, 3, name.length]), Buffer.from(name), Buffer.from([1, 187])]));
				await until(() => client.bytes.length >= 4, 'the answer');
				assert.deepEqual([...client.bytes].slice(0, 4), [5, 0, 5, 7], name);
				client.socket.destroy();
			}
		});
	});

	it('passes on what came before the other host was there', async () => {
		const other = createServer((socket) => {
			let n = 0;
			socket.on('data', (bytes) => (n += bytes.length) > 1e6 && socket.end('all of it'));
		});
		await new Promise((done) => other.listen(0, '127.0.0.1', done));
		await withProxy(async (port, proxy) => {
			const client = await dial(port);
			proxy.child.kill('SIGSTOP'); /* it finds much at once */
			client.socket.write(`POST http://127.0.0.1:${other.address().port}/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1e6)}`);
			proxy.child.kill('SIGCONT');
			await until(() => `${client.bytes}` === 'all of it', 'the answer');
			client.socket.destroy();
		});
		await new Promise((done) => other.close(done));
	});

	it('passes on that one side has ended, and the answer to it', async () => {
		const other = createServer({ allowHalfOpen: true }, (socket) => {
			let got = '';
			socket.on('data', (bytes) => (got += bytes)).on('end', () => socket.end(`answer to ${got}`));
		});
		await new Promise((done) => other.listen(0, '127.0.0.1', done));
		const target = `127.0.0.1:${other.address().port}`;
		await withProxy(async (port) => {
			const tunnel = await dial(port);
			tunnel.socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
			await until(() => `${tunnel.bytes}`.endsWith('\r\n\r\n'), 'the tunnel');
			tunnel.socket.end('all');
			await until(() => tunnel.ended, 'its end');
			assert.match(`${tunnel.bytes}`, /answer to all$/);
			const request = await dial(port);
			request.socket.end(`GET http://${target}/a HTTP/1.1\r\nHost: a\r\n\r\n`);
			await until(() => request.ended, 'its end');
			assert.match(`${request.bytes}`, /^answer to GET \/a HTTP/);
		});
		await new Promise((done) => other.close(done));
	});

	/** A strowger run that stays, for clients that no program is. */
	async function withProxy(body) {
		const proxy = await Run.start(server, ['run', '--port', String(await freePort())]);
		try {
			const [, port] = await until(() => /^ready http:\/\/127\.0\.0\.1:(\d+)$/m.exec(proxy.out), 'the line ready');
			await body(Number(port), proxy);
		} finally {
			proxy.child.kill('SIGTERM');
			assert.equal(await proxy.ended, 0, proxy.err);
		}
	}

	it('serves a shell: strowger env', async () => {
		const proxy = await Run.start(server, ['run', '--port', String(await freePort())]);
		try {
			const [, port] = await until(() => /^ready http:\/\/127\.0\.0\.1:(\d+)$/m.exec(proxy.out), 'the line ready');
			const script = `eval "$('${binary}' env --port ${port})" && exec curl -sS -u $TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN -o /dev/null -w '%{http_code}' https://api.twilio.com/2010-04-01/Accounts.json`;
			const sh = await new Promise((done) => {
				const child = spawn('sh', ['-c', script], { env: { ...process.env, XDG_DATA_HOME: home, ...address(server), QUOTED: "it's" } });
				let out = '';
				child.stdout.on('data', (text) => (out += text));
				child.on('close', () => done(out));
			});
			assert.equal(sh, '200');
			const second = await Run.start(server, ['run', '--port', port]);
			assert.equal(await second.ended, 1);
			assert.match(second.err, new RegExp(`port ${port} of 127\\.0\\.0\\.1 cannot be listened on: another program has it \\(choose with --port\\)`));
		} finally {
			proxy.child.kill('SIGTERM');
			assert.equal(await proxy.ended, 0, proxy.err);
		}
	});

	it('refuses what it does not understand', async () => {
		const says = async (...words) => {
			const one = await Run.start(server, words);
			return [await one.ended, one.err.split('\n')[0]];
		};
		assert.deepEqual(await says('run', 'curl'), [2, "strowger run: 'curl' is not understood; a program stands behind --"]);
		assert.deepEqual(await says('run', '--'), [2, 'strowger run: no program stands behind --']);
		assert.deepEqual(await says('run', '--port', '0', '--', 'true'), [2, 'strowger run: --port must be a number from 1 to 65535']);
		assert.deepEqual(await says('run', '--server', 'ftp://x', '--', 'true'), [2, "strowger run: the server 'ftp://x' is not of the form http://HOST:PORT or https://HOST"]);
		const homeless = await Run.start(server, ['run', '--', 'true'], { XDG_DATA_HOME: '/proc/nowhere' });
		assert.equal(await homeless.ended, 1);
		assert.match(homeless.err, /XDG_DATA_HOME names another place/);
	});

	it('refuses what is no request to a proxy', async () => {
		const through = async (words) => (await run(server, shell(`curl -s -o - -w ' %{http_code}' --max-time 20 ${words}`))).out;
		assert.match(await through('--noproxy "*" $HTTPS_PROXY/'), /the server's own address is what `strowger serve` printed\n 421$/);
		assert.match(await through('--noproxy "" -x $HTTP_PROXY http://127.0.0.1:9/'), /the host cannot be reached\n 502$/);
		assert.match(await through('--noproxy "*" -X CONNECT --request-target nowhere $HTTPS_PROXY/'), / 400$/);
	});
});

/** A connection, and what came over it. */
async function dial(port) {
	const client = { socket: connect({ port, host: '127.0.0.1', allowHalfOpen: true }), bytes: Buffer.alloc(0) };
	client.socket.on('data', (bytes) => (client.bytes = Buffer.concat([client.bytes, bytes])));
	client.socket.on('end', () => (client.ended = true));
	await new Promise((done, fail) => client.socket.on('connect', done).on('error', fail));
	return client;
}

function freePort() {
	return new Promise((done) => {
		const one = createServer();
		one.listen(0, '127.0.0.1', () => {
			const { port } = one.address();
			one.close(() => done(port));
		});
	});
}
