// The examples of all operations in the languages whose SDKs come from elsewhere:  samples.mjs python PROGRAM | go.
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { output, parsed, runAll } from '../api/lib/samples.mjs';
import { binary, root } from '../api/lib/server.mjs';

const here = join(root, 'tests/sdk');

/** One process that runs each as a program of its own. */
async function runPython(batch, env, dir) {
	const list = join(dir, 'list.json');
	for (const { name, source } of batch)
		writeFileSync(join(dir, `${name}.py`), source);
	writeFileSync(list, JSON.stringify(batch.map(({ name, endless }) => ({ name, endless, file: join(dir, `${name}.py`) }))));
	return parsed(await output(process.argv[3], ['-B', join(here, 'python/samples.py'), list], { env }));
}

/** Runs the function that its argument names; one whose stream has no end is left once it said something. */
const goMain = (batch) => `package main

import "os"

func untilHeard(sample func()) {
	read, write, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	os.Stdout = write
	go sample()
	if n, err := read.Read(make([]byte, 1)); err != nil || n == 0 {
		panic("it said nothing")
	}
}

func main() {
	map[string]func(){
${batch.map(({ name, endless }) => `\t\t"${name}": ${endless ? `func() { untilHeard(${name}) }` : name},\n`).join('')}\t}[os.Args[1]]()
}
`;

/** One program with a function for each (imports are a file's own), started as they say: by `strowger run`. */
async function runGo(batch, env, dir) {
	const shell = 'for each in "$@"; do out=$(timeout 20 ./samples $each 2>&1); code=$?; printf "=== %s %s\\n%s\\n" $each $code "$out"; done';
	for (const file of ['go.mod', 'go.sum'])
		copyFileSync(join(here, 'go', file), join(dir, file));
	for (const { name, source } of batch)
		writeFileSync(join(dir, `${name}.go`), source.replace('func main() {', `func ${name}() {`));
	writeFileSync(join(dir, 'main.go'), goMain(batch));
	await output('go', ['build', '-o', 'samples', '.'], { env, cwd: dir });
	const text = await output(binary, ['run', '--', 'bash', '--norc', '-c', shell, 'samples', ...batch.map(({ name }) => name)], { cwd: dir,
		env: { ...env, XDG_DATA_HOME: dir, STROWGER_SERVER: env.SERVER, STROWGER_ACCOUNT_SID: env.SID, STROWGER_AUTH_TOKEN: env.TOKEN } });
	return new Map(text.split(/^=== /m).slice(1).map((part) => {
		const [, name, code] = /^(\w+) (\d+)/.exec(part);
		return [name, { ok: code === '0', out: part.slice(0, 2000) }];
	}));
}

const runs = { python: ['Python', runPython], go: ['Go', runGo] };
try {
	console.log(`${await runAll(...runs[process.argv[2]])} passed, 0 failed`);
} catch (error) {
	console.log(`not ok - examples: ${error.actual?.join?.('\n') ?? error.stack}\n0 passed, ${error.actual?.length ?? 1} failed`);
	process.exitCode = 1;
}
