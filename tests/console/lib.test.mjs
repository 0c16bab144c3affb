// The parts of the console that know no page: streams, lines, the log's store, requests as text, segments, who has streams.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { root, withServer } from '../api/lib/server.mjs';

const lib = (name) => import(`${root}/console/src/lib/${name}.js`);
const [{ SseParser, follow }, lines, { Log, KEPT, MOST }, samples, { operationsOf, parse, searchOperations }, { cut }, format, { share }] =
	await Promise.all(['sse', 'lines', 'log', 'samples', 'operations', 'segments', 'format', 'share'].map(lib));
const operations = operationsOf(JSON.parse(readFileSync(`${root}/docs/openapi.json`, 'utf8')));
const operation = (id) => operations.find((o) => o.id === id);

describe('a stream of server-sent events', () => {
	const TEXT = '\uFEFF: hello\nid: 1\ndata: a\ndata: b\n\nevent: end\r\ndata:c\r\n\r\nid: 2\n\ndata\n\nretry: 5\nnonsense\nid: 3\rdata: é\r\r\n';
	const WANTED = [{ id: '1', event: 'message', data: 'a\nb' }, { id: '1', event: 'end', data: 'c' }, { id: '2', event: 'message', data: '' }, { id: '3', event: 'message', data: 'é' }];

	it('is read the same in whatever pieces it comes', () => {
		for (let size = 1; size <= TEXT.length; size++) {
			const parser = new SseParser(), events = [];
			for (let i = 0; i < TEXT.length; i += size)
				events.push(...parser.push(TEXT.slice(i, i + size)));
			assert.deepEqual(events, WANTED, `pieces of ${size}`);
			assert.equal(parser.id, '3');
		}
	});

	const streamOf = (text) => new Response(text, { headers: { 'content-type': 'text/event-stream' } });
	const run = async (answers, options = {}) => {
		const ending = new AbortController(), asked = [], states = [], events = [];
		await follow({ signal: ending.signal, first_ms: 1, most_ms: 2, ...options,
			open: async (last) => {
				asked.push(last);
				const answer = answers.shift();
				if (!answer)
					ending.abort();
				if (!answer || answer === 'away')
					throw new TypeError('fetch failed');
				return answer;
			},
			on: { event: (event) => events.push(event.data), state: (state) => states.push(state) } });
		return { asked, states, events };
	};

	it('is followed over breaks from the last id', async () => {
		const { asked, states, events } = await run([streamOf('id: 7\ndata: a\n\n'), 'away', new Response('', { status: 503 }), streamOf('data: b\n\nid: 9\n\n')]);
		assert.deepEqual(events, ['a', 'b']);
		assert.deepEqual(asked, [null, '7', '7', '7', '9']);
		assert.deepEqual(states, ['connecting', 'live', 'reconnecting', 'reconnecting', 'reconnecting', 'live', 'reconnecting']);
	});
	it('begins anew where the log has let the id go, and ends where it is refused', async () => {
		const { asked, states } = await run([streamOf('id: 7\n\n'), new Response('{}', { status: 410 }), new Response('{"code":20003}', { status: 401 })]);
		assert.deepEqual(asked, [null, '7', null]);
		assert.equal(states.at(-1), 'refused');
	});
	it('is opened again when it says nothing', async () => {
		const silent = new Response(new ReadableStream({ start() {} }));
		let first = true;
		const ending = new AbortController(), states = [];
		await follow({ signal: ending.signal, first_ms: 1, most_ms: 2, quiet_ms: 20, on: { event() {}, state: (state) => states.push(state) },
			open: (last, signal) => {
				if (!first) {
					ending.abort();
					throw new TypeError();
				}
				first = false;
				const { body } = silent;
				signal.addEventListener('abort', () => body.cancel().catch(() => {}));
				return { ok: true, status: 200, body: { getReader: () => ({ read: () => new Promise((_, fail) => signal.addEventListener('abort', () => fail(new Error('aborted')))) }) } };
			} });
		assert.deepEqual(states, ['connecting', 'live', 'reconnecting']);
	});
});

describe('lines of the log', () => {
	const event = (id, type, more) => lines.ofEvent({ id, type, time: '2026-01-01T00:00:00.000Z', sid: `SM${'0'.repeat(32)}`, data: {}, ...more });
	const request = (status, more) => lines.ofRequest({ request_id: 'RQ1', date: '2026-01-01T00:00:00Z', method: 'GET', path: '/v1/messages', status, duration_ms: 3, ...more });
	const attempt = (status, result) => lines.ofAttempt({ id: 'HA1', date_started: '2026-01-01T00:00:00Z', method: 'POST', url: 'http://x/', status, result, total_us: 1500 });

	it('have a kind, a status and a level', () => {
		const seen = [event('1', 'message.delivered'), event('2', 'message.undelivered'), event('3', 'alert.created', { sid: 'NO1' }), request(200), request(404), request(503), attempt(200, 'delivered'), attempt(null, 'failed')];
		assert.deepEqual(seen.map((l) => [l.kind, l.status, l.level].join(' ')), ['message delivered ok', 'message undelivered bad', 'event alert warn', 'request 200 ok', 'request 404 warn', 'request 503 bad', 'webhook 200 ok', 'webhook none bad']);
	});
	it('are found by kind, class of status, problems, words and words they lack', () => {
		const all = [event('1', 'message.delivered'), request(404, { user_agent: 'twilio-node' }), attempt(200, 'delivered')];
		const found = (filter) => all.filter(lines.matcher(filter)).map((l) => l.kind);
		assert.deepEqual(found({}), ['message', 'request', 'webhook']);
		assert.deepEqual(found({ kinds: new Set(['webhook']) }), ['webhook']);
		assert.deepEqual(found({ status: '4xx' }), ['request']);
		assert.deepEqual(found({ status: 'problems' }), ['request']);
		assert.deepEqual(found({ status: '200' }), ['webhook']);
		assert.deepEqual(found({ words: 'NODE messages' }), ['request']);
		assert.deepEqual(found({ words: 'delivered -http' }), ['message']);
		assert.deepEqual(found({ words: '-' }), ['request']);
	});
});

describe('the store of the log', () => {
	const line = (id, time, more) => ({ id: String(id), time, kind: 'event', status: 'x', level: 'info', text: `t${id}`, title: '', ...more });
	const ids = (log) => log.shown.map((l) => l.id).join(' ');

	it('keeps the order of time and no line twice', () => {
		const log = new Log();
		assert.equal(log.add([line(1, 10), line(3, 30), line(2, 20), line(1, 10)]), 3);
		assert.equal(log.add([line(3, 30), line(0, 5), line(4, 30)]), 2);
		assert.equal(ids(log), '0 1 2 3 4');
	});
	it('filters what is there and what comes', () => {
		const log = new Log();
		log.add([line(1, 1), line(2, 2)]);
		log.filter({ words: 't2' });
		log.add([line(3, 3), line(22, 4)]);
		assert.equal(ids(log), '2 22');
		log.filter({});
		assert.equal(ids(log), '1 2 3 22');
	});
	it('holds lines while it is paused', () => {
		const log = new Log();
		log.pause();
		log.add([line(1, 1), line(1, 1), line(2, 2)]);
		assert.deepEqual([log.shown.length, log.held], [0, 2]);
		log.resume();
		assert.equal(ids(log), '1 2');
	});
	it('hides what is its own, told before the line or after it', () => {
		const log = new Log();
		log.filter({});
		log.mark('1', true);
		log.add([line(1, 1), line(2, 2), line(3, 3, { own: true })]);
		assert.equal(ids(log), '2');
		log.mark('2', true);
		log.mark('3', false);
		assert.equal(ids(log), '3');
		log.filter({ own: true });
		assert.equal(ids(log), '1 2 3');
	});
	it('is cleared for good, until it is another one\'s', () => {
		const log = new Log();
		log.add([line(1, 10), line(2, 20)]);
		log.clear();
		log.add([line(1, 10), line(2, 20), line(3, 30)]);
		assert.equal(ids(log), '3');
		log.reset();
		log.add([line(1, 10)]);
		assert.equal(ids(log), '1');
	});
	it('lets the oldest go', () => {
		const log = new Log();
		log.add(Array.from({ length: MOST }, (_, i) => line(i, i)));
		assert.equal(log.shown.length, MOST);
		log.add([line(MOST, MOST)]);
		assert.deepEqual([log.lines.length, log.shown.length, log.shown[0].id], [KEPT, KEPT, String(MOST + 1 - KEPT)]);
		assert.ok(!log.has(line(0, 0)));
		log.reset();
		log.pause();
		log.add(Array.from({ length: MOST + 1 }, (_, i) => line(i, i)));
		assert.equal(log.held, KEPT);
	});
});

describe('requests as text', () => {
	it('of a request that was made fill the form again', () => {
		assert.equal(samples.valuesOf('{"to":"+1","n":2,"filter":{"a":1}}'), 'to=%2B1&n=2&filter=%7B%22a%22%3A1%7D');
		assert.equal(samples.valuesOf('To=%2B1&Body=a+b'), 'To=%2B1&Body=a+b');
		assert.equal(samples.valuesOf(''), '');
	});
	it('of a request that was made repeat it', () => {
		assert.equal(samples.curlOf({ method: 'POST', url: 'http://h/a?b=c&d', body: "x=it's", headers: { Host: 'h', 'X-A': '1' }, login: '$SID:$TOKEN' }),
			"curl \\\n  -u $SID:$TOKEN \\\n  'http://h/a?b=c&d' \\\n  -H 'X-A: 1' \\\n  --data-raw 'x=it'\\''s'");
		assert.match(samples.curlOf({ method: 'DELETE', url: 'http://h/', body: null }), /-X DELETE/);
	});
});

describe('operations', () => {
	it('are found by words, those that begin so first', () => {
		assert.equal(searchOperations(operations, 'sendmes')[0].id, 'SendMessage');
		assert.ok(searchOperations(operations, 'usage daily').some((o) => o.id === 'ListUsageRecordDaily'));
		assert.deepEqual(searchOperations(operations, 'no such thing'), []);
	});
	it('take what is typed as the API wants it', () => {
		const p = (schema) => ({ name: 'x', schema });
		assert.deepEqual([parse(p({ type: 'integer' }), '5'), parse(p({ type: 'boolean' }), 'false'), parse(p({ type: 'array', items: { type: 'string' } }), 'a\n\n b'), parse(p({ type: 'object' }), '{"a":1}'), parse(p({ type: 'string' }), '')], [5, false, ['a', 'b'], { a: 1 }, undefined]);
		assert.throws(() => parse(p({ type: 'integer' }), 'five'), /number/);
		assert.throws(() => parse(p({ type: 'object' }), '{'), /JSON/);
	});
});

describe('segments', () => {
	for (const [text, wanted] of [['', ['GSM-7', 0, 0]], ['a'.repeat(160), ['GSM-7', 160, 1]], ['a'.repeat(161), ['GSM-7', 161, 2]], ['€'.repeat(80), ['GSM-7', 160, 1]], [`${'a'.repeat(152)}€${'a'.repeat(153)}`, ['GSM-7', 307, 3]], ['я'.repeat(70), ['UCS-2', 70, 1]], ['👋'.repeat(36), ['UCS-2', 72, 2]]])
		it(`of ${text.length} characters ${text.slice(0, 2)}`, () => {
			const { encoding, units, segments } = cut(text);
			assert.deepEqual([encoding, units, segments], wanted);
		});
	it('are those that the server counts', () => withServer({}, async (server) => {
		for (const body of ['a'.repeat(161), '€'.repeat(81), `${'a'.repeat(152)}€${'a'.repeat(153)}`, '👋'.repeat(36), 'naïve ñandú', 'ç', '“quoted”'])
			assert.equal(cut(body).segments, Number((await server.account('POST', 'Messages', { form: { From: '+15005550006', To: '+15005550010', Body: body } })).json.num_segments), body.slice(0, 20));
	}));
});

it('a body whose end is missing is indented as far as it goes', () => {
	assert.equal(format.pretty('{"a":[1,{"b":"x, {y'), '{\n  "a": [\n    1,\n    {\n      "b": "x, {y');
	assert.equal(format.pretty('{"a":[]}'), '{\n  "a": []\n}');
	assert.equal(format.pretty('To=%2B1500&Body=a+b'), 'To = +1500\nBody = a b');
	assert.equal(format.pretty('plain = text'), 'plain = text');
});

it('of the windows that are seen, one has streams, and another takes the place of one that leaves', async () => {
	const page = new EventTarget();
	globalThis.document = Object.assign(page, { hidden: false });
	globalThis.addEventListener ??= () => {};
	globalThis.removeEventListener ??= () => {};
	const modes = [null, null, null], ends = [];
	const until = async (wanted) => {
		for (let i = 0; i < 400 && modes.join() !== wanted; i++)
			await new Promise((done) => setTimeout(done, 10));
		assert.equal(modes.join(), wanted);
	};
	for (const i of [0, 1, 2]) {
		ends.push(share((mode) => { modes[i] = mode; }));
		await new Promise((done) => setTimeout(done, 5));
	}
	await until('stream,poll,poll');
	ends[0]();
	await until('stream,stream,poll');
	document.hidden = true;
	page.dispatchEvent(new Event('visibilitychange'));
	await until('stream,rest,rest');
	ends[1]();
	ends[2]();
});
