// Server-sent events as a client sees them: parsed line by line as the HTML standard says, from a raw socket, so that a
// test can stop reading.
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { until } from './server.mjs';

export class Stream {
	events = []; // { id, event, data }
	beats = 0;
	lastId = '';
	ended = false;
	#text = '';
	#body = '';
	#head;
	#event = { event: 'message', data: '' };

	/** Opens and waits for the head; over TLS when the server has a ca. auth: "user:password" */
	static async open(server, path, { auth = `${server.sid}:${server.token}`, headers = {}, version = '1.1' } = {}) {
		const stream = new Stream();
		stream.socket = server.ca ? connectTls({ port: server.port, host: '127.0.0.1', ca: server.ca }) : connect(server.port, '127.0.0.1');
		stream.socket.setEncoding('latin1');
		stream.socket.on('data', (text) => stream.#take(text));
		stream.socket.on('close', () => (stream.ended = true));
		stream.socket.on('error', () => (stream.ended = true));
		const lines = { Host: 'localhost', Authorization: `Basic ${Buffer.from(auth).toString('base64')}`, ...headers };
		stream.socket.write(`GET ${path} HTTP/${version}\r\n${Object.entries(lines).map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`);
		await until(() => stream.#head ?? stream.ended, 'the head of a stream');
		return stream;
	}

	get status() {
		return Number(this.#head?.split(' ')[1]);
	}

	get head() {
		return this.#head;
	}

	/** The body of a reply that is no stream; undefined while it is not whole. */
	get json() {
		const length = Number(/^content-length: (\d+)/im.exec(this.#head)?.[1]);
		return this.#text.length >= length ? JSON.parse(Buffer.from(this.#text, 'latin1').toString()) : undefined;
	}

	get data() {
		return this.events.filter((e) => e.event === 'message').map((e) => JSON.parse(e.data));
	}

	get end() {
		const last = this.events.find((e) => e.event === 'end');
		return last && JSON.parse(last.data);
	}

	close() {
		this.socket.destroy();
	}

	#take(text) {
		this.#text += text;
		if (this.#head === undefined) {
			const at = this.#text.indexOf('\r\n\r\n');
			if (at < 0)
				return;
			this.#head = this.#text.slice(0, at);
			this.#text = this.#text.slice(at + 4);
		}
		if (!/event-stream/.test(this.#head))
			return;
		if (!/chunked/i.test(this.#head)) {
			this.#body += this.#text;
			this.#text = '';
		} else {
			for (let m; (m = /^([0-9a-f]+)\r\n/.exec(this.#text)) && this.#text.length >= m[0].length + parseInt(m[1], 16) + 2;) {
				const n = parseInt(m[1], 16);
				this.#body += this.#text.slice(m[0].length, m[0].length + n);
				this.#text = this.#text.slice(m[0].length + n + 2);
			}
		}
		for (let at; (at = this.#body.indexOf('\n')) >= 0;) {
			this.#line(Buffer.from(this.#body.slice(0, at), 'latin1').toString());
			this.#body = this.#body.slice(at + 1);
		}
	}

	#line(line) {
		const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
		if (line === '') {
			if (this.#event.data)
				this.events.push({ ...this.#event, id: this.lastId });
			this.#event = { event: 'message', data: '' };
		} else if (name === '') {
			this.beats++;
		} else if (name === 'id') {
			this.lastId = value;
		} else if (name === 'event' || name === 'data') {
			this.#event[name] = value;
		}
	}
}
