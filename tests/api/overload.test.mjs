// A disk that becomes slow: what matters least is refused first, quickly; what was accepted stays; then all is well again.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { binary, until, withServer } from './lib/server.mjs';

const preload = join(dirname(binary), 'tests/peers/libslow_sync.so');
const message = (traffic_class) => ({ to: '+15005550010', from: '+15005550006', body: 'hello', traffic_class });

/** What several clients ask for, each one thing after the other, until `over`. */
const kinds = {
	marketing: { n: 60, ask: (s) => s.call('POST', '/v1/messages', { json: message('marketing') }) },
	write: { n: 60, ask: (s) => s.account('POST', 'Applications', { form: { FriendlyName: 'x' } }) },
	send: { n: 60, ask: (s) => s.call('POST', '/v1/messages', { json: message('transactional') }) },
	otp: { n: 10, ask: (s) => s.call('POST', '/v1/messages', { json: message('otp') }) },
};

it('overload', async (t) => {
	if (!existsSync(preload))
		return t.skip('this build has no libslow_sync.so');
	if (/lib[at]san/.test(execFileSync('ldd', [binary], { encoding: 'utf8' })))
		return t.skip('a sanitizer must be loaded first');
	const dir = mkdtempSync(join(tmpdir(), 'strowger-overload-'));
	const slow = join(dir, 'slow');
	try {
		await withServer({ loops: 2, env: { LD_PRELOAD: preload, SLOW_SYNC_FILE: slow } }, async (server) => {
			const idle = performance.now(), USUAL = 50;
			for (let i = 0; i < USUAL; i++) // what is usual
				assert.equal((await kinds.send.ask(server)).status, 201);
			/* Slow is what is far from usual: on a machine that is busy, a request takes long anyway. */
			const usual_ms = (performance.now() - idle) / USUAL;
			writeFileSync(slow, String(Math.ceil(Math.max(100, 10 * usual_ms))));
			const seen = Object.fromEntries(Object.keys(kinds).map((name) => [name, { taken: [], refused: [] }]));
			let over = false, shedding = false;
			const client = async (name) => {
				while (!over) {
					const reply = await kinds[name].ask(server);
					assert.ok(reply.status === 201 || reply.status === 503, reply.text);
					if (shedding || reply.status === 201)
						seen[name][reply.status === 201 ? 'taken' : 'refused'].push(reply);
					if (reply.status === 503)
						await new Promise((done) => setTimeout(done, 5)); // more than the machine's share would starve the test
				}
			};
			const clients = Promise.all(Object.entries(kinds).flatMap(([name, { n }]) => Array.from({ length: n }, () => client(name))));
			const shed = async () => Object.fromEntries([...(await (await fetch(`${server.url}/metrics`)).text())
				.matchAll(/^strowger_shed_(\w+)_total (\d+)$/gm)].map(([, name, n]) => [name, Number(n)]));
			try {
				await until(async () => (await shed()).marketing > 0, 'the first refusal', 20000);
				shedding = true;
				await until(() => seen.otp.taken.length > 100 && seen.marketing.refused.length > 200, 'enough of them', 60000);
				// Signing in and reading go on.
				const began = Date.now();
				assert.equal((await server.account('GET', 'Messages?PageSize=1')).status, 200);
				assert.equal((await server.call('GET', '/v1/account', { auth: `${server.sid}:wrong` })).status, 401);
				assert.ok(Date.now() - began < Math.max(2000, 100 * usual_ms));
			} finally { // else their connections to a server that ends hide what is wrong
				over = true;
				await clients;
			}
			const share = Object.fromEntries(Object.entries(seen).map(([name, { taken, refused }]) => [name, refused.length / (taken.length + refused.length)]));
			t.diagnostic(`refused: ${JSON.stringify(share)}`);
			/* A machine that has no time for its own tests may refuse a few of any kind. */
			assert.ok(share.otp < 0.1 && share.otp < share.send, `one-time passwords outlive the rest: ${JSON.stringify(share)}`);
			assert.ok(share.marketing >= share.write && share.write >= share.send && share.marketing > share.send, JSON.stringify(share));
			for (const { json, headers } of seen.marketing.refused.slice(0, 50)) {
				assert.equal(json.code, 20503);
				assert.match(headers.get('retry-after'), /^[1-3]$/);
			}
			rmSync(slow);
			for (const name of ['marketing', 'send', 'otp', 'write'])
				await until(async () => (await kinds[name].ask(server)).status === 201, `${name} taken again`, 10000);
			// What was accepted is there.
			await server.kill();
			await server.restart();
			for (const { json } of [...seen.otp.taken, ...seen.send.taken].slice(-300))
				assert.equal((await server.call('GET', `/v1/messages/${json.sid}`)).status, 200);
		});
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
});
