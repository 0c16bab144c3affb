// GET /docs: every page that another leads to is there, in whole HTML, and nothing of a question is taken for markup.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Server, binary, root } from './lib/server.mjs';

const unescape = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name]);
const VOID = new Set(['meta', 'link', 'br', 'hr', 'input', 'img']);

/** What is wrong with the nesting of a page's elements; undefined: nothing. */
function nesting(html) {
	const open = [];
	for (const [, end, name] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
		if (end && open.pop() !== name)
			return `</${name}> closes something else`;
		if (!end && !VOID.has(name))
			open.push(name);
	}
	return open.length ? `${open} not closed` : undefined;
}

describe('the documentation', () => {
	let server;
	const page = async (path) => {
		const reply = await fetch(server.url + path);
		return { status: reply.status, headers: reply.headers, html: await reply.text() };
	};
	before(async () => (server = await Server.start()));
	after(() => server.stop());

	it('leads to pages that are there, and to anchors in them', async () => {
		const seen = new Map([['/docs', null]]), broken = [], outside = new Set();
		for (const [path] of seen) {
			const { status, headers, html } = await page(path);
			if (status !== 200) {
				broken.push(path);
				continue;
			}
			seen.set(path, html);
			if (!/text\/html/.test(headers.get('content-type')))
				continue;
			assert.equal(nesting(html), undefined, path);
			assert.equal([...html.matchAll(/<h1\b/g)].length, 1, path);
			assert.match(html, /<title>[^<]+ - Strowger<\/title>/);
			for (const [, link] of html.matchAll(/<a title="([^"]+) in the source"/g))
				outside.add(link);
			for (const [, href] of html.matchAll(/<(?:a|link)\b[^>]* href="(\/[^"]*)"/g)) {
				const to = unescape(href).split('#')[0];
				if (to && !seen.has(to) && !to.startsWith('/docs/search'))
					seen.set(to, null);
			}
		}
		assert.deepEqual(broken, []);
		assert.ok(seen.size > 250, `${seen.size} pages`);
		assert.ok([...outside].every((link) => !/\.md$/.test(link) || /decisions\/|CONTRIBUTING|SECURITY|README|LICENSE/.test(link)), [...outside].join(' '));
		const lost = [];
		for (const [path, html] of seen)
			for (const [, href] of (html ?? '').matchAll(/<a\b[^>]* href="([^"]*#[^"]+)"/g)) {
				const [to, anchor] = unescape(href).split('#'), there = seen.get(to || path);
				if (there && !there.includes(` id="${anchor}"`))
					lost.push(`${path} -> ${href}`);
			}
		assert.deepEqual(lost, []);
	});

	it('lists every guide once, in chapters', async () => {
		const { html } = await page('/docs'), main = html.slice(html.indexOf('<main'));
		const chapters = [...main.matchAll(/<section>\n<h2>([^<]+)<\/h2>\n<ul>\n([^]*?)<\/ul>/g)].map(([, title, list]) => [title, [...list.matchAll(/<li><a href="([^"]+)"/g)].map((m) => m[1])]);
		assert.deepEqual(chapters.map(([title]) => title), ['Get started', 'Use the API', 'Webhooks and events', 'Test', 'Carriers', 'Install and operate', 'Compatibility', 'About Strowger']);
		const listed = chapters.flatMap(([, list]) => list);
		assert.equal(new Set(listed).size, listed.length);
		for (const file of readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))) {
			const address = `/docs/${file.slice(0, -3)}`, [, title] = readFileSync(join(root, 'docs', file), 'utf8').match(/^# (.+)$/m);
			assert.ok(listed.includes(address), file);
			assert.ok(unescape((await page(address)).html).includes(`<title>${title} - Strowger</title>`), `another page is at ${address}`);
		}
	});

	it('has a page for every error, and every operation', async () => {
		const openapi = JSON.parse((await page('/openapi.json')).html);
		const operations = Object.values(openapi.paths).flatMap((path) => Object.values(path).map((o) => o.operationId));
		const all = (await page('/docs/reference')).html;
		for (const name of operations)
			assert.ok(all.includes(`href="/docs/reference/${name}"`), name);
		const create = (await page('/docs/reference/CreateMessage')).html;
		for (const code of [20003, 20404, 20429, 21211, 21604, 21610])
			assert.ok(create.includes(`<a href="/docs/errors/${code}">${code}</a>`), `error ${code}`);
		assert.ok(!create.includes('/docs/errors/20411"'));
		for (const text of ['POST /2010-04-01/Accounts/{AccountSid}/Messages.json', '<code>StatusCallback</code>', 'at most 1600 characters', '<code>num_segments</code>', '<b>No effect:</b>'])
			assert.ok(create.includes(text), text);
		const openapi_with = JSON.parse((await page('/openapi.json?samples=1')).html);
		for (const operation of Object.values(openapi_with.paths).flatMap(Object.values)) {
			const { html } = await page(`/docs/reference/${operation.operationId}`), shown = unescape(html);
			assert.deepEqual(operation['x-codeSamples'].map((s) => s.label), ['curl', 'Node', 'Python', 'Go']);
			for (const { label, source } of operation['x-codeSamples'])
				assert.ok(shown.includes(`<figcaption>${label}</figcaption>\n<pre tabindex="0"><code>${source}</code>`), `${operation.operationId} in ${label}`);
			assert.equal(html.includes('It is always refused:'), 'x-refused' in operation, operation.operationId);
		}
		assert.ok(!(await page('/openapi.json')).html.includes('x-codeSamples'));
		const codes = [...readFileSync(join(root, 'src/core/errors.def'), 'utf8').matchAll(/^E\((\d+),/gm)].map((m) => m[1]);
		for (const code of codes.slice(0, 20)) {
			const { status, html } = await page(`/docs/errors/${code}`);
			assert.equal(status, 200, code);
			assert.match(html, new RegExp(`<title>Error ${code} - `));
		}
	});

	it('finds error codes, operations and words of the guides', async () => {
		const find = async (q) => (await page(`/docs/search?q=${encodeURIComponent(q)}`)).html;
		assert.match(await find('21211'), /<li><a href="\/docs\/errors\/21211">Error 21211/);
		assert.match(await find('CreateMessage'), /<a href="\/docs\/reference\/CreateMessage">/);
		const found = await find('idempotency key REPLAYED');
		assert.match(found, /<a href="\/docs\/idempotency/);
		assert.match(found, /<mark>/);
		assert.match(await find('zxqv'), /<p role="status">0 found/);
		assert.match((await page('/docs/search')).html, /<h1>Search<\/h1>/);
	});

	it('shows what is asked, and runs none of it', async () => {
		const evil = '"><script>alert(1)</script>';
		const { html, headers } = await page(`/docs/search?q=${encodeURIComponent(evil)}`);
		assert.ok(!html.includes('<script'));
		assert.ok(html.includes('value="&quot;&gt;&lt;script&gt;'));
		assert.match(headers.get('content-security-policy'), /^default-src 'none'; .*frame-ancestors 'none'$/);
		assert.equal(headers.get('x-content-type-options'), 'nosniff');
		assert.equal((await page(`/docs/search?q=${'a'.repeat(3000)}`)).status, 200);
		assert.equal((await page('/docs/search?q=%ff%00%zz')).status, 200);
		assert.equal((await page('/docs/../etc/passwd')).status, 404);
		assert.equal((await page('/docs/errors/1')).status, 404);
		assert.equal((await page('/docs/reference/None')).status, 404);
	});

	it('stands in files too: strowger reference', async () => {
		const dir = mkdtempSync(join(tmpdir(), 'reference-')), run = (...words) => execFileSync(binary, ['reference', ...words], { encoding: 'utf8', maxBuffer: 1 << 26 });
		const { paths } = JSON.parse((await page('/openapi.json?samples=1')).html), operations = Object.values(paths).flatMap(Object.values);
		try {
			const text = run('--server', server.url);
			for (const operation of operations) {
				assert.ok(text.includes(`\n### ${operation.operationId}\n`), operation.operationId);
				for (const { source } of operation['x-codeSamples'])
					assert.ok(text.includes(`\n${source}\n\`\`\``), operation.operationId);
			}
			for (const row of text.split('\n').filter((line) => /^\| `/.test(line)))
				assert.equal(row.match(/(?<!\\)\|/g).length, 4, row);
			assert.equal(run('--out', dir, '--server', 'https://sms.example.org'), `${readdirSync(dir, { recursive: true }).filter((name) => /\.\w+$/.test(name)).length} files: ${dir}/index.html\n`);
			const pages = readdirSync(dir, { recursive: true }).filter((name) => name.endsWith('.html')), lost = [];
			assert.ok(pages.length > operations.length + 100, `${pages.length} pages`);
			for (const name of pages) {
				const html = readFileSync(join(dir, name), 'utf8');
				assert.equal(nesting(html), undefined, name);
				for (const [, href] of html.matchAll(/<(?:a|link)\b[^>]* href="([^"]*)"/g)) {
					if (/^https?:/.test(href))
						continue;
					const [to, anchor] = unescape(href).split('#'), file = to ? join(dir, dirname(name), to) : join(dir, name);
					if (!existsSync(file) || (anchor && !readFileSync(file, 'utf8').includes(` id="${anchor}"`)))
						lost.push(`${name} -> ${href}`);
				}
			}
			assert.deepEqual(lost, []);
			assert.ok(readFileSync(join(dir, 'reference/CreateMessage.html'), 'utf8').includes('https://sms.example.org/2010-04-01/'));
			assert.throws(() => execFileSync(binary, ['reference', '--out', join(dir, 'index.html', 'x')], { stdio: 'pipe' }), /cannot be written/);
		} finally {
			rmSync(dir, { recursive: true });
		}
	});

	it('needs no credentials, and answers HEAD', async () => {
		const head = await fetch(`${server.url}/docs/webhooks`, { method: 'HEAD' });
		assert.equal(head.status, 200);
		assert.equal((await head.text()).length, 0);
		assert.equal((await fetch(`${server.url}/docs`, { method: 'POST' })).status, 404);
	});
});
