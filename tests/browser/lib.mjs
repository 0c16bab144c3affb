// Debian's Chromium for the tests of this folder, and what every page must keep: no error, no barrier (axe), no sideways scrolling.
// Screenshots are kept in build/screenshots.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root, until } from '../api/lib/server.mjs';

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

/** The lines of the live log that are in the page. */
export const rows = (page) => page.locator('[data-log] [role=option]');

/** Signs in to the console with what stands in the page now. */
export async function signIn(page, user, secret) {
	await page.getByLabel('Account SID or API key SID').fill(user);
	await page.getByLabel('Auth token or key secret').fill(secret);
	await page.getByRole('button', { name: 'Sign in' }).click();
}

/**
 * How many ms after its 201 the live log shows a message: one after the other, sorted. Both clocks are this machine's; a row
 * counts when the frame that has it is drawn.
 */
export async function liveTimes(page, server, messages) {
	const took = [];
	await page.evaluate(() => {
		window.seen = new Map();
		new MutationObserver(() => requestAnimationFrame(() => {
			for (const row of document.querySelectorAll('[data-log] [role=option]'))
				if (!window.seen.has(row.id))
					window.seen.set(row.id, Date.now());
		})).observe(document.querySelector('main'), { subtree: true, childList: true });
	});
	for (let i = 0; i < messages; i++) {
		const { sid } = (await server.account('POST', 'Messages', { form: { From: '+15005550006', To: '+15005550010', Body: `timed ${i}` } })).json, accepted = Date.now();
		const [event] = (await server.call('GET', `/v1/events?sid=${sid}`)).json.data;
		took.push(await until(() => page.evaluate((id) => window.seen.get(id), `row-${event.id}`), 'the row') - accepted);
	}
	return took.sort((a, b) => a - b);
}
