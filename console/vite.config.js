// `vite build` writes dist/, which git keeps: the program is built from it without node.  dist/files lists it for meson.
// `vite` alone serves the source; what is not of the console goes to STROWGER (http://127.0.0.1:8080).
import { readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const dist = process.env.OUT ?? join(import.meta.dirname, 'dist');
const listFiles = {
	name: 'list-files',
	closeBundle() {
		const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((file) => file.isFile() && file.name !== 'files')
			.map((file) => relative(dist, join(file.parentPath, file.name))).sort();
		writeFileSync(join(dist, 'files'), files.map((file) => `${file}\n`).join(''));
	},
};
const program = process.env.STROWGER ?? 'http://127.0.0.1:8080';

export default {
	base: '/console/',
	publicDir: false,
	oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
	plugins: [listFiles],
	build: { outDir: dist, emptyOutDir: true, target: 'es2023', modulePreload: { polyfill: false }, assetsInlineLimit: 0, reportCompressedSize: true },
	server: { proxy: Object.fromEntries(['/v1', '/2010-04-01', '/iam', '/monitor', '/events', '/pricing', '/accounts', '/openapi.json', '/docs'].map((path) => [path, program])) },
};
