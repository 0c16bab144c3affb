// /docs as a browser shows it: every kind of page, light and dark, narrow and wide; no error, no barrier (axe), no sideways
// scrolling; and it needs no JavaScript.  Screenshots are kept in build/screenshots.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Server } from '../api/lib/server.mjs';
import { launch, look, withPage } from './lib.mjs';

const PAGES = { guides: '/docs', guide: '/docs/webhooks', tables: '/docs/event-types', reference: '/docs/reference', operation: '/docs/reference/CreateMessage',
	errors: '/docs/errors', error: '/docs/errors/21211', search: '/docs/search?q=idempotency', leaving: '/docs/deprecations', config: '/docs/carriers/json-gateway.conf' };

describe('the documentation in a browser', () => {
	let server, browser;
	before(async () => {
		server = await Server.start();
		browser = await launch();
	});
	after(async () => {
		await browser?.close();
		await server.stop();
	});

	const open = (options, work) => withPage(browser, { baseURL: server.url, ...options }, work);

	for (const [name, path] of Object.entries(PAGES))
		for (const colorScheme of ['light', 'dark'])
			for (const width of [360, 1280])
				it(`${name}, ${colorScheme}, ${width} px`, () => open({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true }, async (page) => {
					assert.equal((await page.goto(path)).status(), 200);
					await look(page, `docs-${name}-${colorScheme}-${width}`);
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
