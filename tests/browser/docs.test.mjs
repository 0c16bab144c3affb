// /docs as a browser shows it: every kind of page, light and dark, narrow and wide; no error, no barrier (axe), no sideways
// scrolling; and it needs no JavaScript.  Screenshots are kept in build/screenshots.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { root, Server } from '../api/lib/server.mjs';

const require = createRequire(`${root}/tests/package.json`);
const { chromium } = require('playwright-core');
const { AxeBuilder } = require('@axe-core/playwright');
const PAGES = { guides: '/docs', guide: '/docs/webhooks', tables: '/docs/event-types', reference: '/docs/reference', operation: '/docs/reference/CreateMessage',
	errors: '/docs/errors', error: '/docs/errors/21211', search: '/docs/search?q=idempotency', leaving: '/docs/deprecations', config: '/docs/carriers/json-gateway.conf' };
const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const kept = join(root, 'build/screenshots');

describe('the documentation in a browser', () => {
	let server, browser, profile;
	before(async () => {
		mkdirSync(kept, { recursive: true });
		profile = mkdtempSync(join(tmpdir(), 'strowger-browser-'));
		server = await Server.start();
		browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
	});
	after(async () => {
		await browser?.close();
		await server.stop();
		rmSync(profile, { recursive: true, force: true });
	});

	const open = async (options, work) => {
		const context = await browser.newContext({ baseURL: server.url, ...options }), page = await context.newPage(), errors = [];
		page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
		page.on('pageerror', (error) => errors.push(String(error)));
		try {
			await work(page);
			assert.deepEqual(errors, []);
		} finally {
			await context.close();
		}
	};

	for (const [name, path] of Object.entries(PAGES))
		for (const colorScheme of ['light', 'dark'])
			for (const width of [360, 1280])
				it(`${name}, ${colorScheme}, ${width} px`, () => open({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true }, async (page) => {
					assert.equal((await page.goto(path)).status(), 200);
					const { violations } = await new AxeBuilder({ page }).analyze();
					assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`), []);
					assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it scrolls sideways');
					await page.screenshot({ path: join(kept, `docs-${name}-${colorScheme}-${width}.png`) });
				}));

	it('shows an example in the language that is chosen by keyboard, without JavaScript', () => open({ javaScriptEnabled: false }, async (page) => {
		await page.goto('/docs/reference/CreateMessage');
		const code = page.locator('.samples pre:visible');
		assert.match(await code.textContent(), /^curl /);
		await page.getByRole('radio', { name: 'curl' }).focus();
		for (const begin of [/^import twilio/, /^import os/, /^\/\/ strowger run/]) {
			await page.keyboard.press('ArrowRight');
			assert.equal(await code.count(), 1);
			assert.match(await code.textContent(), begin);
		}
	}));

	it('is searched and read without JavaScript, by keyboard', () => open({ javaScriptEnabled: false }, async (page) => {
		await page.goto('/docs');
		await page.keyboard.press('Tab');
		assert.equal(await page.locator(':focus').textContent(), 'Skip to the text');
		await page.getByRole('searchbox').fill('21211');
		await page.keyboard.press('Enter');
		await page.getByRole('link', { name: /^Error 21211/ }).click();
		await page.waitForURL('**/docs/errors/21211');
		assert.match(await page.locator('main').textContent(), /What to do: Write the number as \+/);
	}));
});
