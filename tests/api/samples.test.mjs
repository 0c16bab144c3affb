// Every operation's examples run and do what they say: curl and Node here, Python and Go with their SDKs (tests/sdk/samples.mjs).
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { output, parsed, runAll } from './lib/samples.mjs';
import { root } from './lib/server.mjs';

/** Every command in one shell, whose curl says the status behind the body. */
async function runCurl(batch, env, dir) {
	const script = join(dir, 'samples.sh');
	writeFileSync(script, `curl() { command curl -sS --max-time "$most" -w '\\n%{http_code}\\n' "$@"; }\n${batch.map(({ name, source, endless }) =>
		`most=${endless ? 1 : 20}\n(\n${source}\n) >${dir}/out 2>&1\nprintf '\\n=== %s\\n' ${name}; cat ${dir}/out`).join('\n')}\n`);
	const text = await output('bash', ['--norc', script], { env });
	return new Map(text.split('\n=== ').slice(1).map((part) => {
		const [name] = part.split('\n', 1), status = /^(\d{3})$/m.exec(part.trimEnd().split('\n').slice(-2).join('\n'))?.[1];
		return [name, { ok: status?.startsWith('2'), out: part.slice(0, 2000) }];
	}));
}

async function runNode(batch, env, dir) {
	const list = join(dir, 'list.json');
	if (!existsSync(join(dir, 'node_modules')))
		symlinkSync(join(root, 'tests/node_modules'), join(dir, 'node_modules'));
	for (const { name, source } of batch)
		writeFileSync(join(dir, `${name}.mjs`), source);
	writeFileSync(list, JSON.stringify(batch.map(({ name, endless }) => ({ name, endless, file: join(dir, `${name}.mjs`) }))));
	return parsed(await output('node', [join(root, 'tests/api/lib/node-samples.mjs'), list], { env }));
}

for (const [label, run] of Object.entries({ curl: runCurl, Node: runNode }))
	describe(`examples of operations, ${label}`, () => it('all of them do what they say', () => runAll(label, run)));
