// What a package holds beside the program: unit, example of settings, man page, completion, container file.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Server, binary, root } from './lib/server.mjs';

const quiet = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('STROWGER_')));
const run = (program, words, options = {}) => spawnSync(program, words, { encoding: 'utf8', timeout: 30000, env: quiet, ...options });
const ask = (...words) => run(binary, words).stdout;
const without = (program) => run('sh', ['-c', `command -v ${program}`]).status === 0 ? false : `${program} is not installed`;
const help = ask('--help');
const commands = [...help.matchAll(/^ {2}strowger (\w+)/gm)].map((m) => m[1]);
const settings = [...help.matchAll(/^ {2}--([a-z-]+)/gm)].map((m) => m[1]);
const dir = mkdtempSync(join(tmpdir(), 'strowger-packaging-'));
after(() => rmSync(dir, { recursive: true, force: true }));

describe('the unit', () => {
	const unit = readFileSync(join(root, 'deploy/strowger.service'), 'utf8');

	it('is one that systemd accepts', { skip: without('systemd-analyze') }, () => {
		// It looks for the program and the user, which only an installed package has.
		const path = join(dir, 'strowger.service');
		writeFileSync(path, unit.replace('ExecStart=strowger', `ExecStart=${binary}`).replace(/^(User|Group)=strowger/gm, '$1=daemon'));
		const said = run('systemd-analyze', ['verify', '--man=no', path]);
		assert.equal(said.stdout + said.stderr, '');
		assert.equal(said.status, 0);
	});

	it('starts without its file of settings, and with it', async () => {
		const words = /^ExecStart=strowger serve (--config=-\S+)$/m.exec(unit)[1].replace('/etc/strowger', dir);
		for (const text of [null, 'log_level = off\n']) {
			if (text)
				writeFileSync(join(dir, 'strowger.conf'), text);
			const server = await Server.start({ args: [words] });
			assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
			await server.stop();
			assert.equal(server.err === '', text !== null, server.err);
		}
		assert.match(run(binary, ['check', `--config=${dir}/none.conf`]).stderr, /none\.conf cannot be read/);
		mkdirSync(join(dir, 'folder'));
		assert.match(run(binary, ['check', `--config=-${dir}/folder`]).stderr, /folder cannot be read/);
	});
});

describe('the example of settings', () => {
	const text = readFileSync(join(root, 'deploy/strowger.conf'), 'utf8');
	const check = (content) => {
		const path = join(dir, 'example.conf');
		writeFileSync(path, content.replaceAll('/etc/strowger', dir).replaceAll('/var/lib/strowger', dir));
		return run(binary, ['check', '--config', path]);
	};

	it('has nothing that strowger check complains of', () => {
		const said = check(text + 'strict = true\n');
		assert.equal(said.status, 0, said.stdout + said.stderr);
	});

	it('shows settings that are right, every one of the server\'s', () => {
		for (const name of ['main.secret', 'spare.token', 'turn.secret'])
			writeFileSync(join(dir, name), 'hush-hush\n', { mode: 0o600 });
		assert.equal(run(binary, ['cert', 'localhost', '--out', dir]).status, 0);
		const all = text.replace(/^# (?=[a-z_]+(\.[a-z]+)? = )/gm, '');
		const said = check(all);
		assert.equal(said.status, 0, said.stdout + said.stderr);
		assert.doesNotMatch(said.stdout, /the configuration has/);
		const shown = [...all.matchAll(/^([a-z_]+)(\.[a-z]+)? = /gm)].map((m) => m[1].replaceAll('_', '-'));
		// These belong to commands, tests and the unit.
		const missing = settings.filter((name) => !shown.includes(name) && !['config', 'server', 'server-ca', 'virtual-clock'].includes(name));
		assert.deepEqual(missing, []);
	});
});

describe('the man page', () => {
	const roff = ask('help', '--man');

	it('is made for those too whose settings are wrong', () => {
		assert.equal(run(binary, ['help', '--man', '--log-level', 'loud'], { env: { ...quiet, STROWGER_LISTEN: 'x' } }).stdout, roff);
		assert.equal(ask('help'), help);
		assert.equal(run(binary, ['help', '--women']).status, 2);
	});

	it('is sound, and has every command, setting and exit code', { skip: without('groff') }, () => {
		const plain = run('groff', ['-man', '-ww', '-Tutf8', '-P-c', '-rLL=200n'], { input: roff });
		assert.equal(plain.stderr, '');
		const page = plain.stdout.replace(/.\x08/g, ''); // struck over for bold
		assert.match(page, /strowger - communications platform/);
		for (const command of commands)
			assert.match(page, new RegExp(`^ {7}${command}\\b`, 'm'));
		for (const setting of settings)
			assert.match(page, new RegExp(`^ {7}--${setting}\\b`, 'm'));
		assert.ok(commands.length > 12 && settings.length > 20);
		for (const text of ['EXIT STATUS', '69 +no server', 'STROWGER_KEY', 'DIR/install.key', 'tier.NAME = read=100/s'])
			assert.match(page, new RegExp(text));
	});
});

describe('completion', () => {
	before(() => {
		for (const [shell, file] of [['bash', 'strowger'], ['zsh', '_strowger'], ['fish', 'strowger.fish']])
			writeFileSync(join(dir, file), ask('completion', shell));
	});
	const shells = {
		bash: (line) => run('bash', ['--norc', '-euc', `source "$1"; COMP_WORDS=($2); [[ $2 == *' ' ]] && COMP_WORDS+=(''); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _strowger || true; printf '%s\\n' "\${COMPREPLY[@]}"`, '-', join(dir, 'strowger'), line]),
		fish: (line) => run('fish', ['--no-config', '-c', `source ${dir}/strowger.fish; complete -C '${line}' | string replace -r '\\t.*' ''`], { cwd: dir, env: { ...quiet, HOME: dir, TERM: 'dumb' } }),
		zsh: (line) => run('zsh', ['-f', join(root, 'tests/tools/zsh-complete'), join(dir, '_strowger'), line], { cwd: dir }),
	};
	const offered = (shell, line) => {
		const said = shells[shell](line);
		assert.equal(said.stderr, '', shell);
		return said.stdout.split('\n').map((word) => word.trim()).filter(Boolean);
	};

	for (const shell of Object.keys(shells))
		it(`of ${shell} knows commands, flags, values and words`, { skip: without(shell) }, () => {
			const has = (line, ...wanted) => {
				const found = offered(shell, line);
				assert.deepEqual(wanted.filter((word) => !found.includes(word)), [], `${line}: ${found}`);
				return found;
			};
			has('strowger ', ...commands);
			assert.deepEqual(has('strowger ver', 'version'), ['version']);
			has('strowger serve --', '--carrier', ...settings.map((name) => `--${name}`));
			assert.deepEqual(has('strowger serve --log-l', '--log-level'), ['--log-level']);
			assert.deepEqual(has('strowger serve --log-level ', 'debug', 'off').sort(), ['debug', 'error', 'info', 'off', 'warn']);
			has('strowger send --', '--to', '--media-url', '--store');
			assert.ok(!offered(shell, 'strowger serve --').includes('--media-url'));
			has('strowger completion ', 'bash', 'zsh', 'fish');
			assert.deepEqual(has('strowger account c', 'create'), ['create']);
		});

	it('knows no other shell', () => assert.equal(run(binary, ['completion', 'csh']).status, 2));
});
