// Apache Kafka on loopback, broker and controller in one process (KRaft), with its data in a folder of its own.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../api/lib/brokers.mjs';
import { root, until } from '../api/lib/server.mjs';

export const PARTITIONS = 6;
const JARS = join(root, 'tests/kafka/target/jars/*');

export class Broker {
	/** users: { name: password }, for PLAIN at the address `guarded`; at `open` nobody is asked. */
	static async start(users) {
		const broker = new Broker();
		broker.dir = mkdtempSync(join(tmpdir(), 'strowger-kafka-'));
		const [open, guarded, controller] = (await freePorts(3)).map((port) => `127.0.0.1:${port}`);
		Object.assign(broker, { open, guarded, config: join(broker.dir, 'server.properties') });
		const known = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`).join(' ');
		writeFileSync(join(broker.dir, 'log4j.properties'), 'log4j.rootLogger=INFO, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n' +
			'log4j.appender.out.layout=org.apache.log4j.PatternLayout\nlog4j.appender.out.layout.ConversionPattern=%d %p %m%n\n');
		writeFileSync(broker.config, Object.entries({
			'process.roles': 'broker,controller',
			'node.id': 1,
			'controller.quorum.voters': `1@${controller}`,
			'controller.listener.names': 'CONTROLLER',
			'listeners': `OPEN://${open},GUARDED://${guarded},CONTROLLER://${controller}`,
			'advertised.listeners': `OPEN://${open},GUARDED://${guarded}`,
			'inter.broker.listener.name': 'OPEN',
			'listener.security.protocol.map': 'OPEN:PLAINTEXT,GUARDED:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
			'sasl.enabled.mechanisms': 'PLAIN',
			'listener.name.guarded.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${known};`,
			'log.dirs': join(broker.dir, 'data'),
			'num.partitions': PARTITIONS,
			'offsets.topic.replication.factor': 1,
			'transaction.state.log.replication.factor': 1,
			'transaction.state.log.min.isr': 1,
		}).map((pair) => pair.join('=')).join('\n'));
		execFileSync('java', broker.#java('kafka.tools.StorageTool', 'format', '-t', randomBytes(16).toString('base64url').replace(/^-/, 'A'), '-c', broker.config));
		await broker.run();
		return broker;
	}

	#java(program, ...words) {
		return ['-Xmx512m', `-Dlog4j.configuration=file:${join(this.dir, 'log4j.properties')}`, '-cp', JARS, program, ...words];
	}

	/** Until it is ready for clients. */
	async run() {
		let ready = false;
		this.log = '';
		this.child = spawn('java', this.#java('kafka.Kafka', this.config), { stdio: ['ignore', 'pipe', 'pipe'] });
		this.ended = new Promise((done) => this.child.once('close', () => done(true)));
		for (const out of [this.child.stdout, this.child.stderr])
			out.on('data', (text) => {
				this.log = (this.log + text).slice(-20000);
				ready ||= /Kafka Server started/.test(this.log);
			});
		await until(() => ready || this.child.exitCode !== null, 'Kafka', 60000);
		if (!ready)
			throw new Error(`Kafka ended:\n${this.log}`);
	}

	/** Ends at once. */
	async kill() {
		this.child.kill('SIGKILL');
		await this.ended;
	}

	async stop() {
		await this.kill();
		rmSync(this.dir, { recursive: true, force: true });
	}
}
