// What the tests of brokers share: messages whose events go there, and what is expected of them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root, until } from './server.mjs';
import { byPrefix } from './sdk.mjs';

export const FROM = '+15005550006', TO = '+15005550010', MESSAGES = 200;
export const FAST = ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1'];
export const STATES = ['queued', 'sending', 'sent', 'delivered'].map((s) => `com.twilio.messaging.message.${s}`);

export async function stream(server, sinkType, url) {
	const client = byPrefix(server);
	const sink = await client.events.v1.sinks.create({ description: sinkType, sinkType, sinkConfiguration: { url } });
	await client.events.v1.subscriptions.create({ description: 'all', sinkSid: sink.sid, types: STATES.map((type) => ({ type, schema_version: 1 })) });
	return sink.sid;
}

/** Sends MESSAGES; half way through it does `between`. */
export async function sendAll(server, between) {
	const sids = [];
	for (let i = 0; i < MESSAGES; i++) {
		if (i === MESSAGES / 2)
			await between();
		const { status, json, text } = await server.account('POST', 'Messages', { form: { To: TO, From: FROM, Body: 'x' } });
		assert.equal(status, 201, text);
		sids.push(json.sid);
	}
	return sids;
}

/** Each message's events, once each and in order. Repetitions (same id) count once: at least once is what is promised. */
export function checkOrder(events, sids) {
	const seen = new Set(), by = new Map(sids.map((sid) => [sid, []]));
	for (const e of events)
		if (!seen.has(e.id)) {
			seen.add(e.id);
			by.get(e.data.messageSid).push(e.type);
		}
	for (const [sid, types] of by)
		assert.deepEqual(types, STATES, sid);
}

export const drained = (server, sid) => until(async () => {
	const { json } = await server.call('GET', `/v1/event_sinks/${sid}`);
	return json.behind < 3 && !json.date_failing;
}, 'the sink at the end of the log', 40000);

/** n ports of loopback that are free: taken, and given back. */
export async function freePorts(n) {
	const held = [];
	for (let i = 0; i < n; i++)
		held.push(await new Promise((done) => { const s = createServer().listen(0, '127.0.0.1', () => done(s)); }));
	const ports = held.map((s) => s.address().port);
	await Promise.all(held.map((s) => new Promise((done) => s.close(done))));
	return ports;
}

/** tests/peers/kafka: plays brokers, or reads from others. */
export class Kafka {
	/** One for as long as use() takes; it ends whatever happens there: a child that is left keeps the tests from ending. */
	static async with(words, use) {
		const kafka = await Kafka.#start(words);
		try {
			return await use(kafka);
		} finally {
			await kafka.#stop();
		}
	}

	static async #start(words) {
		const kafka = new Kafka();
		kafka.child = spawn(join(root, process.env.STROWGER_KAFKA ?? 'build/tests/peers/kafka'), words, { stdio: ['pipe', 'pipe', 'inherit'] });
		kafka.lines = createInterface({ input: kafka.child.stdout })[Symbol.asyncIterator]();
		[, kafka.bootstrap] = /^ready (.*)$/.exec((await kafka.lines.next()).value);
		return kafka;
	}

	tell(line) {
		this.child.stdin.write(`${line}\n`);
	}

	/** The events of the topic; those of one resource are in one partition, under its key. */
	async read() {
		const events = [], places = new Map();
		this.tell('read');
		for (let { value: line, done } = await this.lines.next(); line !== 'end'; { value: line, done } = await this.lines.next()) {
			assert.ok(!done, 'the peer has ended');
			const [partition, key, id, value] = line.split('\t'), event = JSON.parse(value);
			assert.equal(id, event.id);
			assert.equal(key, (event.data.messageSid ?? event.sid).slice(2));
			assert.equal(places.get(key) ?? partition, partition, 'one message, one partition');
			places.set(key, partition);
			events.push(event);
		}
		return { events, partitions: new Set(places.values()).size };
	}

	async #stop() {
		const ended = new Promise((done) => this.child.once('close', done));
		this.child.stdin.end();
		await ended;
	}
}

/** Events of many messages through Kafka: half way through there is trouble, which is then mended. */
export async function checkKafka(server, kafka, { trouble, mend }) {
	const sink = await stream(server, 'kafka', `kafka://${kafka.bootstrap}/events`);
	const sids = await sendAll(server, trouble);
	await mend();
	await drained(server, sink);
	const { events, partitions } = await kafka.read();
	assert.ok(partitions > 1);
	checkOrder(events, sids);
}
