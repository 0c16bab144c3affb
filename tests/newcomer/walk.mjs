// A newcomer's way, as README has it: clone, run, send what is printed, receive a webhook, make a mistake and find out what
// it means.  Says how long each step took.  The clone is of this very tree; run on a machine that has what it needs.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../../..');
const home = mkdtempSync(join(tmpdir(), 'newcomer-')), folder = join(home, 'strowger');
const children = [];
let passed = 0, failed = 0, from = Date.now();

function step(what, ok, details = '') {
	const now = Date.now();
	console.log(`${ok ? 'ok' : 'not ok'} - ${what} (${((now - from) / 1000).toFixed(1)} s)${ok ? '' : `\n${details}`}`);
	from = now;
	ok ? passed++ : failed++;
	return ok;
}

/** A program of the walk; what it prints is in .out. Ended with all that it started. */
function start(program, words, options = {}) {
	const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
	child.out = '';
	for (const stream of [child.stdout, child.stderr])
		stream.on('data', (text) => (child.out += text));
	child.on('exit', () => (child.ended = true));
	children.push(child);
	return child;
}

async function until(ask, child, within_s) {
	for (const end = Date.now() + within_s * 1000; Date.now() < end; await new Promise((done) => setTimeout(done, 20))) {
		const answer = await ask();
		if (answer)
			return answer;
		if (child.ended)
			break;
	}
	throw new Error(`it did not happen: ${child.out.slice(-3000)}`);
}

const shell = (text) => execFileSync('bash', ['--norc', '-euo', 'pipefail', '-c', text], { encoding: 'utf8', cwd: folder });

/** The README says 8080; another program may have it here. */
const port = () => new Promise((done) => {
	const one = createServer().listen(0, '127.0.0.1', () => {
		const { port: free } = one.address();
		one.close(() => done(free));
	});
});

async function walk() {
	execFileSync('git', ['clone', '-q', root, folder]);
	step('git clone', true);
	const free = await port(), server = start('make', ['run', `ARGS=--listen 127.0.0.1:${free}`]);
	const [, url] = await until(() => /^ready (\S+)$/m.exec(server.out), server, 600);
	step('make run', true);

	const printed = /^ {2}(curl -u [^\n]*\\\n[^\n]*\\\n[^\n]*)$/m.exec(server.out)[1];
	const message = JSON.parse(shell(`${printed} -sS`));
	step('the printed curl command sends a message', message.status === 'queued', JSON.stringify(message));
	const [, sid, token] = /curl -u (\w+):(\w+)/.exec(printed);
	const ask = (path, words = '') => JSON.parse(shell(`curl -sS -u ${sid}:${token} ${url}${path} ${words}`));
	const path = `/2010-04-01/Accounts/${sid}/Messages`;
	await until(() => ask(`${path}/${message.sid}.json`).status === 'delivered', server, 20);
	step('it is delivered', true);
	step('strowger tail --trace shows its way', /carrier +receipt/.test(shell(`build/strowger tail --trace ${message.sid}`)));

	const hook = await port(), receiver = start('node', ['tests/peers/receiver.mjs', '--port', String(hook), '--token', token]);
	await until(() => shell(`curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:${hook}/ || true`) === '200', receiver, 20);
	ask(`${path}.json`, `--data-urlencode From=+15005550006 --data-urlencode To=+15005550010 -d Body=hi -d StatusCallback=http://127.0.0.1:${hook}/status`);
	await until(() => /MessageStatus = delivered/.test(receiver.out), receiver, 20);
	step('a webhook comes, signed well', /valid/.test(receiver.out) && !/invalid|forged/i.test(receiver.out), receiver.out);

	const mistake = ask(`${path}.json`, '-d From=nobody --data-urlencode To=123 -d Body=hi');
	step('a mistake is refused with a code', mistake.code === 21211, JSON.stringify(mistake));
	const page = shell(`curl -sS ${mistake.more_info}`);
	step('more_info explains it', page.includes('<b>What to do:</b> Write the number as +'), page.slice(0, 2000));
	step('/docs finds the code', shell(`curl -sS '${url}/docs/search?q=21211'`).includes('/docs/errors/21211'));
	const led = shell(`XDG_DATA_HOME=${home} build/strowger run -- sh -c 'curl -sS -u $TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN https://api.twilio.com/2010-04-01/Accounts.json'`);
	step('strowger run leads a program here', JSON.parse(led).accounts[0].sid === sid, led);
}

try {
	await walk();
} catch (failure) {
	step('the next step', false, failure.stack);
} finally {
	for (const child of children.reverse()) {
		if (!child.ended)
			process.kill(-child.pid, 'SIGTERM');
		await new Promise((done) => (child.ended ? done() : child.on('exit', done)));
	}
	rmSync(home, { recursive: true, force: true });
}
assert.ok(passed + failed > 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
