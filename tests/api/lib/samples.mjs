// Runs the examples of all operations, as the server's own description has them, in one language: in the order of a resource's
// life, on an account that has one of everything.  What an example leaves to the reader (SIDs, a secret, the reader's URL) is put in.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, root, until } from './server.mjs';
import { METHODS, World } from './world.mjs';

/** What must come after other things, by its place; the rest is in the middle. */
const LAST = [/^Update|^Upgrade|Replay$/, /^Delete(?!ConnectApp|Message$|Sink|Address|Oauth|Secondary)/, /^Delete(?!Secondary)/, /^DeleteSecondary/, /Promotion$/];
const FIRST = [/^CreateWebhookAnswer$/, /^CreateSinkValidate$/, /^Create(?!WebhookReplay)/];
const GATEWAY = /^ReceiveCarrier/;

function place(name) {
	const first = FIRST.findIndex((pattern) => pattern.test(name));
	return first >= 0 ? first - FIRST.length : LAST.findIndex((pattern) => pattern.test(name)) + 1;
}

/** A server behind the gateway of docs/carriers/form-gateway.conf; it has no other carrier, so its messages go nowhere. */
async function gateway() {
	const dir = mkdtempSync(join(tmpdir(), 'samples-'));
	const text = readFileSync(join(root, 'docs/carriers/form-gateway.conf'), 'utf8')
		.replace(/^(secret\.\w+|token) = .*$/gm, '$1 = secret-of-the-gateway').replace(/^url = .*$/m, 'url = http://127.0.0.1:9/');
	writeFileSync(join(dir, 'gateway.conf'), text);
	const server = await Server.start({ args: ['--carrier', `gateway=http:${join(dir, 'gateway.conf')}`] });
	return { server, stop: () => server.stop().finally(() => rmSync(dir, { recursive: true })) };
}

/** The id of a webhook that waits for its answer from whoever listens. */
async function divert(world) {
	const auth = `Basic ${Buffer.from(`${world.server.sid}:${world.server.token}`).toString('base64')}`;
	const stream = await fetch(`${world.server.url}/v1/webhooks/stream?mode=divert`, { headers: { authorization: auth } });
	const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();
	let seen = '', found;
	await reader.read(); // it listens
	await world.made('POST', `${world.base}/Messages.json`, { form: { To: '+15005550010', From: '+15005550006', Body: 'x', StatusCallback: `${world.hook.url}/diverted` } });
	while (!(found = /^data: .*"id":"([^"]+)"/m.exec(seen)))
		seen += (await reader.read()).value;
	return { id: found[1], stop: () => reader.cancel() };
}

/** The id that a sink's test event has. */
async function testSink(world) {
	const sink = await world.made('POST', '/events/v1/Sinks', { form: { Description: 'tested', SinkType: 'webhook',
		SinkConfiguration: JSON.stringify({ destination: `${world.hook.url}/sink`, method: 'POST' }) } });
	await world.made('POST', `/events/v1/Sinks/${sink.sid}/Test`);
	const { body } = await world.hook.waitFor((request) => request.path === '/sink');
	return { sid: sink.sid, id: /"test_id":"([^"]+)"/.exec(body)?.[1] ?? JSON.parse(body)[0].data.test_id };
}

/** What an operation wants for itself alone, by name and kind of SID. */
async function own(world, sink, oauth) {
	const key = async () => (await world.made('POST', `${world.base}/Keys.json`, { form: {} })).sid;
	const dead = await world.made('GET', `/v1/webhooks/dead_letters/${world.known.get('HD')}`);
	await world.made('PATCH', `/v1/webhooks/endpoints/${dead.endpoint_id}`, { json: { status: 'enabled' } });
	return {
		'CreateSinkValidate DG': sink.sid, 'CreateSubscription DG': sink.sid, 'DeleteSigningKey SK': await key(), 'DeleteIamKey SK': await key(),
		'CreateAuthorizedConnectApp CN': (await world.made('POST', '/v1/connect_apps', { json: { friendly_name: 'not authorized yet' } })).sid,
		'CreateIamToken OQ': oauth.sid, 'CreateOauth1Token OQ': oauth.sid, 'CreateOauth2Token OQ': oauth.sid,
	};
}

class Samples {
	/** label: "curl", "Node", "Python", "Go" */
	static async start(label) {
		const s = new Samples();
		s.world = await World.start();
		s.gateway = await gateway();
		const { server } = s.world;
		await s.world.made('POST', '/v1/tiers', { json: { name: 'higher', rank: 1000, self_serve: true } });
		s.oauth = await s.world.made('POST', '/iam/v1/Account/OAuthApps', { json: { friendly_name: 'token', policy: { allow: ['/twilio/messaging/messages/read'] } } });
		s.divert = await divert(s.world);
		s.sink = await testSink(s.world);
		s.own = await own(s.world, s.sink, s.oauth);
		const { paths } = await (await fetch(`${server.url}/openapi.json?samples=1`)).json();
		s.all = Object.entries(paths).flatMap(([path, item]) => METHODS.filter((m) => item[m]).map((m) => ({ path, operation: item[m] })))
			.map(({ path, operation }) => ({ name: operation.operationId, refused: operation['x-refused'], status: Object.keys(operation.responses)[0],
				endless: / -N /.test(operation['x-codeSamples'][0].source),
				source: s.#filled(path, operation.operationId, operation['x-codeSamples'].find((sample) => sample.label === label).source) }))
			.sort((a, b) => place(a.name) - place(b.name));
		return s;
	}

	#filled(path, name, source) {
		const { world, gateway, sink, oauth } = this, { server, hook } = world;
		return source
			.replace(/\b([A-Z]{2})0123456789abcdef0123456789abcdef\b/g, (text, kind) => this.own[`${name} ${kind}`] ?? world.sid(path, path.includes('/Media') && kind === 'SM' ? ['MM'] : [kind]) ?? text)
			.replaceAll('https://example.org/hook', `${hook.url}/told`)
			.replaceAll('secret-of-the-application', oauth.secret).replaceAll('id-of-the-test-event', sink.id)
			.replaceAll('/stream/0-1-0', `/stream/${this.divert.id}`)
			.replaceAll(server.url, GATEWAY.test(name) ? gateway.server.url : server.url);
	}

	/** The environment that examples speak of. */
	get env() {
		const { server } = this.world;
		return { ...process.env, SERVER: server.url, SID: server.sid, TOKEN: server.token };
	}

	/** Batches of examples, one to run after the other, with what must happen between; the last has other credentials. */
	async* batches() {
		const promotes = (s) => /Promotion$/.test(s.name);
		yield this.all.filter((s) => !promotes(s));
		await this.world.made('POST', '/accounts/v1/AuthTokens/Secondary');
		yield this.all.filter(promotes);
	}

	/** Something for who listens to streams: a message with a callback. */
	tell() {
		return this.world.ask('POST', `${this.world.base}/Messages.json`, { form: { To: '+15005550010', From: '+15005550006', Body: 'x', StatusCallback: `${this.world.hook.url}/told` } });
	}

	async stop() {
		await this.divert.stop();
		await this.gateway.stop();
		await this.world.stop();
	}
}

/** A program to its end; its standard output. */
export function output(program, words, options) {
	return new Promise((done, fail) => {
		const child = spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
		let text = '';
		child.stdout.on('data', (piece) => (text += piece));
		child.on('error', fail).on('close', () => done(text));
	});
}

/** Lines of JSON { name, ok, out }, by name. */
export const parsed = (text) => new Map(text.split('\n').filter((line) => line.startsWith('{')).map(JSON.parse).map((result) => [result.name, result]));

/** All examples of a language: run(batch, env, dir) gives a map of name to { ok, out }.  What is always refused must be
 * refused, everything else must do. @return how many */
export async function runAll(label, run) {
	const samples = await Samples.start(label), dir = mkdtempSync(join(tmpdir(), 'samples-')), results = new Map();
	const telling = setInterval(() => samples.tell(), 200);
	try {
		for await (const batch of samples.batches())
			for (const [name, result] of await run(batch, samples.env, dir))
				results.set(name, result);
	} finally {
		clearInterval(telling);
		rmSync(dir, { recursive: true });
		await samples.stop();
	}
	const bad = samples.all.filter(({ name, refused }) => !results.has(name) || results.get(name).ok === Boolean(refused));
	assert.deepEqual(bad.map(({ name, source }) => `${name}: ${results.get(name)?.out ?? 'did not run'}\n${source}\n`), []);
	assert.ok(samples.all.length > 200, `${samples.all.length} examples`);
	return samples.all.length;
}
