// The SMPP carrier on the real program, against the SMSC of tests/peers: what goes over the wire, and what comes back.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Server, binary, until } from './lib/server.mjs';
import smpp from 'smpp';
import { Smsc } from '../peers/smsc.mjs';

const FROM = '+15005550006', TO = '+14155550123';

/** Work with an SMSC (flags) and a server bound to it (options of the URL). */
async function bound(flags, options, work, { scheme = 'smpp', args = [], env = {}, secret = 'p', refused = false } = {}) {
	const dir = mkdtempSync(join(tmpdir(), 'strowger-smpp-'));
	const capture = join(dir, 'capture');
	const peer = await Smsc.start({ user: 'u', password: 'p', 'receipt-delay': 1, capture, ...flags });
	const query = new URLSearchParams(options).toString();
	const server = await Server.start({ dir: join(dir, 'data'), env,
		args: ['--carrier', `main=${scheme}://u:${secret}@127.0.0.1:${peer.port}${query && `?${query}`}`, ...args] });
	/** Every submit_sm so far, as the SMSC got it. */
	peer.submitted = () => readFileSync(capture, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
	try {
		if (!refused)
			await peer.until((stats) => stats.binds > 0);
		await work(server, peer, dir);
		await server.stop();
	} catch (failure) {
		failure.message += `\n--- the SMSC's counters ---\n${JSON.stringify(await peer.stats())}`;
		failure.message += `\n--- the server's log ---\n${server.err.slice(-3000)}`;
		throw failure;
	} finally {
		if (server.exit === undefined)
			await server.kill();
		await peer.stop();
		rmSync(dir, { recursive: true, force: true });
	}
}

async function send(server, form) {
	const reply = await server.account('POST', 'Messages', { form: { To: TO, From: FROM, Body: 'hello', ...form } });
	assert.equal(reply.status, 201, reply.text);
	return reply.json.sid;
}

const fetch_message = async (server, sid) => (await server.account('GET', `Messages/${sid}`)).json;
const ends = (server, sid, status, within_ms = 15000) => until(async () => {
	const message = await fetch_message(server, sid);
	return message.status === status && message;
}, `${sid} to be ${status}`, within_ms);
const inbound = async (server) => (await server.account('GET', 'Messages?PageSize=100')).json.messages.filter((m) => m.direction === 'inbound');
const came = (server, n, within_ms = 10000) => until(async () => {
	const list = await inbound(server);
	return list.length >= n && list;
}, `${n} inbound messages`, within_ms);
const metric = async (server, name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec((await server.call('GET', '/metrics')).text)[1]);

// ---- what is sent ----

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const ucs2 = (text) => Buffer.from(text, 'utf16le').swap16().toString('hex');
const a = (n) => 'a'.repeat(n);

/** Body, coding, and the octets of each part without its header, in hexadecimal. */
const texts = {
	'basic characters whose codes are not ASCII': ['@£$¥_ΔΦ¡', 0, [hex([0x00, 0x01, 0x02, 0x03, 0x11, 0x10, 0x12, 0x40])]],
	'the extension table': ['[€]\f', 0, [hex([0x1b, 0x3c, 0x1b, 0x65, 0x1b, 0x3e, 0x1b, 0x0a])]],
	'160 characters': [a(160), 0, [hex(a(160))]],
	'161 characters': [a(161), 0, [hex(a(152)), hex(a(9))]],
	'an escape at the seam': [`${a(151)}€${a(152)}`, 0, [hex(a(151)), '1b65' + hex(a(150)), hex(a(2))]],
	'70 Chinese characters': ['中'.repeat(70), 8, [ucs2('中'.repeat(70))]],
	'71 Chinese characters': ['中'.repeat(71), 8, [ucs2('中'.repeat(66)), ucs2('中'.repeat(5))]],
	'a surrogate pair at the seam': ['中'.repeat(65) + '😀' + '中'.repeat(10), 8, [ucs2('中'.repeat(65)), ucs2('😀' + '中'.repeat(10))]],
	'a cedilla makes it UCS-2': ['ç', 8, [ucs2('ç')]],
	'a capital cedilla does not': ['Ç', 0, ['09']],
};

describe('submit_sm', () => {
	it('has the bytes that the vectors say', () => bound({}, {}, async (server, peer) => {
		for (const [what, [Body, coding, parts]] of Object.entries(texts)) {
			const before = peer.submitted().length;
			await ends(server, await send(server, { Body }), 'delivered');
			const sent = peer.submitted().slice(before);
			assert.equal(sent.length, parts.length, what);
			const reference = sent[0].message.slice(6, 10);
			sent.forEach((pdu, i) => {
				const header = parts.length > 1 ? `060804${reference}${hex([parts.length, i + 1])}` : '';
				assert.equal(pdu.message, header + parts[i], `${what}, part ${i + 1}`);
				assert.equal(pdu.data_coding, coding, what);
				assert.equal(pdu.esm_class, parts.length > 1 ? 0x40 : 0, what);
				assert.equal(pdu.registered_delivery, 1);
				assert.deepEqual(pdu.from, { ton: 1, npi: 1, addr: FROM.slice(1) });
				assert.deepEqual(pdu.to, { ton: 1, npi: 1, addr: TO.slice(1) });
				assert.match(pdu.validity, /^0000\d{8}000R$/);
			});
		}
	}));

	it('carries long texts as the options say', async () => {
		const Body = a(200);
		await bound({}, { concat: 'udh8' }, async (server, peer) => {
			await ends(server, await send(server, { Body }), 'delivered');
			const sent = peer.submitted();
			const reference = sent[0].message.slice(6, 8);
			assert.deepEqual(sent.map((pdu) => pdu.message), [`050003${reference}0201${hex(a(153))}`, `050003${reference}0202${hex(a(47))}`]);
		});
		await bound({}, { concat: 'sar' }, async (server, peer) => {
			await ends(server, await send(server, { Body }), 'delivered');
			const sent = peer.submitted();
			assert.deepEqual(sent.map((pdu) => [pdu.message, pdu.esm_class, pdu.tlvs['020e'], pdu.tlvs['020f']]),
				[[hex(a(152)), 0, '02', '01'], [hex(a(48)), 0, '02', '02']]);
			assert.equal(sent[0].tlvs['020c'], sent[1].tlvs['020c']);
			assert.match(sent[0].tlvs['020c'], /^[0-9a-f]{4}$/);
		});
		await bound({}, { concat: 'payload' }, async (server, peer) => {
			await ends(server, await send(server, { Body }), 'delivered');
			const [pdu, ...more] = peer.submitted();
			assert.equal(more.length, 0);
			assert.equal(pdu.payload, true);
			assert.equal(pdu.message, hex(Body));
		});
	});

	it('is in the alphabet that data_coding 0 means to the carrier', async () => {
		await bound({}, { charset0: 'latin1' }, async (server, peer) => {
			for (const Body of ['é@£', '€'])
				await ends(server, await send(server, { Body }), 'delivered');
			assert.deepEqual(peer.submitted().map((pdu) => [pdu.data_coding, pdu.message]), [[0, 'e940a3'], [8, '20ac']]);
		});
		await bound({}, { packed: 'on' }, async (server, peer) => {
			for (const Body of ['hellohello', '1234567'])
				await ends(server, await send(server, { Body }), 'delivered');
			assert.deepEqual(peer.submitted().map((pdu) => pdu.message), ['e8329bfd4697d9ec37', '31d98c56b3dd1a']);
		});
	});

	it('has what else the options say', () => bound({}, { 'tlv.0x1400': '1101', 'tlv.0x1401': 'hex:0a0b', dest_ton: 2, source_npi: 9,
		service_type: 'CMT', validity: 'off', dlr: 'off' }, async (server, peer) => {
		await ends(server, await send(server), 'sent');
		const [pdu] = peer.submitted();
		assert.deepEqual(pdu.tlvs, { 1400: hex('1101'), 1401: '0a0b' });
		assert.deepEqual([pdu.to.ton, pdu.to.npi, pdu.from.ton, pdu.from.npi], [2, 1, 1, 9]);
		assert.deepEqual([pdu.service_type, pdu.validity, pdu.registered_delivery], ['CMT', '', 0]);
	}));

	it('of one message all go over one bind, in order', () => bound({ 'id-start': 40000000 }, { binds: 3, window_min: 2 }, async (server, peer) => {
		await peer.until((stats) => stats.binds === 3);
		const sids = await Promise.all(Array.from({ length: 20 }, () => send(server, { Body: a(1000) })));
		for (const sid of sids)
			await ends(server, sid, 'delivered');
		const stats = await peer.stats();
		assert.equal(stats.split_references, 0);
		assert.equal(stats.distinct, 140);
		assert.ok(stats.sessions.every((session) => session.submits > 0), JSON.stringify(stats.sessions));
		const next = {};
		for (const { bind, message } of peer.submitted()) {
			const key = `${bind} ${message.slice(6, 10)}`, part = parseInt(message.slice(12, 14), 16);
			assert.equal(part, (next[key] ?? 0) + 1);
			next[key] = part;
		}
	}));
});

// ---- answers ----

describe('answers', () => {
	it('that refuse fail the message with a code', () => bound({ rule: ['1415 status=0x0B', '1416 status=0x0A', '1417 status=0x45'] }, {}, async (server) => {
		assert.equal((await ends(server, await send(server), 'failed')).error_code, 30005);
		assert.equal((await ends(server, await send(server, { To: '+14165550123' }), 'failed')).error_code, 21606);
	}));

	it('that throttle long messages get them part by part', () => bound({ tps: 40, receipts: 'off' }, {}, async (server, peer) => {
		for (let i = 0; i < 12; i++)
			await server.account('POST', 'Messages', { form: { From: FROM, To: `+1415555${1000 + i}`, Body: 'long message '.repeat(80) } });
		const stats = await peer.until((stats) => stats.taken === 12 * 7, 30000);
		assert.ok(stats.throttled > 0);
	}));

	it('that throttle slow the sending down and lose nothing', () => bound({ tps: 40, 'receipts': 'off' }, { window: 10 }, async (server, peer) => {
		const sids = await Promise.all(Array.from({ length: 60 }, (_, i) => send(server, { Body: `number ${i}` })));
		const stats = await peer.until((now) => now.taken === sids.length, 30000);
		assert.ok(stats.throttled > 0);
		assert.equal(stats.distinct, sids.length);
		assert.equal(stats.repeated, 0);
		for (const sid of sids)
			await ends(server, sid, 'sent');
		assert.match(server.err, /the carrier throttles/);
	}));

	it('that never come leave the message to its receipt', () => bound({ 'lose-every': 1, 'receipt-delay': 700 }, { timeout_ms: 300, receipt_ids: 'text' }, async (server, peer) => {
		const sid = await send(server);
		await ends(server, sid, 'delivered', 20000);
		assert.equal((await peer.stats()).taken, 1);
		assert.ok(await metric(server, 'strowger_smpp_timeouts_total') >= 1);
	}));

	it('that come too late are taken all the same', () => bound({ 'answer-delay': 900, 'receipt-delay': 50 }, { timeout_ms: 200 }, async (server, peer) => {
		const sid = await send(server);
		await ends(server, sid, 'delivered', 20000);
		assert.equal((await peer.stats()).taken, 1);
		assert.ok(await metric(server, 'strowger_carrier_late_answers_total') === 1);
	}));

	it('that a lost connection swallowed are not asked for again', () => bound({ 'disconnect-after': 5, 'answer-delay': 20 }, { window: 10, window_min: 10 }, async (server, peer) => {
		const sids = await Promise.all(Array.from({ length: 20 }, (_, i) => send(server, { To: `+1415555${1000 + i}` })));
		await peer.until((stats) => stats.binds >= 2, 15000);
		/* What was in flight and did not arrive stays unknown; all the rest is delivered, and nothing twice. */
		const statuses = await until(async () => {
			const { taken, unacknowledged } = await peer.stats();
			const all = await Promise.all(sids.map((sid) => fetch_message(server, sid)));
			const delivered = all.filter((m) => m.status === 'delivered').length;
			return unacknowledged === 0 && taken >= sids.length - 5 && delivered === taken && all.map((m) => m.status);
		}, 'what was taken to be delivered', 30000);
		assert.equal((await peer.stats()).repeated, 0);
		assert.ok(statuses.every((status) => ['delivered', 'sending'].includes(status)), statuses.join(' '));
	}));
});

// ---- receipts ----

describe('receipts', () => {
	for (const format of ['decimal', 'zeros', 'zeros-bare', 'hex', 'HEX', 'HEX-hex', 'hex-decimal', 'decimal-hex'])
		it(`find their message with ids as ${format}`, () => bound({ 'id-format': format, 'id-start': 40000000 }, {}, async (server) => {
			const sids = await Promise.all(Array.from({ length: 10 }, (_, i) => send(server, { Body: i % 2 ? a(200) : `number ${i}` })));
			for (const sid of sids)
				await ends(server, sid, 'delivered');
		}));

	it('may come early, twice and in any order', () => bound({ 'receipt-early': 'on', 'receipt-copies': 2, 'answer-delay': 30, 'id-start': 40000000 }, {}, async (server, peer) => {
		const sids = await Promise.all(Array.from({ length: 20 }, (_, i) => send(server, { Body: `number ${i}` })));
		for (const sid of sids)
			await ends(server, sid, 'delivered');
		await peer.until((stats) => stats.receipts_acked === 40);
	}));

	it('say why a message did not arrive', () => bound({ rule: ['1415 state=UNDELIV err=27', '1416 state=UNDELIV err=99', '1417 state=EXPIRED', '1418 state=REJECTD'] },
		{ 'err.99': 30006 }, async (server) => {
			for (const [To, code] of [['+14155550123', 30003], ['+14165550123', 30006], ['+14175550123', 30003], ['+14185550123', 30007]])
				assert.equal((await ends(server, await send(server, { To }), 'undelivered')).error_code, code, To);
		}));

	it('of states on the way change nothing', () => bound({ state: 'ENROUTE+ACCEPTD+DELIVRD', 'receipt-form': 'both' }, {}, async (server, peer) => {
		await ends(server, await send(server), 'delivered');
		await peer.until((stats) => stats.receipts_acked === 3);
		assert.equal(await metric(server, 'strowger_carrier_smpp_receipts_intermediate_total'), 2);
	}));

	it('are acknowledged only when they are stored, and a restart loses none', () => bound({ 'deliver-window': 0 }, {}, async (server, peer) => {
		const sids = await Promise.all(Array.from({ length: 10 }, (_, i) => send(server, { Body: a(20 * i + 1) })));
		for (const sid of sids)
			await ends(server, sid, 'sent');
		await server.kill();
		await peer.set('deliver-window', 100);
		await server.restart();
		for (const sid of sids)
			await ends(server, sid, 'delivered');
		await peer.until((stats) => stats.unacknowledged === 0);
	}));
});

// ---- inbound ----

const LONG = 'Grüße aus Köln, @ $ _ [€] und noch mehr davon. '.repeat(12).trim();
const WIDE = 'Grüße 中文 😀, '.repeat(25).trim();

describe('inbound messages', () => {
	it('come in every alphabet', () => bound({}, {}, async (server, peer) => {
		const raw = [['0', hex([0x00, 0x11, 0x1b, 0x65]), '@_€'], ['1', hex('plain'), 'plain'], ['3', 'e9e8', 'éè'],
			['8', ucs2('é中😀'), 'é中😀'], ['8', 'd83d0041', '\ufffdA'], ['0xF1', hex([0x00, 0x41]), '@A'], ['0', '-', '']];
		for (const [coding, octets] of raw)
			await peer.command(`mo +15557770000 ${FROM} ${coding} 0 ${octets}`);
		const list = await came(server, raw.length);
		assert.deepEqual(list.map((m) => m.body).sort(), raw.map((row) => row[2]).sort());
		assert.ok(list.every((m) => m.from === '+15557770000' && m.to === FROM && m.status === 'received'));
	}));

	for (const split of ['udh8', 'udh16', 'sar', 'payload'])
		it(`in parts (${split}) are joined, in any order and with repetitions`, () => bound({}, {}, async (server, peer) => {
			const all = [[0, LONG], [8, WIDE]];
			for (const [coding, text] of all)
				for (const how of ['', ' order=reversed', ' twice=2'])
					await peer.command(`mot +1555777000${coding} ${FROM} split=${split} coding=${coding} ref=${how.length + 7}${how} ${text}`);
			const list = await came(server, 6);
			assert.equal(list.filter((m) => m.body === LONG).length, 3);
			assert.equal(list.filter((m) => m.body === WIDE).length, 3);
			if (split !== 'payload')
				assert.ok(list.every((m) => Number(m.num_segments) > 1));
			await peer.until((stats) => stats.mo_acked === stats.mo_made);
		}));

	it('of two senders with one reference do not mix', () => bound({}, {}, async (server, peer) => {
		const one = 'one '.repeat(100).trim(), two = 'two '.repeat(100).trim();
		await peer.command(`mot +15557770001 ${FROM} split=udh8 ref=5 missing=2 ${one}`);
		await peer.command(`mot +15557770002 ${FROM} split=udh8 ref=5 ${two}`);
		assert.equal((await came(server, 1))[0].body, two);
		await peer.command(`mot +15557770001 ${FROM} split=udh8 ref=5 missing=1 ${one}`);
		assert.deepEqual((await came(server, 2)).map((m) => m.body).sort(), [one, two]);
	}));

	it('with a part that never comes are told after ten minutes, also after a restart', () => bound({}, {}, async (server, peer) => {
		await peer.command(`mot +15557770001 ${FROM} split=udh16 missing=2 ${a(152)}${'b'.repeat(152)}${'c'.repeat(10)}`);
		await peer.until((stats) => stats.mo_acked === 2);
		await server.stop();
		await server.restart();
		await peer.command(`mot +15557770002 ${FROM} split=udh16 missing=1 ${'d'.repeat(200)}`);
		await peer.until((stats) => stats.mo_acked === 3);
		assert.equal((await inbound(server)).length, 0);
		await server.call('POST', '/v1/clock', { form: { advance_s: 601 } });
		const list = await came(server, 2);
		assert.deepEqual(list.map((m) => m.body).sort(), [a(152) + 'c'.repeat(10), 'd'.repeat(48)]);
		assert.ok(list.every((m) => m.error_code === 30009));
		assert.match(server.err, /told without the parts that never came.* parts=2 of=3/);
	}, { args: ['--virtual-clock', 'true'] }));

	it('that the network repeats are stored once', () => bound({}, {}, async (server, peer) => {
		await peer.command(`mot +15557770000 ${FROM} the same`);
		await came(server, 1);
		await peer.command(`mot +15557770000 ${FROM} the same`); /* again on the same connection: written twice */
		await came(server, 2);
		await peer.command('disconnect');
		await peer.until((stats) => stats.binds >= 2 && stats.sessions.length === 1, 10000);
		await peer.command(`mot +15557770000 ${FROM} the same`);
		await peer.command(`mot +15557770000 ${FROM} another`);
		const list = await came(server, 3);
		assert.equal(list.filter((m) => m.body === 'the same').length, 2);
	}));
});

// ---- binding ----

describe('binding', () => {
	it('works as transmitter and receiver', () => bound({}, { mode: 'txrx', binds: 2 }, async (server, peer) => {
		await peer.until((stats) => stats.binds === 4);
		await ends(server, await send(server), 'delivered');
		await peer.command(`mot +15557770000 ${FROM} hello`);
		await came(server, 1);
		assert.deepEqual((await peer.stats()).sessions.map((s) => s.mode).sort(), ['rx', 'rx', 'tx', 'tx']);
	}));

	it('works over TLS, and not with a certificate of somebody else', async () => {
		const dir = mkdtempSync(join(tmpdir(), 'strowger-tls-'));
		const cert = join(dir, 'cert.pem'), key = join(dir, 'key.pem');
		execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert,
			'-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'ignore' });
		const tls = { 'tls-cert': cert, 'tls-key': key };
		await bound(tls, { tls_ca: cert }, async (server) => {
			await ends(server, await send(server, { Body: a(1000) }), 'delivered');
		}, { scheme: 'smpps' });
		await bound(tls, { tls_verify: 'off' }, async (server) => {
			await ends(server, await send(server), 'delivered');
			assert.match(server.err, /tls_verify=off/);
		}, { scheme: 'smpps' });
		await bound(tls, {}, async (server) => {
			await until(() => /certificate is refused/.test(server.err), 'a complaint');
		}, { scheme: 'smpps', refused: true });
		rmSync(dir, { recursive: true });
	});

	it('says loudly that it is refused, and what to do', () => bound({ 'refuse-bind': '0x0E' }, {}, async (server) => {
		await until(() => /level=error .*the carrier refuses the bind.*ESME_RINVPASWD.*check the password/.test(server.err), 'a complaint');
		assert.doesNotMatch(server.err, /:p@/);
	}, { refused: true }));

	it('takes its secret from a file or the environment', async () => {
		const file = join(tmpdir(), `strowger-secret-${process.pid}`);
		writeFileSync(file, 'p\n');
		for (const [secret, env] of [[`@${file}`, {}], ['$SMPP_PASSWORD', { SMPP_PASSWORD: 'p' }]])
			await bound({}, {}, (server, peer) => peer.until((stats) => stats.binds === 1), { secret, env });
		rmSync(file);
	});

	it('names the option that is wrong', () => {
		const refused = (url) => spawnSync(binary, ['serve', '--listen', '127.0.0.1:0', '--store', 'sqlite::memory:', '--carrier', `main=${url}`],
			{ encoding: 'utf8', timeout: 10000 });
		for (const [query, say] of [['windw=5', "no option 'windw'"], ['window=0', 'window cannot be \'0\': it is a number from 1 to 1000'],
			['mode=rx', 'mode cannot be \'rx\': it is trx or txrx'], ['tlv.0x1400=hex:0', 'tlv.0x1400'], ['err.5=7', 'err.5'], ['throttle=x', 'throttle']]) {
			const { status, stderr } = refused(`smpp://u:secret@127.0.0.1:1?${query}`);
			assert.notEqual(status, 0, query);
			assert.ok(stderr.includes(say), `${query}: ${stderr}`);
			assert.doesNotMatch(stderr, /secret/);
		}
		for (const url of ['smpp://127.0.0.1', 'smpp:u@h', 'smpp://u:p@h:99999', 'smpp://:p@h'])
			assert.match(refused(url).stderr, /smpp:\/\/ID:PASSWORD@HOST:PORT/, url);
		assert.match(refused('smpps://u:p@h?tls_ca=/nowhere').stderr, /CA file \/nowhere cannot be read/);
	});
});

// ---- what a network may do wrong ----

describe('a network that errs', () => {
	const bad = /a bad PDU was received/, alien = /does not speak SMPP any more/;
	const kinds = { 'length-short': alien, 'length-huge': alien, unknown: bad, response: /bound/, truncated: bad, half: /the bind is lost/,
		tlv: bad, 'tlv-cut': bad, 'sm-length': bad, udh: /broken user data header/, 'udh-zero': /nobody owns/, text: alien, zeros: alien,
		receipt: /names no message/, random: /bound/ };

	/* Either the connection lives on, or there is soon a new one; what went wrong is in the log. */
	for (const [kind, said] of Object.entries(kinds))
		it(`is survived, and seen: ${kind}`, () => bound({ 'deliver-tries': 1 }, {}, async (server, peer) => {
			await peer.until((stats) => stats.sessions.length === 1);
			await peer.command(`garbage ${kind}`);
			await until(() => said.test(server.err), `a line of the log about ${kind}`);
			await peer.until((stats) => stats.sessions.length === 1);
			await ends(server, await send(server), 'delivered');
		}));

	it('may flood', () => bound({ 'deliver-window': 1000 }, {}, async (server, peer) => {
		await peer.command('flood 3000');
		await ends(server, await send(server), 'delivered', 30000);
		await peer.until((stats) => stats.unacknowledged === 0, 30000);
	}));

	it('may use an id twice, and report what it never had', () => bound({ 'id-reuse': 2 }, {}, async (server, peer) => {
		await peer.command('receipt 99999999 DELIVRD');
		for (let i = 0; i < 4; i++)
			await send(server, { Body: `number ${i}` });
		await peer.until((stats) => stats.taken === 4 && stats.unacknowledged === 0);
	}));
});

describe('ending', () => {
	it('waits for answers under way, and unbinds', () => bound({ 'answer-delay': 500, 'receipts': 'off' }, {}, async (server, peer) => {
		const sids = await Promise.all(Array.from({ length: 5 }, (_, i) => send(server, { Body: `number ${i}` })));
		await peer.until((stats) => stats.submits === 5);
		await server.stop();
		const stats = await peer.stats();
		assert.equal(stats.unbinds, 1);
		assert.equal(stats.answered, 5);
		await server.restart();
		for (const sid of sids)
			await ends(server, sid, 'sent');
		assert.equal((await peer.stats()).taken, 5);
	}));
});

// ---- the same with an SMSC that others wrote ----

describe('npm smpp', () => {
	it('understands us, and we it', async () => {
		const submits = [];
		let deliver;
		const network = smpp.createServer((session) => {
			session.on('error', () => {});
			session.on('bind_transceiver', (pdu) => {
				session.send(pdu.response({ system_id: 'others', command_status: pdu.password === 'p' ? 0 : 0x0e }));
				deliver = (fields) => new Promise((done) => session.deliver_sm(fields, done));
			});
			session.on('enquire_link', (pdu) => session.send(pdu.response()));
			session.on('unbind', (pdu) => session.send(pdu.response()));
			session.on('submit_sm', (pdu) => {
				submits.push(pdu);
				const id = `${7000000000 + submits.length}`;
				session.send(pdu.response({ message_id: id }));
				deliver({ source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4,
					receipted_message_id: id, message_state: 2, short_message: `id:${id} stat:DELIVRD err:000 text:` });
			});
		});
		await new Promise((done) => network.listen(0, '127.0.0.1', done));
		const server = await Server.start({ args: ['--carrier', `main=smpp://u:p@127.0.0.1:${network.address().port}?tlv.0x1400=1101`] });
		try {
			for (const Body of ['hello @ [€]', 'Grüße 中文 😀', a(200)])
				await ends(server, await send(server, { Body }), 'delivered');
			assert.equal(submits.length, 4);
			assert.equal(submits[1].short_message.message, 'Grüße 中文 😀');
			assert.equal(submits[1].destination_addr, TO.slice(1));
			assert.equal(submits[1].registered_delivery, 1);
			assert.equal(submits[3].short_message.udh[0].toString('hex').slice(-4), '0202');
			const answer = await deliver({ source_addr: '15557770000', source_addr_ton: 1, destination_addr: FROM.slice(1), dest_addr_ton: 1,
				short_message: { message: 'Grüße 中文' } });
			assert.equal(answer.command_status, 0);
			assert.equal((await came(server, 1))[0].body, 'Grüße 中文');
		} finally {
			await server.stop();
			network.close();
		}
	});
});
