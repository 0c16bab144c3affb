// A full disk: 503 with Retry-After and a clear log line, nothing half-written, recovery without a restart.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { Server, until } from './lib/server.mjs';

function mount() {
	const dir = mkdtempSync(join(tmpdir(), 'strowger-disk-'));
	try {
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'none', dir], { stdio: 'pipe' });
	} catch {
		rmdirSync(dir);
		return null;
	}
	return dir;
}

it('a full disk', async (t) => {
	if (process.getuid() !== 0)
		return t.skip('needs root to mount a small file system');
	const dir = mount();
	if (!dir)
		return t.skip('this machine does not let root mount a tmpfs');
	let server;
	try {
		server = await Server.start({ dir });
		const form = { To: '+15005550010', From: '+15005550006', Body: 'x'.repeat(1600) };
		const send = () => server.account('POST', 'Messages', { form });
		assert.equal((await send()).status, 201);
		const accepted = [];
		const filler = join(dir, 'filler');
		for (let size = 1 << 20; size >= 4096; size >>= 1)
			for (let n = 0; ; n++)
				try {
					writeFileSync(`${filler}-${size}-${n}`, Buffer.alloc(size));
				} catch {
					rmSync(`${filler}-${size}-${n}`, { force: true });
					break;
				}
		let refused;
		for (let i = 0; i < 3000 && !refused; i++) {
			const reply = await send();
			if (reply.status === 201)
				accepted.push(reply.json.sid);
			else
				refused = reply;
		}
		assert.ok(refused, 'the disk never became full');
		assert.equal(refused.status, 503, refused.text);
		assert.equal(refused.json.code, 20503);
		assert.ok(Number(refused.headers.get('retry-after')) >= 1);
		assert.match(server.err, /level=(error|warn).*(disk|full|space)/i);
		assert.equal((await server.account('GET', 'Messages?PageSize=1')).status, 200);
		execFileSync('sh', ['-c', `rm -f '${dir}'/filler-*`]);
		const sid = await until(async () => {
			const reply = await send();
			return reply.status === 201 && reply.json.sid;
		}, 'a message taken again', 15000);
		accepted.push(sid);
		for (const one of accepted)
			assert.equal((await server.account('GET', `Messages/${one}`)).status, 200);
		await until(async () => (await server.account('GET', `Messages/${sid}`)).json.status === 'delivered', 'delivered', 15000);
	} finally {
		await server?.stop();
		execFileSync('umount', ['-l', dir]);
		rmdirSync(dir);
	}
});
