// The peers themselves: the SMSC against npm smpp, which was written by others; the receiver against npm twilio.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import smpp from 'smpp';
import twilio from 'twilio';
import { Receiver, signature } from './receiver.mjs';
import { Smsc, smsc } from './smsc.mjs';
import { until } from '../api/lib/server.mjs';

const RECEIPT = /^id:(\S+) sub:001 dlvrd:(\d{3}) submit date:\d{10} done date:\d{10} stat:(\w+) err:(\d{3}) text:/;

/** A client that acknowledges; `delivered` holds what came. */
class Client {
	delivered = [];
	answers = 'ok';

	static async connect(peer, { bind = 'bind_transceiver', system_id = 'u', password = 'p', tls = false, version = 0x34 } = {}) {
		const client = new Client();
		client.session = smpp.connect({ url: `${tls ? 'ssmpp' : 'smpp'}://127.0.0.1:${peer.port}`, rejectUnauthorized: false });
		client.session.on('error', () => {});
		client.closed = new Promise((done) => client.session.on('close', done));
		client.session.on('deliver_sm', (pdu) => {
			client.delivered.push(pdu);
			if (client.answers !== 'none')
				client.session.send(pdu.response({ command_status: client.answers === 'ok' ? 0 : client.answers }));
		});
		await new Promise((done) => client.session.on(tls ? 'secureConnect' : 'connect', done));
		client.bound = await client.request(bind, { system_id, password, interface_version: version });
		return client;
	}

	request(command, fields = {}) {
		return new Promise((done) => this.session[command](fields, done));
	}

	submit(fields = {}) {
		return this.request('submit_sm', { source_addr: '15550001111', destination_addr: '15550002222', dest_addr_ton: 1,
			dest_addr_npi: 1, short_message: 'hello', registered_delivery: 1, ...fields });
	}

	came(n) {
		return until(() => this.delivered.length >= n && this.delivered, `${n} deliver_sm`);
	}

	close() {
		this.session.destroy();
	}
}

/** A test with an SMSC of its own. */
function with_smsc(name, flags, body) {
	test(`smsc: ${name}`, async () => {
		const peer = await Smsc.start({ 'receipt-delay': 0, ...flags });
		try {
			await body(peer);
		} finally {
			await peer.stop();
		}
	});
}

const text_of = (pdu) => pdu.short_message.message?.toString() ?? '';

with_smsc('binds, and refuses them', { user: 'u', password: 'p' }, async (peer) => {
	for (const bind of ['bind_transmitter', 'bind_receiver', 'bind_transceiver']) {
		const client = await Client.connect(peer, { bind });
		assert.equal(client.bound.command_status, 0);
		assert.equal(client.bound.system_id, 'smsc');
		assert.equal(client.bound.sc_interface_version, 0x34);
		assert.equal((await client.request(bind, { system_id: 'u', password: 'p' })).command_status, 0x05);
		const submitted = await client.submit({ registered_delivery: 0 });
		assert.equal(submitted.command_status, bind === 'bind_receiver' ? 0x04 : 0);
		assert.equal((await client.request('unbind')).command_status, 0);
		await client.closed;
	}
	for (const [who, status] of [[{ system_id: 'x' }, 0x0F], [{ password: 'x' }, 0x0E]]) {
		const client = await Client.connect(peer, who);
		assert.equal(client.bound.command_status, status);
		client.close();
	}
	await peer.set('refuse-bind', '0x0D');
	const refused = await Client.connect(peer, { version: 0x33 });
	assert.equal(refused.bound.command_status, 0x0D);
	refused.close();
	const stats = await peer.stats();
	assert.equal(stats.binds, 3);
	assert.equal(stats.binds_refused, 6); // and three that were bound already
});

with_smsc('answers, receipts, query_sm, data_sm, enquire_link', {}, async (peer) => {
	const client = await Client.connect(peer);
	const { message_id } = await client.submit({ short_message: 'it is @ home' });
	const [receipt] = await client.came(1);
	assert.deepEqual(RECEIPT.exec(text_of(receipt)).slice(1), [message_id, '001', 'DELIVRD', '000']);
	assert.equal(receipt.esm_class, 4);
	assert.equal(receipt.receipted_message_id, message_id);
	assert.equal(receipt.message_state, 2);
	assert.equal(receipt.source_addr, '15550002222');
	assert.equal(receipt.destination_addr, '15550001111');
	const query = await client.request('query_sm', { message_id, source_addr: '15550001111' });
	assert.deepEqual([query.command_status, query.message_state], [0, 2]);
	assert.equal((await client.request('query_sm', { message_id: '99', source_addr: '15550001111' })).command_status, 0x0C);
	const data = await client.request('data_sm', { source_addr: '15550001111', destination_addr: '15550002222',
		message_payload: 'data' });
	assert.equal(data.command_status, 0);
	assert.equal((await client.request('enquire_link')).command_status, 0);
	assert.equal((await client.request('cancel_sm', { message_id })).command_status, 0x11);
	const stats = await peer.until((s) => s.receipts_acked === 1);
	assert.equal(stats.unacknowledged, 0);
	client.close();
});

const FORMATS = [
	['decimal', '255', '255'], ['zeros', '0000000255', '0000000255'], ['zeros-bare', '0000000255', '255'],
	['hex', '000000ff', '000000ff'], ['HEX', '000000FF', '000000FF'], ['HEX-hex', 'FF', 'ff'],
	['hex-decimal', 'ff', '0000000255'], ['decimal-hex', '255', 'ff'],
];
for (const [format, answer, receipt] of FORMATS) {
	with_smsc(`ids: ${format}`, { 'id-format': format, 'id-start': 255 }, async (peer) => {
		const client = await Client.connect(peer);
		assert.equal((await client.submit()).message_id, answer);
		assert.equal(RECEIPT.exec(text_of((await client.came(1))[0]))[1], receipt);
		client.close();
	});
}

with_smsc('refusals, throttling, full queues', {}, async (peer) => {
	const client = await Client.connect(peer);
	const many = async (n, fields) => (await Promise.all(Array.from({ length: n }, () => client.submit({ registered_delivery: 0, ...fields }))))
		.map((pdu) => pdu.command_status);
	await peer.command('rule 15550003 status=0x0B');
	assert.deepEqual(await many(1, { destination_addr: '15550003000' }), [0x0B]);
	assert.deepEqual(await many(1), [0]);
	await peer.set('reject-status', '0x45');
	await peer.set('reject-every', 3);
	assert.deepEqual(await many(6), [0, 0, 0x45, 0, 0, 0x45]);
	await peer.set('reject-status', 0);
	await peer.set('tps', 10);
	assert.ok((await many(20)).filter((status) => status === 0x58).length >= 15);
	await peer.set('tps', 0);
	await peer.set('answer-delay', '100-120');
	await peer.set('queue-limit', 5);
	const full = await many(20);
	assert.equal(full.filter((status) => status === 0x14).length, 15);
	const stats = await peer.stats();
	assert.equal(stats.rejected, 1 + 2 + stats.throttled + 15);
	assert.ok(stats.max_unanswered >= 20);
	client.close();
});

with_smsc('answers that are lost, and a connection that goes', { 'lose-every': 2 }, async (peer) => {
	const client = await Client.connect(peer);
	const answered = [];
	for (let i = 0; i < 4; i++)
		client.submit({ short_message: `#${i}` }).then((pdu) => answered.push(pdu.message_id));
	await client.came(4);
	assert.equal(answered.length, 2);
	await peer.set('lose-every', 0);
	await peer.set('disconnect-after', 2);
	client.submit({ short_message: '#4' });
	client.submit({ short_message: '#5' });
	await client.closed;
	const again = await Client.connect(peer);
	await again.came(1); // the receipt of what was taken before the end
	const stats = await peer.stats();
	assert.deepEqual([stats.taken, stats.distinct, stats.repeated, stats.binds_lost], [6, 6, 0, 1]);
	again.close();
});

with_smsc('receipts: early, twice, reversed, states', {}, async (peer) => {
	const client = await Client.connect(peer);
	const order = [];
	client.session.on('deliver_sm', () => order.push('receipt'));
	await peer.set('receipt-early', 'on');
	await client.submit().then(() => order.push('answer'));
	assert.deepEqual(order, ['receipt', 'answer']);
	await peer.set('receipt-early', 'off');
	await peer.set('receipt-copies', 2);
	await client.submit();
	await client.came(3);
	assert.equal(text_of(client.delivered[1]), text_of(client.delivered[2]));
	await peer.set('receipt-copies', 1);
	await peer.set('receipt-order', 'reversed');
	const ids = (await Promise.all([1, 2, 3].map(() => client.submit()))).map((pdu) => pdu.message_id);
	await client.came(6);
	assert.deepEqual(client.delivered.slice(3).map((pdu) => pdu.receipted_message_id), ids.reverse());
	await peer.set('receipt-order', 'fifo');
	await peer.command('rule 1777 state=ENROUTE+UNDELIV err=42');
	await peer.set('receipt-form', 'tlv');
	await client.submit({ destination_addr: '17770000000' });
	await client.came(8);
	assert.deepEqual(client.delivered.slice(6).map((pdu) => [text_of(pdu), pdu.message_state]), [['', 1], ['', 5]]);
	await peer.set('receipt-form', 'text');
	await client.submit({ destination_addr: '17770000000' });
	await client.came(10);
	assert.deepEqual(RECEIPT.exec(text_of(client.delivered[9])).slice(3), ['UNDELIV', '042']);
	assert.equal(client.delivered[9].receipted_message_id, undefined);
	client.close();
});

with_smsc('offers again what was not acknowledged', { 'deliver-window': 3, 'deliver-retry': 20 }, async (peer) => {
	const silent = await Client.connect(peer);
	silent.answers = 'none';
	for (let i = 0; i < 5; i++)
		await silent.submit({ short_message: `#${i}` });
	await silent.came(3);
	silent.close();
	const client = await Client.connect(peer);
	await client.came(5);
	const stats = await peer.until((s) => s.receipts_acked === 5);
	assert.deepEqual([stats.receipts_made, stats.receipts_again, stats.unacknowledged], [5, 3, 0]);
	assert.deepEqual(client.delivered.map((pdu) => /text:(#\d)/.exec(text_of(pdu))[1]), ['#0', '#1', '#2', '#3', '#4']);
	client.answers = 0x64;
	await client.submit();
	await client.came(7);
	client.answers = 'ok';
	await peer.until((s) => s.receipts_acked === 6);
	client.close();
});

with_smsc('inbound messages', {}, async (peer) => {
	const client = await Client.connect(peer);
	const next = async (command, n = 1) => {
		client.delivered.length = 0;
		await peer.command(command);
		return client.came(n);
	};
	const [plain] = await next('mot +15557770000 +15550001111 Hello [world]');
	assert.equal(plain.data_coding, 0);
	assert.equal(text_of(plain), 'Hello [world]');
	const [wide] = await next('mot ACME 12345 žluťoučký 😀');
	assert.deepEqual([wide.source_addr_ton, wide.dest_addr_ton, wide.data_coding, text_of(wide)], [5, 3, 8, 'žluťoučký 😀']);
	const [raw] = await next('mo 1555 1666 4 0x00 00ff10 1403000101');
	assert.deepEqual([...raw.short_message.message], [0, 255, 16]);
	const long = 'x'.repeat(152) + '€' + 'y'.repeat(20);
	for (const [split, udh] of [['udh8', 5], ['udh16', 6]]) {
		const parts = await next(`mot 1555 1666 split=${split} ref=513 ${long}`, 2);
		assert.deepEqual(parts.map((pdu) => pdu.short_message.udh[0].length), [udh, udh]);
		assert.equal(parts.map(text_of).join(''), long);
		assert.equal(parts[0].esm_class, 0x40);
	}
	const sar = await next(`mot 1555 1666 split=sar ref=7 order=reversed ${long}`, 2);
	assert.deepEqual(sar.map((pdu) => [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum]), [[7, 2, 2], [7, 2, 1]]);
	const [payload] = await next(`mot 1555 1666 split=payload ${'z'.repeat(300)}`);
	assert.equal(payload.message_payload.message ?? payload.message_payload, 'z'.repeat(300));
	assert.equal(await peer.command(`mot 1555 1666 missing=1 ${long}`), '1');
	assert.equal(await peer.command(`mot 1555 1666 twice=2 ${long}`), '3');
	await peer.until((s) => s.mo_acked === s.mo_made);
	client.close();
});

with_smsc('stalls, goes down, comes up', {}, async (peer) => {
	const client = await Client.connect(peer);
	await peer.command('stall answering');
	let answered = false;
	const answer = client.submit({ registered_delivery: 0 }).then(() => (answered = true));
	await peer.until((s) => s.taken === 1);
	assert.equal(answered, false);
	await peer.command('stall off');
	await answer;
	await peer.command('stall reading');
	client.submit({ registered_delivery: 0 });
	assert.equal((await peer.stats()).submits, 1);
	await peer.command('stall off');
	await peer.until((s) => s.submits === 2);
	await peer.command('down');
	await client.closed;
	const refused = await new Promise((done) => connect(peer.port, '127.0.0.1').on('connect', () => done(false)).on('error', () => done(true)));
	assert.ok(refused);
	await peer.command('up');
	(await Client.connect(peer)).close();
});

with_smsc('survives garbage and sends it', {}, async (peer) => {
	for (const bytes of ['00000004000000040000000000000001', '7fffffff000000040000000000000001', '00000014000000040000000000000001000000ff',
		'474554202f20485454502f312e310d0a0d0a0d0a']) {
		const socket = connect(peer.port, '127.0.0.1').on('error', () => {});
		socket.end(Buffer.from(bytes, 'hex'));
		await new Promise((done) => socket.on('close', done).resume());
	}
	const kinds = execFileSync(smsc, ['--help'], { encoding: 'utf8' })
		.split('kinds of garbage:\n')[1].trim().split('\n').map((line) => line.trim().split(' ')[0]);
	assert.ok(kinds.length >= 12);
	for (const kind of kinds) {
		const socket = connect(peer.port, '127.0.0.1').on('error', () => {});
		socket.write(Buffer.from('00000020000000090000000000000001750070000034000000', 'hex').fill(0x19, 3, 4));
		await peer.until((s) => s.sessions.some((session) => session.mode === 'trx'));
		await peer.command(`garbage ${kind}`);
		socket.destroy();
		await peer.until((s) => s.sessions.length === 0);
	}
	await assert.rejects(peer.command('garbage nonsense'));
	await assert.rejects(peer.command('nonsense'));
	const client = await Client.connect(peer);
	await peer.command('flood 500');
	await client.came(500);
	await peer.command('receipt 12345 DELIVRD');
	await client.came(501);
	client.close();
});

test('smsc: capture, trace and TLS', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'smsc-test-'));
	const [cert, key, capture, trace] = ['cert.pem', 'key.pem', 'capture', 'trace'].map((name) => join(dir, name));
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
		'-keyout', key, '-out', cert], { stdio: 'ignore' });
	const peer = await Smsc.start({ 'tls-cert': cert, 'tls-key': key, capture, trace, 'trace-slots': 10, 'receipt-delay': 0 });
	try {
		const client = await Client.connect(peer, { tls: true });
		await client.submit({ short_message: 'code #7', validity_period: '000000000500000R' });
		await client.submit({ short_message: 'code #7', validity_period: '000000000500000R' });
		await client.submit({ short_message: { udh: Buffer.from('0608040102020100', 'hex').subarray(0, 7), message: 'part' }, esm_class: 0x40 });
		await peer.until((s) => s.receipts_acked === 3);
		const lines = readFileSync(capture, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
		assert.equal(Buffer.from(lines[0].message, 'hex').toString(), 'code #7');
		assert.deepEqual([lines[0].to, lines[0].validity, lines[0].status], [{ ton: 1, npi: 1, addr: '15550002222' }, '000000000500000R', 0]);
		assert.equal(lines[2].message, '06080401020201' + Buffer.from('part').toString('hex'));
		const { repeated, concatenated } = await peer.stats();
		assert.deepEqual([repeated, concatenated], [1, 1]);
		const moments = new BigUint64Array(Uint8Array.from(readFileSync(trace).subarray(64)).buffer).subarray(4 * 7, 4 * 7 + 4);
		assert.ok(moments.every((us, i) => us > 0n && (i === 0 || us >= moments[i - 1])));
		client.close();
	} finally {
		await peer.stop();
		rmSync(dir, { recursive: true });
	}
});

test('receiver: what came, signatures, behaviours', async () => {
	const hook = await Receiver.start({ token: 'secret' });
	try {
		const form = { Body: 'a b+ü', MessageSid: 'SM1' };
		const post = (path, sign = 'secret', init = {}) => fetch(hook.url + path, { method: 'POST', body: new URLSearchParams(form),
			headers: { 'x-twilio-signature': twilio.getExpectedTwilioSignature(sign, hook.url + path, form), 'i-twilio-idempotency-token': 't' }, ...init });
		const reply = await post('/a?x=1');
		assert.deepEqual([reply.status, reply.headers.get('content-type'), await reply.text()], [200, 'text/xml', '<Response/>']);
		assert.deepEqual(hook.requests[0].params, form);
		assert.deepEqual([hook.requests[0].valid, hook.requests[0].token, hook.requests[0].query], [true, 't', { x: '1' }]);
		assert.equal(signature('secret', hook.url + '/a?x=1', form), twilio.getExpectedTwilioSignature('secret', hook.url + '/a?x=1', form));
		await post('/b', 'wrong');
		assert.equal((await hook.waitFor((r) => r.path === '/b')).valid, false);
		hook.on('/busy', { status: 503, type: 'text', body: 'no' }, 1);
		assert.deepEqual([(await post('/busy')).status, (await post('/busy')).status], [503, 200]);
		hook.on('/moved', { behave: 'redirect', to: '/a' });
		assert.equal((await post('/moved', 'secret', { redirect: 'manual' })).status, 302);
		for (const behave of ['reset', 'garbage', 'short']) {
			hook.on(`/${behave}`, { behave });
			await assert.rejects(post(`/${behave}`).then((r) => r.text()));
		}
		hook.on('/huge', { behave: 'huge' });
		assert.equal((await (await post('/huge')).text()).length, 10e6);
		for (const behave of ['hang', 'drip']) {
			hook.on(`/${behave}`, { behave });
			await assert.rejects(post(`/${behave}`, 'secret', { signal: AbortSignal.timeout(200) }).then((r) => r.text()));
		}
		await assert.rejects(hook.waitFor(() => false, 10));
	} finally {
		await hook.stop();
	}
	const secure = await Receiver.start({ tls: true });
	await assert.rejects(fetch(secure.url));
	await secure.stop();
});
