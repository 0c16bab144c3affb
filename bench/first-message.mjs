// From nothing to the first delivered message with the program installed: serve on an empty store, send, until its receipt.
//   node bench/first-message.mjs [TURNS]       STROWGER names the binary
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary, until } from '../tests/api/lib/server.mjs';

const turns = Number(process.argv[2] ?? 10), took = [];
for (let i = 0; i < turns; i++) {
	const dir = mkdtempSync(join(tmpdir(), 'strowger-first-')), store = ['--store', `sqlite:${dir}`], begin = performance.now();
	const server = spawn(binary, ['serve', '--listen', '127.0.0.1:0', ...store], { stdio: ['ignore', 'pipe', 'ignore'] });
	let out = '';
	server.stdout.on('data', (text) => (out += text));
	await until(() => /^ready/m.test(out), 'the line ready', 20000);
	const [sid] = execFileSync(binary, ['send', '--to', '+15005550010', '--body', 'hello', ...store], { encoding: 'utf8' }).split(' ');
	await until(() => /receipt/.test(execFileSync(binary, ['tail', '--trace', sid, ...store], { encoding: 'utf8' })), 'the receipt', 20000);
	took.push(Math.round(performance.now() - begin));
	const ended = new Promise((done) => server.on('close', done));
	server.kill('SIGTERM');
	await ended;
	rmSync(dir, { recursive: true });
}
took.sort((a, b) => a - b);
console.log(`first message: delivered ${took[Math.floor(turns / 2)]} ms after the program was started (median of ${turns}; ${took[0]} to ${took.at(-1)} ms)`);
