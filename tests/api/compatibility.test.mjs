// What the documents say of the contract is what the program serves of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { binary, root } from './lib/server.mjs';

test('docs/compatibility.md and the README have the totals of openapi --compare', () => {
	const dir = mkdtempSync(join(tmpdir(), 'compatibility-'));
	try {
		const file = join(dir, 'compatibility.md');
		execFileSync(join(root, 'tools/compatibility'), [dirname(binary), file], { cwd: root });
		const fresh = readFileSync(file, 'utf8');
		assert.equal(readFileSync(join(root, 'docs/compatibility.md'), 'utf8'), fresh, 'run tools/compatibility');
		const [, operations] = /^\| all \| (\d+ of \d+) \|/m.exec(fresh);
		assert.ok(readFileSync(join(root, 'README.md'), 'utf8').includes(`${operations} operations`), `the README must say ${operations} operations`);
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
});
