// Event Streams and native subscriptions to Apache Kafka itself; tests/kafka/run has the jars.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { checkKafka, drained, FAST, FROM, Kafka, TO } from '../api/lib/brokers.mjs';
import { patience, until, withServer } from '../api/lib/server.mjs';
import { Broker, PARTITIONS } from './broker.mjs';

describe('Apache Kafka', { timeout: 180000 * patience }, () => {
	let broker;
	before(async () => (broker = await Broker.start({ strowger: 'right' })));
	after(() => broker.stop());

	it('has every event in order for each message, though it was killed and started again', async () => {
		await Kafka.with(['events', PARTITIONS, broker.open], (reader) => withServer({ args: FAST, store: 'sqlite::memory:' }, (server) =>
			checkKafka(server, reader, { trouble: () => broker.kill(), mend: () => broker.run() })));
	});

	it('turns a wrong password away, which the sink says, and takes the right one', () => withServer({ args: FAST, store: 'sqlite::memory:' }, async (server) => {
		const url = (password) => `kafka://strowger:${password}@${broker.guarded}/secrets`;
		const { json: { sid } } = await server.call('POST', '/v1/event_subscriptions', { json: { url: url('wrong'), types: ['message.delivered'], pause_max_s: 1 } });
		const { json: message } = await server.account('POST', 'Messages', { form: { To: TO, From: FROM, Body: 'x' } });
		const { why } = await until(async () => {
			const { json } = await server.call('GET', `/v1/event_sinks/${sid}`);
			return json.why && json;
		}, 'why it fails', 30000);
		assert.match(why, /[Aa]uthentication|credentials/);
		assert.ok(!/wrong|right/.test(why));
		assert.equal((await server.call('PATCH', `/v1/event_subscriptions/${sid}`, { json: { url: url('right') } })).status, 200);
		await drained(server, sid);
		await Kafka.with(['secrets', PARTITIONS, broker.open], async (reader) =>
			assert.deepEqual([...new Set((await reader.read()).events.map((event) => `${event.type} ${event.sid}`))], [`message.delivered ${message.sid}`]));
	}));
});
