// The receivers of docs/signatures.md as they stand there, against a server:  receiver.mjs js|python|go|java.
// The last line is `N passed, N failed`.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { root, until, withServer } from '../api/lib/server.mjs';

/** How a program in a file is run, and where. */
const languages = {
	js: { file: 'receiver.mjs', command: (file) => [process.execPath, ['--input-type=module', '-e', readFileSync(file, 'utf8')]], cwd: 'tests' },
	python: { file: 'receiver.py', command: (file) => ['/usr/bin/python3', [file]], cwd: 'tests' },
	go: { file: 'receiver.go', command: (file) => ['go', ['run', file]], cwd: 'tests/sdk/go' },
	java: { file: 'Receiver.java', command: (file, dir) => {
		const path = join(dir, 'classpath');
		execFileSync('mvn', ['-q', '-B', '-ntp', 'dependency:build-classpath', `-Dmdep.outputFile=${path}`], { cwd: join(root, 'tests/sdk/java'), stdio: 'inherit' });
		return ['java', ['-cp', readFileSync(path, 'utf8'), file]];
	}, cwd: 'tests/sdk/java' },
};

const freePort = () => new Promise((done) => {
	const taken = createServer().listen(0, '127.0.0.1', () => {
		const { port } = taken.address();
		taken.close(() => done(port));
	});
});

/** Runs one; says what it printed for a message's callbacks, and what it answers to a forged one. */
export async function receive(language) {
	const { file, command, cwd } = languages[language], dir = mkdtempSync(join(tmpdir(), 'strowger-receiver-')), path = join(dir, file);
	const [, text] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(readFileSync(join(root, 'docs/signatures.md'), 'utf8'));
	writeFileSync(path, text);
	const [program, words] = command(path, dir);
	try {
		await withServer({ store: 'sqlite::memory:', args: ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1'] }, async (server) => {
			const port = await freePort(), lines = [];
			const child = spawn(program, words, { cwd: join(root, cwd), stdio: ['ignore', 'pipe', 'inherit'], detached: true,
				env: { ...process.env, AUTH_TOKEN: server.token, PORT: String(port) } });
			createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
			try {
				await until(() => lines.includes('listening') || child.exitCode !== null, 'the receiver', 120000);
				const url = `http://127.0.0.1:${port}/status?order=7`;
				const { json } = await server.account('POST', 'Messages', { form: { To: '+15005550010', From: '+15005550006', Body: 'ü & x', StatusCallback: url } });
				await until(() => lines.includes(`${json.sid} delivered`), 'the callback');
				assert.deepEqual(lines, ['listening', `${json.sid} sent`, `${json.sid} delivered`]);
				const forged = (headers) => fetch(url, { method: 'POST', headers, body: new URLSearchParams({ MessageSid: json.sid, MessageStatus: 'failed' }) });
				assert.equal((await forged({ 'x-twilio-signature': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' })).status, 403);
				assert.equal((await forged({})).status, 403);
			} finally {
				try {
					process.kill(-child.pid); /* `go run` has a child of its own */
				} catch { /* it ended */ }
			}
		});
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	try {
		await receive(process.argv[2]);
		console.log('1 passed, 0 failed');
	} catch (failure) {
		console.log(`${failure.stack}\n0 passed, 1 failed`);
		process.exitCode = 1;
	}
