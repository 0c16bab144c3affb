// Customers' URLs reach no address that they may not, however it is spelled and whatever a name answers, and hostile servers
// behind them harm nobody.  The table of spellings that libcurl sees is in src/net/courier/ssrf_test.c; here they pass the API.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { Receiver } from '../peers/receiver.mjs';
import { binary, until, withServer } from './lib/server.mjs';

const FROM = '+15005550006', TO = '+15005550029'; // a number that fails: one callback a message
const FAST = ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1'];
const preload = join(dirname(binary), 'tests/peers/libresolver.so');
const MB = 1 << 20;

/** How a callback to the URL ended: 'refused' when it was set, or the code of its fault, or 'sent'. */
async function outcome(server, url, hooks = []) {
	const { status, json } = await server.account('POST', 'Messages', { form: { To: TO, From: FROM, Body: 'x', StatusCallback: url } });
	if (status !== 201)
		return json.code === 21609 ? 'refused' : `status ${status}: ${json.message}`;
	return until(async () => {
		if (hooks.some((hook) => hook.requests.some((r) => r.params.MessageSid === json.sid)))
			return 'sent';
		const { json: { data } } = await server.call('GET', `/v1/events?sid=${json.sid}&limit=1000`);
		return data.find((e) => e.type === 'webhook.failed')?.data.error_code;
	}, `an end of ${url}`, 20000);
}
const metric = async (server, name) =>
	Number(new RegExp(`^${name} (\\d+)`, 'm').exec((await server.call('GET', '/metrics', { auth: null })).text)[1]);

// Spelled with PORT; and whether it arrives where this machine is allowed.
const HERE = [
	['http://127.0.0.1:PORT/', true], ['http://127.1:PORT/', true], ['http://2130706433:PORT/', true], ['http://0x7f000001:PORT/', true],
	['http://0x7f.1:PORT/', true], ['http://017700000001:PORT/', true], ['http://0177.0.0.1:PORT/', true],
	['http://[::ffff:127.0.0.1]:PORT/', true], ['http://[::ffff:7f00:1]:PORT/', true], ['http://localhost:PORT/', true],
	['http://LocalHost:PORT/', true], ['http://good.test@127.0.0.1:PORT/', true], ['http://good.test:80@127.0.0.1:PORT/', true],
	['http://good.test%2f@127.0.0.1:PORT/', true], ['http://a@b@127.0.0.1:PORT/', false], ['http://good.test#@127.0.0.1:PORT/', false],
	['http://good.test?@127.0.0.1:PORT/', false], ['http://good.test/@127.0.0.1:PORT/', false], ['http://127.0.0.1:PORT#@good.test/', true],
	['http://127.0.0.1:PORT?@good.test/', true], ['http://good.test\\@127.0.0.1:PORT/', true], ['http://127.0.0.1:PORT\\@good.test/', false],
	['http://127%2e0%2e0%2e1:PORT/', false], ['http://%31%32%37.0.0.1:PORT/', false], ['http://127.0.0.1.:PORT/', false],
	['http://①②⑦.⓪.⓪.①:PORT/', false], ['http://127。0。0。1:PORT/', false], ['http://１２７.0.0.1:PORT/', false], ['http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/', false],
	['http://0:PORT/', false], ['http://0.0.0.0:PORT/', false], ['http://[::]:PORT/', false], ['http://[::127.0.0.1]:PORT/', false],
	['http://[64:ff9b::7f00:1]:PORT/', false], ['http://[64:ff9b:1::7f00:1]:PORT/', false], ['http://[2002:7f00:1::]:PORT/', false], ['http://[2001:0:7f00:1::]:PORT/', false],
	['http://127.0.0.1%00.good.test:PORT/', false], ['http://127.0.0.1%0d%0aX:PORT/', false], ['http:127.0.0.1:PORT/', false],
	['//127.0.0.1:PORT/', false], ['gopher://127.0.0.1:PORT/', false], ['file:///etc/passwd', false], ['ftp://127.0.0.1:PORT/', false],
	['http://127.0.0.1:PORT\tx/', false], ['http://127.0.0.1:99999/', false], ['http://127.0.0.1:-1/', false], ['http://127.0.0.1:+80/', false], ['http://:PORT/', false],
];
const NEVER = ['http://169.254.169.254/latest/meta-data/iam/', 'http://2852039166/', 'http://0xa9fea9fe/', 'http://0251.254.169.254/', 'http://169.254.43518/',
	'http://[::ffff:169.254.169.254]/', 'http://[64:ff9b::a9fe:a9fe]/', 'http://[2002:a9fe:a9fe::]/', 'http://[::a9fe:a9fe]/', 'http://[fd00:ec2::254]/',
	'http://[fd20:ce::254]/', 'http://100.100.100.200/', 'http://168.63.129.16/', 'http://192.0.0.192/', 'http://x@169.254.169.254/', 'http://169.254.0.1/', 'http://[fe80::1]/',
	'http://224.0.0.1/', 'http://239.255.255.250:1900/', 'http://255.255.255.255/', 'http://240.0.0.1/', 'http://[ff02::1]/', 'http://192.0.2.1/', 'http://198.51.100.1/',
	'http://203.0.113.1/', 'http://198.18.0.1/', 'http://198.19.255.254/', 'http://[2001:db8::1]/', 'http://[100::1]/', 'http://[fec0::1]/'];
const PRIVATE = ['http://10.0.0.1/', 'http://167772161/', 'http://172.16.0.1/', 'http://192.168.1.1/', 'http://100.64.0.1/', 'http://[fc00::1]/', 'http://[::ffff:10.0.0.1]/'];

async function withResolver(names, { args = FAST, listen, t }, work) {
	if (!existsSync(preload))
		return t.skip('this build has no libresolver.so');
	if (/lib[at]san/.test(execFileSync('ldd', [binary], { encoding: 'utf8' })))
		return t.skip('a sanitizer must be loaded first');
	const dir = mkdtempSync(join(tmpdir(), 'resolver-')), hook = await Receiver.start({});
	const env = { LD_PRELOAD: preload, RESOLVER_FILE: join(dir, 'names'), RESOLVER_LOG: join(dir, 'log') };
	writeFileSync(env.RESOLVER_FILE, names.join('\n') + '\n');
	writeFileSync(env.RESOLVER_LOG, '');
	try {
		await withServer({ args, listen, env, store: 'sqlite::memory:' }, (server) =>
			work(server, hook, () => readFileSync(env.RESOLVER_LOG, 'utf8').split('\n').filter(Boolean)));
	} finally {
		await hook.stop();
		rmSync(dir, { recursive: true });
	}
}

describe('addresses that must not be reached', () => {
	it('this machine, by any spelling, where others reach the server', (t) => withResolver([], { t, listen: '0.0.0.0:0' }, async (server, hook) => {
		const ends = await Promise.all(HERE.map(async ([url]) => [url, await outcome(server, url.replace('PORT', hook.port), [hook])]));
		for (const [url, end] of ends)
			assert.ok(['refused', 11100, 11205, 11210].includes(end), `${url}: ${end}`);
		assert.equal(hook.requests.length, 0);
		assert.equal(await metric(server, 'strowger_courier_connects_total'), 0);
	}));

	it('and the spellings mean what they should: they arrive where it is allowed', (t) => withResolver([], { t }, async (server, hook) => {
		const ends = await Promise.all(HERE.map(async ([url, arrives]) => [url, arrives, await outcome(server, url.replace('PORT', hook.port), [hook])]));
		for (const [url, arrives, end] of ends)
			assert.equal(end === 'sent', arrives, `${url}: ${end}`);
	}));

	it('metadata, link-local, multicast and reserved ones, whatever the settings', (t) => withResolver([], { t, args: [...FAST, '--allow-private', 'true'] }, async (server) => {
		for (const [url, end] of await Promise.all(NEVER.map(async (url) => [url, await outcome(server, url)])))
			assert.ok(['refused', 11205].includes(end), `${url}: ${end}`);
		assert.equal(await metric(server, 'strowger_courier_connects_total'), 0);
	}));

	it('private networks, unless they are allowed', (t) => withResolver([], { t }, async (server) => {
		for (const [url, end] of await Promise.all(PRIVATE.map(async (url) => [url, await outcome(server, url)])))
			assert.equal(end, 11205, url);
		assert.equal(await metric(server, 'strowger_courier_connects_total'), 0);
	}));

	it('of the URL of a number, too', (t) => withResolver([], { t }, async (server) => {
		const { json: { incoming_phone_numbers: [number] } } = await server.account('GET', 'IncomingPhoneNumbers');
		await server.account('POST', `IncomingPhoneNumbers/${number.sid}`, { form: { SmsUrl: 'http://169.254.169.254/', SmsFallbackUrl: 'http://[fd00:ec2::254]/' } });
		server.command('sim', 'receive', '--from', '+14155550100', '--to', number.phone_number, '--body', 'hi');
		const seen = await until(async () => {
			const { json: { data } } = await server.call('GET', '/v1/events?type=webhook.failed');
			return data.length === 2 && data;
		}, 'both refused');
		assert.ok(seen.every((e) => e.data.error_code === 11205));
		assert.equal(await metric(server, 'strowger_courier_connects_total'), 0);
	}));
});

describe('names', () => {
	it('that answer otherwise the second time gain nothing: what was checked is connected', (t) =>
		withResolver(['first-good.test 127.0.0.1 169.254.169.254', 'first-bad.test 169.254.169.254 127.0.0.1'], { t }, async (server, hook, asked) => {
			assert.equal(await outcome(server, `http://first-good.test:${hook.port}/`, [hook]), 'sent');
			assert.deepEqual(asked(), ['first-good.test'], 'asked once: there is no second answer to connect to');
			assert.equal(await outcome(server, `http://first-bad.test:${hook.port}/`, [hook]), 11205);
			assert.deepEqual(asked(), ['first-good.test', 'first-bad.test']);
			assert.equal(hook.requests.length, 1);
		}));

	it('with good and bad addresses are reached at the good ones', (t) =>
		withResolver(['mixed.test 169.254.169.254,10.0.0.1,127.0.0.1', 'bad.test 10.0.0.1,169.254.169.254,::ffff:10.0.0.1'], { t }, async (server, hook) => {
			assert.equal(await outcome(server, `http://mixed.test:${hook.port}/`, [hook]), 'sent');
			assert.equal(await outcome(server, `http://bad.test:${hook.port}/`, [hook]), 11205);
			assert.equal(await metric(server, 'strowger_courier_connects_total'), 1);
		}));

	it('of this machine are refused where others reach the server', (t) =>
		withResolver(['inside.test 127.0.0.1', 'xn--bcher-kva.test 127.0.0.1'], { t, listen: '0.0.0.0:0' }, async (server, hook) => {
			for (const host of ['inside.test', 'INSIDE.test', 'xn--bcher-kva.test', 'good.test@inside.test'])
				assert.equal(await outcome(server, `http://${host}:${hook.port}/`, [hook]), 11205, host);
			assert.equal(hook.requests.length, 0);
		}));

	it('that do not exist: 11210', (t) => withResolver([], { t }, async (server) => {
		assert.equal(await outcome(server, 'http://nowhere.test/'), 11210);
	}));
});

describe('hostile servers', () => {
	const behind = (options, work) => (async () => {
		const hook = await Receiver.start(options);
		try {
			await withServer({ args: FAST, store: 'sqlite::memory:' }, (server) => work(server, hook));
		} finally {
			await hook.stop();
		}
	})();

	it('a redirection to metadata is not followed', () => behind({ behave: 'redirect', to: 'http://169.254.169.254/' }, async (server, hook) => {
		await until(async () => await outcome(server, hook.url) !== undefined, 'an end');
		const { json: { data } } = await server.call('GET', '/v1/events?type=webhook.failed');
		assert.deepEqual(data.map((e) => e.data.error_code), [11215]);
		assert.equal(await metric(server, 'strowger_courier_refused_total'), 0);
	}));

	for (const [what, options, hash, code] of [
		['a byte a second', { behave: 'drip', every_ms: 1000 }, '#tt=1500', 11203], ['silence', { behave: 'hang' }, '#rt=300', 11203],
		['a reset', { behave: 'reset' }, '', 11205], ['200 with an endless head', { headers: Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`x-${i}`, 'y'.repeat(400)])) }, '', 11750],
		['no HTTP', { behave: 'garbage' }, '', 11206], ['a body without end', { behave: 'huge', bytes: 64 * MB }, '', 11750],
	])
		it(`${what}: ${code}, and the server goes on`, () => behind(options, async (server, hook) => {
			const { json: { sid } } = await server.account('POST', 'Messages', { form: { To: TO, From: FROM, Body: 'x', StatusCallback: hook.url + hash } });
			const fault = await until(async () => {
				const { json: { data } } = await server.call('GET', `/v1/events?sid=${sid}&type=webhook.failed`);
				return data[0]?.data;
			}, 'the fault', 10000);
			assert.equal(fault.error_code, code);
			assert.equal((await server.call('GET', '/v1/account')).status, 200);
		}));

	it('200 with something else than was asked for is an answer to a callback', () => behind({ type: 'text/html', body: '<html>'.repeat(1000) }, async (server, hook) => {
		await outcome(server, hook.url, [hook]);
		await until(async () => await metric(server, 'strowger_webhook_answered_total') === 1, 'the answer counted');
	}));

	it('a URL of 8 kB arrives as it was set, or is refused when it is set', () => behind({}, async (server, hook) => {
		for (const [bytes, want] of [[2000, 'sent'], [8192, undefined], [100000, undefined]]) {
			const url = `${hook.url}/status?a=`.padEnd(bytes, 'x');
			const end = await outcome(server, url, [hook]);
			assert.ok(end === (want ?? end) && ['sent', 'refused'].includes(end), `${bytes}: ${end}`);
			if (end === 'sent')
				assert.equal(hook.requests.at(-1).query.a.length, bytes - `${hook.url}/status?a=`.length);
		}
	}));
});
