// Starts the real program on a free port with a store of its own, and stops it.  STROWGER names another binary
// (a sanitizer build); a report of a sanitizer on standard error fails the test that stops the server.
import { spawn, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(fileURLToPath(import.meta.url), '../../../..');
export const binary = resolve(root, process.env.STROWGER ?? 'build/strowger');
// Sanitizers and valgrind are slow; every deadline of the tests is multiplied by this.
export const patience = Number(process.env.STROWGER_PATIENCE ?? 1);
const REPORT = /ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|SW_BUG|bug at /;

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks until the answer is true (or the deadline passes), and returns it. */
export async function until(ask, what = 'the condition', within_ms = 5000) {
	const deadline = Date.now() + within_ms * patience;
	for (;;) {
		const answer = await ask();
		if (answer)
			return answer;
		if (Date.now() > deadline)
			throw new Error(`${what} did not come true within ${within_ms * patience} ms`);
		await sleep(10);
	}
}

export class Server {
	sid = `AC${randomBytes(16).toString('hex')}`;
	token = randomBytes(16).toString('hex');
	err = '';

	/** options: store (a URL), dir, args, env, loops, keep (the store stays after stop) */
	static async start(options = {}) {
		const server = new Server();
		server.options = options;
		server.dir = options.dir ?? mkdtempSync(join(tmpdir(), 'strowger-test-'));
		await server.launch();
		return server;
	}

	async launch() {
		const { args = [], env = {}, loops = 2, store = `sqlite:${this.dir}` } = this.options;
		this.out = '';
		this.child = spawn(binary, ['serve', '--listen', this.options.listen ?? '127.0.0.1:0', '--store', store, '--loops', String(loops), ...args], {
			env: { ...process.env, STROWGER_ACCOUNT_SID: this.sid, STROWGER_AUTH_TOKEN: this.token, ...env },
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		this.child.stdout.on('data', (text) => (this.out += text));
		this.child.stderr.on('data', (text) => (this.err += text));
		this.ended = new Promise((done) => this.child.on('close', (code, signal) => {
			this.exit = signal ?? code;
			done(this.exit);
		}));
		const ready = await until(() => /^ready (\S+)$/m.exec(this.out) ?? this.exit !== undefined, 'the line ready', 20000);
		if (ready === true)
			throw new Error(`serve ended with ${this.exit}: ${this.err}`);
		this.url = ready[1];
		this.port = Number(new URL(this.url).port);
	}

	/** Ends at once, as a power cut does. */
	async kill() {
		this.child.kill('SIGKILL');
		await this.ended;
	}

	async restart() {
		this.exit = undefined;
		await this.launch();
	}

	async stop() {
		if (this.exit === undefined) {
			this.child.kill('SIGTERM');
			const timer = setTimeout(() => this.child.kill('SIGKILL'), 20000 * patience);
			await this.ended;
			clearTimeout(timer);
		}
		if (!this.options.keep && !this.options.dir)
			rmSync(this.dir, { recursive: true, force: true });
		if (REPORT.test(this.err))
			throw new Error(`the server reported a bug:\n${this.err.slice(this.err.search(REPORT), 4000)}`);
		if (this.exit !== 0 && this.exit !== 'SIGKILL')
			throw new Error(`the server ended with ${this.exit} on SIGTERM:\n${this.err.slice(-4000)}`);
	}

	/** Another command of the program, with this server's account; its standard output. */
	command(...words) {
		return execFileSync(binary, [...words, '--server', this.url, '--account-sid', this.sid, '--auth-token', this.token],
			{ encoding: 'utf8' });
	}

	/** A raw HTTP call; form: an object (arrays repeat) or URLSearchParams; json: a value. Checked against the contract. */
	async call(method, path, { form, json, body, headers = {}, auth = `${this.sid}:${this.token}` } = {}) {
		const init = { method, headers: { ...headers } };
		if (auth)
			init.headers.authorization = `Basic ${Buffer.from(auth).toString('base64')}`;
		if (form)
			init.body = form instanceof URLSearchParams ? form : params(form);
		if (json !== undefined) {
			init.body = JSON.stringify(json);
			init.headers['content-type'] = 'application/json';
		}
		if (body !== undefined)
			init.body = body;
		const response = await fetch(this.url + path, init);
		/* A stream has no end: who wants its events uses lib/sse.mjs. */
		const endless = /event-stream/.test(response.headers.get('content-type') ?? '');
		const text = endless ? (await response.body?.cancel(), '') : await response.text();
		const reply = { status: response.status, headers: response.headers, text };
		if (text && /json/.test(response.headers.get('content-type') ?? ''))
			reply.json = JSON.parse(text);
		const { check } = await import('./contract.mjs');
		check(method, path, reply.status, text);
		return reply;
	}

	/** The same under the account's path of the 2010 API: what = "Messages", "Messages/SM…". */
	account(method, what, options = {}) {
		const [resource, query] = what.split('?');
		return this.call(method, `/2010-04-01/Accounts/${this.sid}/${resource}.json${query ? `?${query}` : ''}`, options);
	}
}

export function params(form) {
	const list = new URLSearchParams();
	for (const [name, value] of Object.entries(form))
		for (const one of Array.isArray(value) ? value : [value])
			list.append(name, one);
	return list;
}

/** Runs work with a server that is stopped whatever happens. */
export async function withServer(options, work) {
	const server = await Server.start(options);
	try {
		await work(server);
	} catch (failure) {
		failure.message += `\n--- the server's log ---\n${server.err.slice(-3000)}`;
		throw failure;
	} finally {
		await server.stop();
	}
}

/** A local HTTP server for media and callbacks: handler(request, response). */
export async function listen(handler, address = '127.0.0.1') {
	const web = createServer(handler);
	await new Promise((done) => web.listen(0, address, done));
	web.unref();
	return { url: `http://${address}:${web.address().port}`, close: () => new Promise((done) => { web.closeAllConnections(); web.close(done); }) };
}
