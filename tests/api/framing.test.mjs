// Framing over raw sockets: what RFC 9112 calls an error is refused and the connection closed; limits announce themselves.
import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it, before, after } from 'node:test';
import { Server, patience } from './lib/server.mjs';

const BODY = 'To=%2B15005550010&From=%2B15005550006&Body=raw';
let server;
before(async () => {
	server = await Server.start();
});
after(() => server.stop());

const auth = () => `Authorization: Basic ${Buffer.from(`${server.sid}:${server.token}`).toString('base64')}\r\n`;
const start = (version = '1.1') => `POST /2010-04-01/Accounts/${server.sid}/Messages.json HTTP/${version}\r\n`;
const type = 'Content-Type: application/x-www-form-urlencoded\r\n';
const head = (more, version) => `${start(version)}Host: x\r\n${auth()}${type}${more}\r\n`;
const length = `Content-Length: ${BODY.length}\r\n`;
const chunked = 'Transfer-Encoding: chunked\r\n';

/** Sends the pieces; resolves with all that came once the peer closes or enough(text) is true. */
function talk(pieces, { enough = () => false, within_ms = 10000 } = {}) {
	return new Promise((done, fail) => {
		const socket = net.connect(server.port, '127.0.0.1');
		let text = '';
		const end = (closed) => {
			clearTimeout(timer);
			socket.destroy();
			done({ text, closed, statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((m) => Number(m[1])) });
		};
		const timer = setTimeout(() => fail(new Error(`no end within ${within_ms} ms; came: ${text}`)), within_ms * patience);
		socket.on('data', (bytes) => {
			text += bytes;
			if (enough(text))
				end(false);
		});
		socket.on('error', () => {});
		socket.on('close', () => end(true));
		(async () => {
			for (const piece of pieces) {
				socket.write(piece);
				await new Promise((next) => setImmediate(next));
			}
		})();
	});
}
const answers = (n) => (text) => [...text.matchAll(/"subresource_uris":\{[^}]*\},[^}]*\}/g)].length >= n;

describe('legal framing', () => {
	it('chunked body', async () => {
		const half = BODY.slice(0, 9), rest = BODY.slice(9);
		const { statuses } = await talk([head(chunked), `9\r\n${half}\r\n${rest.length.toString(16)}\r\n${rest}\r\n0\r\n\r\n`], { enough: answers(1) });
		assert.deepEqual(statuses, [201]);
	});
	it('three pipelined requests, answered in order', async () => {
		const { statuses } = await talk([(head(length) + BODY).repeat(3)], { enough: answers(3) });
		assert.deepEqual(statuses, [201, 201, 201]);
	});
	it('Expect: 100-continue', async () => {
		const { statuses } = await talk([head(`${length}Expect: 100-continue\r\n`)], { enough: (text) => text.endsWith('\r\n\r\n') });
		assert.deepEqual(statuses, [100]);
	});
	it('byte by byte', async () => {
		const { statuses } = await talk([...(head(length) + BODY)], { enough: answers(1) });
		assert.deepEqual(statuses, [201]);
	});
	it('8 KB of headers', async () => {
		const { statuses } = await talk([head(`${length}X-Long: ${'x'.repeat(8000)}\r\n`), BODY], { enough: answers(1) });
		assert.deepEqual(statuses, [201]);
	});
	it('HTTP/1.0 is answered and closed', async () => {
		const { statuses, closed } = await talk([head(length, '1.0') + BODY]);
		assert.deepEqual(statuses, [201]);
		assert.ok(closed);
	});
	it('a client that goes away does not matter', async () => {
		const socket = net.connect(server.port, '127.0.0.1');
		await new Promise((done) => socket.once('connect', done));
		socket.write(head(length) + BODY.slice(0, 5));
		socket.destroy();
		assert.equal((await server.account('GET', 'Messages')).status, 200);
	});
});

describe('broken framing is refused and closed', () => {
	const cases = {
		'Content-Length and Transfer-Encoding': [() => head(length + chunked) + BODY, 400],
		'two different lengths': [() => head(`${length}Content-Length: 5\r\n`) + BODY, 400],
		'Content-Length: +31': [() => head('Content-Length: +31\r\n') + BODY, 400],
		'Content-Length: 1,1': [() => head('Content-Length: 1,1\r\n') + BODY, 400],
		'negative length': [() => head('Content-Length: -1\r\n') + BODY, 400],
		'a huge length': [() => head('Content-Length: 99999999999999999999\r\n') + BODY, [400, 413]],
		'space before the colon': [() => head(`X-A : b\r\n${length}`) + BODY, 400],
		'empty header name': [() => head(`: b\r\n${length}`) + BODY, 400],
		'NUL in a value': [() => head(`X-A: a\0b\r\n${length}`) + BODY, 400],
		'CR alone in a value': [() => head(`X-A: a\rb\r\n${length}`) + BODY, 400],
		'folded header': [() => head(`X-A: a\r\n b\r\n${length}`) + BODY, 400],
		'gzip, chunked': [() => `${head('Transfer-Encoding: gzip, chunked\r\n')}0\r\n\r\n`, [400, 501]],
		'chunked twice': [() => `${head('Transfer-Encoding: chunked, chunked\r\n')}0\r\n\r\n`, [400, 501]],
		'chunk size 0x5': [() => `${head(chunked)}0x5\r\nTo=%2\r\n0\r\n\r\n`, 400],
		'chunk size with a sign': [() => `${head(chunked)}+5\r\nTo=%2\r\n0\r\n\r\n`, 400],
		'chunk data without CRLF': [() => `${head(chunked)}5\r\nTo=%2XX0\r\n\r\n`, 400],
		'no Host': [() => `${start()}${auth()}${type}${length}\r\n${BODY}`, 400],
		'two Hosts': [() => `${start()}Host: a\r\nHost: b\r\n${auth()}${type}${length}\r\n${BODY}`, 400],
		'HTTP/3.0': [() => `${start('3.0')}Host: x\r\n\r\n`, [400, 505]],
		'no HTTP at all': [() => 'hello\r\n\r\n', 400],
		'a TLS hello': [() => Buffer.from('16030100a5010000a10303', 'hex').toString('latin1') + '\r\n\r\n', 400],
	};
	for (const [what, [bytes, status]] of Object.entries(cases))
		it(what, async () => {
			const { statuses, closed } = await talk([bytes()]);
			assert.equal(statuses.length, 1, `statuses ${statuses}`);
			assert.ok([status].flat().includes(statuses[0]), `status ${statuses[0]}`);
			assert.ok(closed);
		});
});

describe('limits', { concurrency: true }, () => {
	it('a header of 40 KB: 431', async () => {
		const { statuses, text, closed } = await talk([head(`${length}X-Long: ${'x'.repeat(40000)}\r\n`), BODY]);
		assert.deepEqual(statuses, [431]);
		assert.match(text, /"status":431/);
		assert.ok(closed);
	});
	it('1000 headers: 431', async () => {
		const { statuses } = await talk([head(length + 'X: y\r\n'.repeat(1000)), BODY]);
		assert.deepEqual(statuses, [431]);
	});
	it('a target of 20 KB: 414', async () => {
		const { statuses } = await talk([`GET /${'x'.repeat(20000)} HTTP/1.1\r\nHost: x\r\n\r\n`]);
		assert.ok([414, 431].includes(statuses[0]), `status ${statuses}`);
	});
	it('an announced body over the limit: 413 before it is sent', async () => {
		const { statuses, text } = await talk([head('Content-Length: 900000000\r\n')]);
		assert.deepEqual(statuses, [413]);
		assert.match(text, /"code":20413/);
	});
	it('a chunked body over the limit: 413', async () => {
		const chunk = `10000\r\n${'x'.repeat(65536)}\r\n`;
		const { statuses } = await talk([head(chunked), ...Array(200).fill(chunk)]);
		assert.deepEqual(statuses, [413]);
	});
	it('a head that never ends: 408', async () => {
		const { statuses, closed } = await talk([start()], { within_ms: 45000 });
		assert.deepEqual(statuses, [408]);
		assert.ok(closed);
	});
	it('a body that never comes: 408', async () => {
		const { statuses, closed } = await talk([head(length), 'To='], { within_ms: 75000 });
		assert.deepEqual(statuses, [408]);
		assert.ok(closed);
	});
});

describe('after all that', () => {
	it('nothing of this made the server forget its work', async () => {
		assert.equal((await server.account('POST', 'Messages', { form: { To: '+15005550010', From: '+15005550006', Body: 'still here' } })).status, 201);
	});
});
