// Debian's Chromium for the tests of this folder, and what every page must keep: no error, no barrier (axe), no sideways scrolling.
// Screenshots are kept in build/screenshots.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../api/lib/server.mjs';

const require = createRequire(`${root}/tests/package.json`);
const { chromium } = require('playwright-core');
const { AxeBuilder } = require('@axe-core/playwright');
const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const kept = join(root, 'build/screenshots');

export const launch = () => {
	mkdirSync(kept, { recursive: true });
	return chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
};

/** Opens a page, works with it, and fails on whatever it complained of; expected: what it may complain of. */
export async function withPage(browser, options, work, expected = /^$/) {
	const context = await browser.newContext(options), page = await context.newPage(), errors = [];
	page.on('console', (message) => message.type() === 'error' && errors.push(`${message.text()} ${message.location().url}`));
	page.on('pageerror', (error) => errors.push(String(error)));
	try {
		await work(page, context);
		assert.deepEqual(errors.filter((error) => !expected.test(error)), []);
	} finally {
		await context.close();
	}
}

/** What is seen now: without barriers, no wider than the window, and kept as NAME.png. */
export async function look(page, name) {
	const { violations } = await new AxeBuilder({ page }).analyze();
	assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`), []);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it scrolls sideways');
	await page.screenshot({ path: join(kept, `${name}.png`) });
}
