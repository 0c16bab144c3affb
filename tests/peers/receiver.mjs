#!/usr/bin/env node
// A webhook receiver: prints and remembers each request, and answers as it is told.  By hand: receiver.mjs --help;
// in tests: `const hook = await Receiver.start({ token })`, then hook.url, hook.requests, hook.waitFor(predicate).
import { execFileSync } from 'node:child_process';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES = { twiml: 'text/xml', text: 'text/plain', json: 'application/json' };

/** What to do with a request, by name; each gets the response, its options and the request as remembered. */
const behaviours = {
	answer(response, { status = 200, type = 'twiml', body = '<Response/>', headers = {} }) {
		response.writeHead(status, { 'content-type': TYPES[type] ?? type, ...headers });
		response.end(body);
	},
	redirect(response, { status = 302, to = '/' }) {
		response.writeHead(status, { location: to });
		response.end();
	},
	/** Reads, says nothing, keeps the connection. */
	hang() {},
	/** Ends the connection without an answer. */
	reset(response) {
		response.socket.resetAndDestroy?.() ?? response.socket.destroy();
	},
	/** The same politely: what the peer of a kept connection may take for an idle one that ran out. */
	close(response) {
		response.socket.end();
	},
	/** An octet a moment, for ever. */
	drip(response, { every_ms = 100 }) {
		response.writeHead(200, { 'content-type': 'text/plain' });
		/* Who asked may be gone before this begins: then no event tells of it, and the timer would run for ever. */
		const timer = setInterval(() => (response.destroyed ? clearInterval(timer) : response.write('.')), every_ms);
	},
	/** Not HTTP. */
	garbage(response) {
		response.socket.end('\0\xff!? 2OO nothing of HTTP\r\n\r\n');
	},
	/** Bytes of text. */
	huge(response, { bytes = 10e6 }) {
		response.writeHead(200, { 'content-type': 'text/plain' });
		response.end(Buffer.alloc(bytes, 'x'));
	},
	/** Promises more than it sends. */
	short(response) {
		response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 1000 });
		response.write('too little');
		setTimeout(() => response.socket.destroy(), 20);
	},
};

/** The value of X-Twilio-Signature for a form POST, a GET, or a body of another type (its digest is in the URL). */
export function signature(token, url, params = {}) {
	let text = url;
	for (const name of Object.keys(params).sort())
		for (const value of [...new Set([params[name]].flat())].sort())
			text += name + value;
	return createHmac('sha1', token).update(text, 'utf8').digest('base64');
}

function same(a, b) {
	const [x, y] = [Buffer.from(a), Buffer.from(b)];
	return x.length === y.length && timingSafeEqual(x, y);
}

function params(search) {
	const all = {};
	for (const [name, value] of search)
		all[name] = name in all ? [all[name], value].flat() : value;
	return all;
}

function selfSigned() {
	const dir = mkdtempSync(join(tmpdir(), 'receiver-'));
	const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
		'-subj', '/CN=elsewhere.invalid', '-keyout', key, '-out', cert], { stdio: 'ignore' });
	const pair = { key: readFileSync(key), cert: readFileSync(cert), certFile: cert, keyFile: key };
	rmSync(dir, { recursive: true });
	return pair;
}

export class Receiver {
	requests = [];
	#waiting = new Set();
	#routes = [];

	/** options: port, host, token (to check signatures), tls (self-signed), publicUrl (what signatures are made of),
	 * print (a function), and those of a behaviour: behave, status, type, body, headers, delay_ms, to, every_ms, bytes */
	static async start(options = {}) {
		const receiver = new Receiver();
		receiver.options = options;
		const handle = (request, response) => receiver.#handle(request, response);
		receiver.server = options.tls ? createTlsServer(selfSigned(), handle) : createServer(handle);
		receiver.server.keepAliveTimeout = 30000;
		await new Promise((done, fail) => receiver.server.on('error', fail).listen(options.port ?? 0, options.host ?? '127.0.0.1', done));
		receiver.port = receiver.server.address().port;
		receiver.url = `http${options.tls ? 's' : ''}://${options.host ?? '127.0.0.1'}:${receiver.port}`;
		return receiver;
	}

	/** What to do with requests whose path begins so; a function (remembered request) => behaviour, or a behaviour. The
	 * latest that fits decides; times: only so often. */
	on(path, behaviour, times = Infinity) {
		this.#routes.unshift({ path, behaviour, times });
		return this;
	}

	/** The first request, of those that came or will come, for which predicate is true. */
	waitFor(predicate, within_ms = 5000) {
		const found = this.requests.find(predicate);
		if (found)
			return Promise.resolve(found);
		return new Promise((done, fail) => {
			const waiting = { predicate, done };
			waiting.timer = setTimeout(() => {
				this.#waiting.delete(waiting);
				fail(new Error(`no such request within ${within_ms} ms: ${predicate}; ${this.requests.length} others came`));
			}, within_ms * Number(process.env.STROWGER_PATIENCE ?? 1));
			this.#waiting.add(waiting);
		});
	}

	async stop() {
		this.server.closeAllConnections();
		await new Promise((done) => this.server.close(done));
	}

	async #handle(request, response) {
		const chunks = [];
		request.on('error', () => {});
		response.on('error', () => {});
		for await (const chunk of request)
			chunks.push(chunk);
		const seen = this.#remember(request, Buffer.concat(chunks));
		const route = this.#routes.find((r) => r.times > 0 && request.url.startsWith(r.path));
		if (route)
			route.times--;
		const told = typeof route?.behaviour === 'function' ? await route.behaviour(seen) : route?.behaviour;
		const how = { ...this.options, ...told };
		this.options.print?.(seen);
		for (const waiting of this.#waiting) {
			if (waiting.predicate(seen)) {
				clearTimeout(waiting.timer);
				this.#waiting.delete(waiting);
				waiting.done(seen);
			}
		}
		setTimeout(() => behaviours[how.behave ?? 'answer'](response, how, seen), how.delay_ms ?? 0);
	}

	#remember(request, body) {
		const url = new URL(request.url, this.options.publicUrl ?? `${this.url.split(':')[0]}://${request.headers.host}`);
		const form = /^application\/x-www-form-urlencoded/.test(request.headers['content-type'] ?? '');
		const seen = {
			n: this.requests.length,
			at_ms: Date.now(),
			method: request.method,
			target: request.url,
			path: url.pathname,
			query: params(url.searchParams),
			params: params(form ? new URLSearchParams(body.toString()) : url.searchParams),
			headers: request.headers,
			body: body.toString(),
			token: request.headers['i-twilio-idempotency-token'],
		};
		if (this.options.token)
			seen.valid = this.#isValid(request, url, form ? seen.params : {}, body);
		this.requests.push(seen);
		return seen;
	}

	#isValid(request, url, form, body) {
		const given = request.headers['x-twilio-signature'] ?? '';
		const digest = url.searchParams.get('bodySHA256');
		if (digest && digest !== createHash('sha256').update(body).digest('hex'))
			return false;
		return same(given, signature(this.options.token, url.origin + request.url, form));
	}
}

const HELP = `usage: receiver.mjs [--port N] [--host ADDRESS] [--token TOKEN] [--public-url URL] [--tls] [--json]
                    [--behave ${Object.keys(behaviours).join('|')}]
                    [--status N] [--type twiml|text|json|MIME] [--body TEXT|@FILE] [--delay-ms N] [--to URL]
                    [--every-ms N] [--bytes N] [--fallback PATH]
Prints each request; --token says whether its signature is valid; --json prints all of it, a line each.
--fallback PATH: requests of that path are always answered with --body, whatever --behave says of the others.
`;

function arguments_(words) {
	const options = {};
	for (let i = 0; i < words.length; i++) {
		const name = /^--([a-z-]+)$/.exec(words[i])?.[1].replace(/-(ms)$/, '_$1').replace(/-url$/, 'Url');
		if (!name || name === 'help') {
			process.stdout.write(HELP);
			process.exit(name ? 0 : 2);
		}
		options[name] = name === 'tls' || name === 'json' ? true : words[++i];
	}
	for (const name of ['port', 'status', 'delay_ms', 'every_ms', 'bytes'])
		if (options[name] !== undefined)
			options[name] = Number(options[name]);
	if (options.body?.startsWith('@'))
		options.body = readFileSync(options.body.slice(1));
	return options;
}

function show(seen) {
	const valid = seen.valid === undefined ? '' : seen.valid ? ' [signature valid]' : ' [SIGNATURE NOT VALID]';
	console.log(`#${seen.n} ${seen.method} ${seen.path}${valid}${seen.token ? ` [token ${seen.token}]` : ''}`);
	for (const [name, value] of Object.entries(seen.params))
		console.log(`    ${name} = ${value}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const options = arguments_(process.argv.slice(2));
	const receiver = await Receiver.start({ ...options, print: options.json ? (seen) => console.log(JSON.stringify(seen)) : show });
	if (options.fallback)
		receiver.on(options.fallback, { behave: 'answer', status: 200 });
	console.log(`ready ${receiver.url}`);
}
