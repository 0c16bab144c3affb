// Event Streams to brokers: NATS JetStream on three real servers, Kafka as librdkafka plays it.  Every event arrives, in
// order for each message, while a broker goes away and comes back.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { patience, root, until, withServer } from './lib/server.mjs';
import { byPrefix } from './lib/sdk.mjs';
import { checkKafka, checkOrder, drained, FAST, freePorts, FROM, Kafka, MESSAGES, sendAll, STATES, stream, TO } from './lib/brokers.mjs';

const nats = createRequire(`${root}/tests/package.json`)('nats');
const program = ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'].find(existsSync);

/** Three servers that are one cluster, on loopback; ports are taken and given back before they start. */
class Cluster {
	static async start() {
		const cluster = new Cluster();
		cluster.dir = mkdtempSync(join(tmpdir(), 'strowger-nats-'));
		cluster.ports = await freePorts(6);
		cluster.children = [0, 1, 2].map((i) => cluster.run(i));
		await until(() => cluster.connect().then((c) => c.jetstreamManager()).then((m) => m.getAccountInfo()).then(() => true, () => false), 'JetStream', 30000);
		return cluster;
	}

	run(i) {
		const routes = this.ports.slice(3).map((p) => `nats-route://127.0.0.1:${p}`).join();
		return spawn(program, ['-a', '127.0.0.1', '-p', this.ports[i], '-js', '-sd', join(this.dir, String(i)), '-n', `n${i}`,
			'--cluster_name', 'test', '--cluster', `nats://127.0.0.1:${this.ports[3 + i]}`, '--routes', routes], { stdio: 'ignore' });
	}

	get url() {
		return this.ports.slice(0, 3).map((p) => `127.0.0.1:${p}`).join();
	}

	async connect() {
		this.client ??= await nats.connect({ servers: this.ports.slice(0, 3).map((p) => `127.0.0.1:${p}`), maxReconnectAttempts: -1, reconnectTimeWait: 100 });
		return this.client;
	}

	runs(i) {
		return this.children[i].exitCode === null && this.children[i].signalCode === null;
	}

	async kill(i) {
		if (!this.runs(i))
			return;
		const ended = new Promise((done) => this.children[i].once('close', done));
		this.children[i].kill('SIGKILL');
		await ended;
	}

	async stop() {
		await this.client?.close();
		for (const i of [0, 1, 2])
			await this.kill(i);
		rmSync(this.dir, { recursive: true, force: true });
	}
}

describe('NATS JetStream, three servers', { timeout: 120000 * patience }, () => {
	let cluster;
	before(async () => (cluster = await Cluster.start()));
	after(() => cluster.stop());

	it('has every event in order for each message, through the end of a server', () => withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
		const sink = await stream(server, 'nats', `nats://${cluster.url}/events?stream=EVENTS&replicas=3`);
		const client = await cluster.connect(), manager = await client.jetstreamManager();
		const sids = await sendAll(server, async () => {
			const leader = await until(() => manager.streams.info('EVENTS').then((info) => info.cluster.leader, () => false), 'the stream and its leader', 20000);
			await cluster.kill(Number(leader.slice(1)));
		});
		for (const i of [0, 1, 2].filter((i) => !cluster.runs(i)))
			cluster.children[i] = cluster.run(i);
		await drained(server, sink);
		const { state } = await until(() => manager.streams.info('EVENTS').catch(() => false), 'the stream', 20000), events = [];
		for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
			const message = await until(() => manager.streams.getMessage('EVENTS', { seq }).catch(() => false), `message ${seq}`, 20000);
			const event = message.json();
			assert.equal(message.subject, `events.${event.type}`);
			assert.equal(message.header.get('Nats-Msg-Id'), event.id);
			events.push(event);
		}
		assert.equal(events.length, MESSAGES * STATES.length, 'JetStream drops what it has');
		checkOrder(events, sids);
	}));
});

describe('Kafka', { timeout: 60000 * patience }, () => {
	const skip = /tsan/.test(process.env.STROWGER ?? '') && 'ThreadSanitizer does not know C11 threads, which librdkafka uses';
	it('has every event in order for each message, through the end of a broker', { skip }, async () => {
		await Kafka.with(['events', '6'], (kafka) => withServer({ args: FAST, store: 'sqlite::memory:' }, (server) =>
			checkKafka(server, kafka, { trouble: () => kafka.tell('down 1'), mend: () => kafka.tell('up 1') })));
	});
});

describe('brokers that cannot be used', () => {
	it('are refused, or the sink says why it fails', () => withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
		const client = byPrefix(server);
		const make = (sinkType, url) => client.events.v1.sinks.create({ description: 'x', sinkType, sinkConfiguration: { url } });
		for (const [type, url, what] of [['nats', 'nats://', /not valid/], ['nats', 'kafka://127.0.0.1:1/t', /not of a nats|must begin/], ['kafka', 'sim://x', /not valid/],
			['nats', 'nats://h/a b', /not valid/], ['kafka', 'kafka://h/t?no=1', /not valid/]])
			await assert.rejects(make(type, url), (failure) => failure.code === 20001 && what.test(failure.message), url);
		const sid = await stream(server, 'nats', 'nats://127.0.0.1:1/events?timeout_ms=300');
		await server.account('POST', 'Messages', { form: { To: TO, From: FROM, Body: 'x' } });
		const { json } = await until(async () => {
			const reply = await server.call('GET', `/v1/event_sinks/${sid}`);
			return reply.json.why && reply;
		}, 'why it fails', 20000);
		assert.ok(json.date_failing);
		assert.match(json.why, /./);
	}));
});
