// The console beside a server that begins, and one that is killed and comes back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listen, Server, until } from '../api/lib/server.mjs';
import { launch, look, rows, signIn, withPage } from './lib.mjs';

describe('an account that has done nothing yet', () => {
	const FIRST = { overview: ['/console', 'Send the first message'], messages: ['/console/messages', 'No messages yet'], webhooks: ['/console/webhooks', 'No webhooks yet'],
		errors: ['/console/errors', 'Nothing went wrong'], keys: ['/console/keys', 'No key yet'], phone: ['/console/phone', 'No message has reached'], log: ['/console/log?kinds=message', 'No line fits the filter'] };

	it('is told on every page what to do first; a restricted key is told what it may not', async () => {
		const server = await Server.start(), browser = await launch();
		try {
			for (const [colorScheme, width] of [['light', 1280], ['dark', 360]])
				await withPage(browser, { baseURL: server.url, colorScheme, viewport: { width, height: 900 }, bypassCSP: true }, async (page) => {
					await page.goto('/console');
					await signIn(page, server.sid, server.token);
					for (const [name, [path, text]] of Object.entries(FIRST)) {
						await page.getByRole('link', { name: 'Strowger' }).waitFor();
						await page.goto(path);
						await page.getByText(text).waitFor();
						await look(page, `console-first-${name}-${colorScheme}-${width}`);
					}
				});
			const key = await server.call('POST', '/iam/v1/Keys', { form: { AccountSid: server.sid, KeyType: 'restricted', Policy: '{"allow":["/twilio/messaging/messages/list"]}' } });
			await withPage(browser, { baseURL: server.url, bypassCSP: true }, async (page) => {
				await page.goto('/console/webhooks');
				await signIn(page, key.json.sid, key.json.secret);
				await page.getByRole('alert').getByText('70051').nth(2).waitFor();
				assert.equal(await page.getByText(/Nothing was given up|None yet/).count(), 0);
				await look(page, 'console-restricted');
				await page.goto('/console/messages');
				await page.getByText('No messages yet').waitFor();
			}, /401/);
		} finally {
			await browser.close();
			await server.stop();
		}
	});
});

describe('a server that restarts under the console', () => {
	it('is followed again from where it was: no line missing, none twice', async () => {
		const port = await new Promise((done) => listen(() => {}).then(async (web) => {
			const { port: free } = new URL(web.url);
			await web.close();
			done(free);
		}));
		const server = await Server.start({ listen: `127.0.0.1:${port}` }), browser = await launch();
		const send = async (body) => (await server.account('POST', 'Messages', { form: { From: '+15005550006', To: '+15005550010', Body: body } })).json.sid;
		try {
			await withPage(browser, { baseURL: server.url, viewport: { width: 1280, height: 900 } }, async (page) => {
				await page.goto('/console/log?kinds=message');
				await signIn(page, server.sid, server.token);
				await page.locator('.feed.live').waitFor();
				const sids = [await send('before')];
				await rows(page).filter({ hasText: 'delivered' }).first().waitFor();
				await server.kill();
				await page.locator('.feed.reconnecting').waitFor();
				/* A page opened meanwhile says so, and has its data when the server is back. */
				await page.evaluate(() => document.querySelector('a[href="/console/numbers"]').click());
				await page.getByRole('alert').getByText('cannot be reached').waitFor();
				await server.restart();
				sids.push(await send('while it was away'));
				await page.locator('.feed.live').waitFor();
				await page.getByRole('heading', { name: '+15005550006' }).waitFor();
				assert.equal(await page.getByRole('alert').count(), 0);
				await page.evaluate(() => document.querySelector('a[href="/console/log"]').click());
				await page.getByRole('button', { name: 'Requests', exact: true }).click();
				await page.getByRole('button', { name: 'Webhooks', exact: true }).click();
				await page.getByRole('button', { name: 'Events', exact: true }).click();
				sids.push(await send('after'));
				const wanted = [];
				for (const sid of sids)
					wanted.push(...(await until(async () => {
						const { data } = (await server.call('GET', `/v1/events?sid=${sid}`)).json;
						return data.some((event) => event.type === 'message.delivered') && data;
					}, 'delivered')).map((event) => `row-${event.id}`));
				const seen = () => rows(page).evaluateAll((all) => all.map((row) => row.id));
				await until(async () => (await seen()).length >= wanted.length, 'all lines');
				assert.deepEqual((await seen()).sort(), wanted.sort());
			}, /ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED|503/);
		} finally {
			await browser.close();
			await server.stop();
		}
	});
});
