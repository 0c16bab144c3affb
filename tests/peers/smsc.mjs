// Starts the SMSC of tests/peers/smsc on free ports and speaks with its control port.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { dirname, resolve } from 'node:path';
import { binary, until } from '../api/lib/server.mjs';

export const smsc = resolve(dirname(binary), 'tests/peers/smsc');

export class Smsc {
	#replies = [];
	#text = '';

	/** flags: { 'answer-delay': 20, rule: ['1415 status=0x0B'] } */
	static async start(flags = {}) {
		const peer = new Smsc();
		const args = Object.entries(flags).flatMap(([name, value]) => [value].flat().flatMap((v) => [`--${name}`, String(v)]));
		peer.child = spawn(smsc, args, { stdio: ['ignore', 'pipe', 'inherit'] });
		peer.ended = new Promise((done) => peer.child.on('close', done));
		let out = '';
		peer.child.stdout.on('data', (text) => (out += text));
		const ready = await until(() => /^ready (\d+) (\d+)$/m.exec(out) ?? peer.child.exitCode !== null, 'the SMSC');
		if (ready === true)
			throw new Error(`the SMSC ended with ${peer.child.exitCode}`);
		[peer.port, peer.controlPort] = ready.slice(1).map(Number);
		await peer.#open();
		return peer;
	}

	#open() {
		this.socket = connect(this.controlPort, '127.0.0.1');
		this.socket.setEncoding('utf8').on('data', (text) => {
			const lines = (this.#text + text).split('\n');
			this.#text = lines.pop();
			for (const line of lines)
				this.#replies.shift()?.(line);
		});
		return new Promise((done, fail) => this.socket.on('connect', done).on('error', fail));
	}

	/** One command; what follows "ok", or an Error. */
	async command(line) {
		const reply = await new Promise((done) => {
			this.#replies.push(done);
			this.socket.write(line + '\n');
		});
		if (!reply.startsWith('ok'))
			throw new Error(`${line}: ${reply}`);
		return reply.slice(3);
	}

	set(name, value) {
		return this.command(`set ${name} ${value}`);
	}

	async stats() {
		return JSON.parse(await this.command('stats'));
	}

	/** Waits until the counters are so; what they are then. */
	until(ask, within_ms) {
		return until(async () => {
			const stats = await this.stats();
			return ask(stats) && stats;
		}, `counters of the SMSC: ${ask}`, within_ms);
	}

	async stop() {
		this.socket.destroy();
		this.child.kill();
		await this.ended;
	}
}
