// The program as its operator sees it: starting, stopping, the commands beside serve.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Server, binary, root, until, withServer } from './lib/server.mjs';

const FORM = { To: '+15005550010', From: '+15005550006', Body: 'life' };
const send = (server, form = FORM) => server.account('POST', 'Messages', { form });
const delivered = (server, sid) => until(async () => (await server.account('GET', `Messages/${sid}`)).json.status === 'delivered', 'delivered');

describe('serve', () => {
	it('is ready within a second and ends with 0 on SIGTERM', async () => {
		const start = Date.now();
		await withServer({}, async (server) => {
			assert.ok(server.url);
			if (!process.env.STROWGER)
				assert.ok(Date.now() - start < 1000, `took ${Date.now() - start} ms`);
			assert.equal((await server.call('GET', '/healthz', { auth: '' })).status, 200);
			const metrics = await server.call('GET', '/metrics', { auth: '' });
			assert.ok(metrics.status === 200 || metrics.status === 401);
		});
	});

	it('ends cleanly while messages are on their way', async () => {
		for (let round = 0; round < 10; round++)
			await withServer({}, (server) => Promise.all(Array.from({ length: 40 }, () => send(server))));
	});

	it('takes up what it was stopped in: everything is delivered after a restart', async () => {
		await withServer({ args: ['--carrier', 'sim=sim:?latency_ms=30&receipt_ms=100'] }, async (server) => {
			const made = await Promise.all(Array.from({ length: 30 }, () => send(server)));
			server.child.kill('SIGTERM');
			assert.equal(await server.ended, 0);
			await server.restart();
			for (const { json } of made)
				await until(async () => {
					const { json: now } = await server.account('GET', `Messages/${json.sid}`);
					return ['delivered', 'sent', 'failed', 'undelivered'].includes(now.status);
				}, `${json.sid} to end`, 20000);
		});
	});

	it('says why it does not start', () => {
		const run = (...words) => spawnSync(binary, words, { encoding: 'utf8', timeout: 10000 });
		const wrong = ['--listen=nonsense', '--listen=:80', '--loops=many', '--opening-balance=lots', '--allow-private=maybe', '--config=.'];
		for (const flag of wrong) {
			const result = run('serve', '--store', 'sqlite::memory:', flag);
			assert.equal(result.status, 2, flag);
			assert.match(result.stderr, /must be|cannot be|cannot be read/, flag);
		}
		assert.equal(run('serve', '--nonsense').status, 2);
		assert.equal(run('nonsense').status, 2);
		assert.notEqual(run('serve', '--listen', '127.0.0.1:0', '--store', 'sqlite:/proc/nowhere').status, 0);
		for (const result of [run('serve', '--nonsense'), run('nonsense')])
			assert.ok(result.stderr.length > 0);
	});

	it('says in which line of the file a mistake stands, and what would do', () => {
		const dir = mkdtempSync(join(tmpdir(), 'strowger-conf-')), file = join(dir, 'a.conf');
		const why = (text) => {
			writeFileSync(file, text);
			const { status, stderr } = spawnSync(binary, ['serve', '--store', 'sqlite::memory:', '--config', file], { encoding: 'utf8', timeout: 10000 });
			assert.equal(status, 2, stderr);
			return stderr;
		};
		try {
			assert.match(why('loops = 1\n# x\nallow_private = yes\n'), /a\.conf:3: allow_private cannot be 'yes', only true or false/);
			assert.match(why('log_level = loud\n'), /a\.conf:1: log_level cannot be 'loud', only debug, info, warn, error or off/);
			assert.match(why('\ntier.gold = send\n'), /a\.conf:2: tier gold: 'send' has no value it can take: rates are such as 10\/s/);
			for (const line of ['loops = 1', 'tier.gold = send=1/s', 'carrier.x = sim:'])
				assert.match(why(`${line}\n\n${line}\n`), /a\.conf:3: '[a-z]+' is given twice, in line 1 before/);
			assert.match(why('nonsense = 1\n'), /a\.conf:1: 'nonsense' is not a setting/);
			assert.match(why('loops\n'), /a\.conf:1: 'loops' has no '='/);
		} finally {
			rmSync(dir, { recursive: true });
		}
	});

	it('send and tail say that the token they know is old', async () => {
		await withServer({}, async (server) => {
			for (const words of [['send', '--to', '+15005550010', '--body', 'x'], ['tail', '--once']]) {
				const { status, stderr } = spawnSync(binary, [...words, '--server', server.url, '--account-sid', server.sid, '--auth-token', 'f'.repeat(32)],
					{ encoding: 'utf8', timeout: 10000 });
				assert.notEqual(status, 0);
				assert.match(stderr, /refused the SID and token of AC\w+.*replaced since; --auth-token takes another/);
			}
		});
	});

	it('a second server on one store is refused and disturbs nothing', async () => {
		await withServer({}, async (server) => {
			const second = spawnSync(binary, ['serve', '--listen', '127.0.0.1:0', '--store', `sqlite:${server.dir}`], { encoding: 'utf8', timeout: 10000 });
			assert.equal(second.status, 69);
			assert.match(second.stderr, /another process/);
			assert.ok(existsSync(join(server.dir, 'server.run')));
		});
	});

	it('a lost key is not replaced by a new one', async () => {
		await withServer({}, async (server) => {
			server.child.kill('SIGTERM');
			assert.equal(await server.ended, 0);
			const key = join(server.dir, 'install.key'), kept = readFileSync(key);
			rmSync(key);
			const started = spawnSync(binary, ['serve', '--listen', '127.0.0.1:0', '--store', `sqlite:${server.dir}`], { encoding: 'utf8', timeout: 10000 });
			assert.equal(started.status, 1);
			assert.match(started.stderr, /is missing: restore it/);
			assert.ok(!existsSync(key));
			writeFileSync(key, kept);
			await server.restart();
			assert.equal((await send(server)).status, 201);
		});
	});
});

describe('commands', () => {
	it('version, --help, completion, migrate', () => {
		const run = (...words) => spawnSync(binary, words, { encoding: 'utf8', timeout: 10000 });
		assert.match(run('version').stdout, /^strowger \d+\.\d+\.\d+$/m);
		assert.equal(run('--help').status, 0);
		assert.equal(spawnSync('bash', ['-n'], { input: run('completion').stdout }).status, 0);
	});

	it('send and tail', async () => {
		await withServer({}, async (server) => {
			const said = server.command('send', '--to', '+15005550010', '--body', 'from the shell');
			const sid = /SM[0-9a-f]{32}/.exec(said)[0];
			await delivered(server, sid);
			const events = await until(() => {
				const lines = server.command('tail', '--json', '--once').trim().split('\n').map((line) => JSON.parse(line));
				return lines.some((e) => e.type === 'message.delivered') && lines;
			}, 'the event message.delivered');
			const types = events.filter((e) => (e.sid ?? e.subject) === sid).map((e) => e.type);
			assert.deepEqual(types.filter((t) => /^message\./.test(t)).slice(-1), ['message.delivered'], types.join());
		});
	});

	it('tail --trace prints the way that ARCHITECTURE.md describes', async (t) => {
		const section = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split(/^## One message, step by step$/m)[1];
		const block = section && /^```\n([\s\S]*?)^```$/m.exec(section);
		if (!block)
			return t.skip('ARCHITECTURE.md does not have the list yet');
		const words = (text) => text.trim().split('\n').map((line) => line.trim().split(/\s+/).join(' '));
		await withServer({}, async (server) => {
			const { json } = await send(server);
			await delivered(server, json.sid);
			const wanted = words(block[1]);
			let steps;
			await until(() => {
				const out = server.command('tail', '--trace', json.sid);
				steps = words(out.replace(/^\s*-?\d+ us\s+/gm, ''));
				return steps.length >= wanted.length;
			}, 'the whole trace').catch(() => {});
			assert.deepEqual(steps, wanted);
		});
	});
});
