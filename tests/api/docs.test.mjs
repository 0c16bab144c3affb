// Every example of these pages runs, in the order of its page, against a server of the page's own.  A block that is
// meant to be refused says so with the word "refused" in a comment; any other error of the API fails it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Server, binary, root } from './lib/server.mjs';

const pages = { '../README': 4, testing: 1, 'simulated-carrier': 1, start: 6, carriers: 5, production: 4, moving: 4, requests: 2, authentication: 4, debugger: 5, idempotency: 4, import: 1, limits: 4, money: 3, deprecation: 2, events: 3, examples: 1, 'event-streams': 7, operating: 1, tls: 1, webhooks: 7, 'webhooks-local': 3, 'zero-change': 2 }; // and how many examples there must be at least
const languages = {
	sh: (text) => ['bash', ['--norc', '-euo', 'pipefail', '-c', text]],
	js: (text) => ['node', ['--input-type=module', '-e', text]],
	python: (text) => ['/usr/bin/python3', ['-c', text]],
};

const blocksOf = (path) => [...readFileSync(join(root, path), 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, language]) => /^(sh|bash|js|javascript|python|go|java)$/.test(language));

it('no page that is served has examples which nobody runs', () => {
	const run = new Set([...Object.keys(pages), 'signatures'].map((page) => normalize(`docs/${page}.md`))); // tests/sdk/receiver.mjs runs those four
	const served = [...readFileSync(join(root, 'docs/meson.build'), 'utf8').matchAll(/'([^']+\.md)'/g)].map((m) => normalize(`docs/${m[1]}`));
	assert.ok(served.length > 30);
	assert.deepEqual(served.filter((page) => blocksOf(page).length && !run.has(page)), []);
});

for (const [page, least] of Object.entries(pages))
	describe(`docs/${page}.md`, () => {
		const blocks = blocksOf(`docs/${page}.md`);
		let server;
		before(async () => {
			server = await Server.start();
		});
		after(() => server.stop());

		it('has examples', () => assert.ok(blocks.length >= least, `${blocks.length} examples`));
		for (const [i, [, language, text]] of blocks.entries())
			it(`example ${i + 1}, ${language}: ${text.trim().split('\n').pop().slice(0, 60)}`, () => {
				const [program, words] = languages[language](text.replaceAll('http://127.0.0.1:8080/', `${server.url}/`).replaceAll("'http://127.0.0.1:8080'", `'${server.url}'`));
				const run = spawnSync(program, words, {
					cwd: join(root, 'tests'), encoding: 'utf8', timeout: 30000,
					env: { ...process.env, PATH: `${dirname(binary)}:${process.env.PATH}`, SERVER: server.url, SID: server.sid, TOKEN: server.token,
						STROWGER_SERVER: server.url, STROWGER_ACCOUNT_SID: server.sid, STROWGER_AUTH_TOKEN: server.token, XDG_DATA_HOME: server.dir },
				});
				const shown = `${run.stdout}${run.stderr}\n--- ${run.status ?? run.signal} of\n${text}`;
				assert.equal(run.status, 0, shown);
				assert.equal(/"code":\d+,"message"/.test(run.stdout), /refused/.test(text), shown);
			});
	});
