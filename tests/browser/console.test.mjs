// /console as a developer uses it, in Chromium: every route light and dark, narrow and wide; signing in and out; the live log,
// the explorer, the phone, webhooks; a server that restarts, 100,000 lines, markup in a message.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { listen, Server, until } from '../api/lib/server.mjs';
import { launch, liveTimes, look, rows, signIn as signInAs, withPage } from './lib.mjs';

const MARKUP = '<img src=x onerror="document.title=\'run\'"><script>document.title="run"</script> & "quotes"';
const FIRST_LOAD_BYTES = 150 * 1024;

describe('the console in a browser', () => {
	let server, browser, hook, endpoint, attempt, sent, calls = 0;
	before(async () => {
		server = await Server.start({ args: ['--carrier', 'sim=sim:?receipt_ms=20'] });
		hook = await listen((request, response) => {
			request.resume();
			calls++;
			response.statusCode = request.url === '/bad' ? 500 : 200;
			response.end('ok');
		});
		for (let i = 0; i < 12; i++)
			sent = (await server.account('POST', 'Messages', { form: { From: '+15005550006', To: ['+15005550010', '+14155550100', '+15005550025'][i % 3], Body: `Your code is ${i}`, StatusCallback: `${hook.url}/${i % 4 ? 'ok' : 'bad'}` } })).json.sid;
		await server.account('POST', 'Messages', { form: { From: '+15005550006', To: '+1500', Body: 'x' } });
		await server.account('POST', 'Keys', { form: { FriendlyName: 'backend' } });
		attempt = (await until(async () => (await server.call('GET', '/v1/webhooks/attempts')).json.data.find((a) => a.result === 'delivered'), 'an attempt')).id;
		endpoint = (await server.call('GET', '/v1/webhooks/endpoints')).json.data[0].id;
		browser = await launch();
	});
	after(async () => {
		await browser?.close();
		await hook?.close();
		await server.stop();
	});

	const signIn = (page, user = server.sid, secret = server.token) => signInAs(page, user, secret);
	const signedIn = (options, work, expected) => withPage(browser, { baseURL: server.url, viewport: { width: 1280, height: 900 }, ...options }, async (page, context) => {
		await page.goto('/console');
		await signIn(page);
		await page.getByRole('heading', { name: 'Overview' }).waitFor();
		await work(page, context);
	}, expected);
	const settled = async (page) => {
		await page.locator('main h1').waitFor();
		await page.waitForLoadState('networkidle').catch(() => {});
	};
	const pages = () => ({ overview: '/console', log: '/console/log', messages: '/console/messages', message: `/console/messages/${sent}`, webhooks: '/console/webhooks', endpoint: `/console/webhooks/${endpoint}`,
		attempt: `/console/attempts/${attempt}`, errors: '/console/errors', error: '/console/errors/21211', phone: '/console/phone', explorer: '/console/explorer', operation: '/console/explorer/SendMessage',
		numbers: '/console/numbers', keys: '/console/keys', limits: '/console/limits', usage: '/console/usage', nothing: '/console/no/such/page' });
	/* What must be there before a route is looked at: its data, not only its frame. */
	const READY = { overview: '.tile + .tile', log: '[role=option]', messages: 'td', message: '.steps', webhooks: 'td', endpoint: '.plot canvas', attempt: '.facts', errors: '.bars', error: '.explained', phone: '.bubble', explorer: '.operations a', operation: '.operation',
		numbers: '.field', keys: 'td', limits: '.meter', usage: '.plot canvas', nothing: 'h1' };

	for (const colorScheme of ['light', 'dark'])
		for (const width of [360, 1280]) {
			it(`signing in, ${colorScheme}, ${width} px`, () => withPage(browser, { baseURL: server.url, colorScheme, viewport: { width, height: 900 }, bypassCSP: true }, async (page) => {
				await page.goto('/console/usage');
				await page.getByRole('button', { name: 'Sign in' }).waitFor();
				await look(page, `console-signin-${colorScheme}-${width}`);
			}));
			it(`every route, ${colorScheme}, ${width} px`, () => signedIn({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true }, async (page) => {
				for (const [name, path] of Object.entries(pages())) {
					await page.goto(path);
					await page.locator(`main ${READY[name]}`).first().waitFor();
					await look(page, `console-${name}-${colorScheme}-${width}`);
				}
			}));
			it(`a line of the log opened, charts as tables, the keys, ${colorScheme}, ${width} px`, () => signedIn({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true }, async (page) => {
				await page.goto('/console/log?kinds=webhook');
				await rows(page).first().click();
				await page.getByRole('heading', { name: /POST http/ }).waitFor();
				await page.locator('.detail .code').first().waitFor();
				await look(page, `console-detail-${colorScheme}-${width}`);
				await page.goto('/console/usage');
				await page.locator('.plot canvas').nth(1).waitFor();
				for (const title of ['Segments sent, by day', 'Spent, by day']) {
					await page.locator('figure', { hasText: title }).getByRole('button', { name: 'View as table' }).click();
					await page.getByRole('table', { name: title }).getByRole('row').nth(30).waitFor();
				}
				await look(page, `console-tables-${colorScheme}-${width}`);
				await page.locator('body').press('?');
				await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
				await look(page, `console-keys-help-${colorScheme}-${width}`);
			}));
		}

	it('loads little, compressed, from this server alone, and is not asked for twice', () => withPage(browser, { baseURL: server.url }, async (page) => {
		const replies = [];
		page.on('response', (response) => replies.push(response));
		await page.goto('/console');
		await signIn(page);
		await page.locator('.plot canvas').first().waitFor();
		let bytes = 0;
		for (const response of replies) {
			assert.ok(response.url().startsWith(server.url), response.url());
			if (!/\/console\b/.test(new URL(response.url()).pathname))
				continue;
			assert.match(response.headers()['content-encoding'], /^(br|gzip)$/, response.url());
			assert.match(response.headers()['content-security-policy'], /default-src 'self'.*require-trusted-types-for 'script'/);
			bytes += Number(response.headers()['content-length']);
		}
		assert.ok(bytes > 20000 && bytes < FIRST_LOAD_BYTES, `${bytes} bytes for the first page with a chart`);
		console.log(`# first load with a chart: ${(bytes / 1024).toFixed(1)} kB`);
	}));

	it('says what is wrong with a sign-in, and keeps no secret', () => withPage(browser, { baseURL: server.url }, async (page) => {
		await page.goto(`/console/messages/${sent}`);
		await signIn(page, 'me', 'x');
		await page.getByText('A SID has two letters').waitFor();
		await signIn(page, server.sid, 'wrong');
		await page.getByRole('alert').getByText('do not belong together').waitFor();
		await signIn(page, server.sid, server.token);
		await page.getByRole('heading', { name: 'Message' }).waitFor();
		const stored = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie]));
		assert.ok(!stored.includes(server.token), 'the auth token is kept');
	}, /401/));

	it('comes back to the same page when a session has ended', () => signedIn({}, async (page) => {
		await page.evaluate(() => sessionStorage.setItem('strowger.session', JSON.stringify({ ...JSON.parse(sessionStorage.getItem('strowger.session')), token: 'no.longer.good' })));
		await page.goto('/console/keys');
		await page.getByText('Your session has ended').waitFor();
		await signIn(page);
		await page.getByRole('heading', { name: 'API keys' }).waitFor();
		await page.getByRole('cell', { name: 'backend' }).first().waitFor();
		await page.getByRole('button', { name: 'Sign out' }).click();
		await page.getByRole('button', { name: 'Sign in' }).waitFor();
		assert.equal(await page.evaluate(() => sessionStorage.getItem('strowger.session')), null);
	}, /401/));

	it('serves a key too, and says what it may not', async () => {
		const key = (await server.account('POST', 'Keys', { form: { FriendlyName: 'of the console' } })).json;
		await withPage(browser, { baseURL: server.url }, async (page) => {
			await page.goto('/console/keys');
			await signIn(page, key.sid, key.secret);
			await page.getByText('You signed in by a key').waitFor();
			await page.getByLabel('Name').fill('another');
			await page.getByRole('button', { name: 'Create' }).click();
			await page.getByRole('alert').getByText('20006').first().waitFor();
		}, /40[13]/);
	});

	it('sends from the explorer; the log and the phone show it', () => signedIn({}, async (page, context) => {
		const log = await context.newPage(), phone = await context.newPage(), session = await page.evaluate(() => sessionStorage.getItem('strowger.session'));
		for (const other of [log, phone])
			await other.addInitScript((value) => sessionStorage.setItem('strowger.session', value), session);
		await log.goto('/console/log?kinds=message');
		await phone.goto('/console/phone?number=%2B14155550177');
		await phone.getByText('No message has reached +14155550177').waitFor();
		await log.locator('.feed.live').waitFor();
		await page.bringToFront();
		await page.goto('/console/explorer/SendMessage');
		await page.getByLabel('to required').fill('');
		await page.getByRole('button', { name: 'Send', exact: true }).click();
		await page.getByText('to is required.').waitFor();
		await page.getByLabel('to required').fill('+14155550177');
		await page.getByLabel('body', { exact: true }).fill('from the explorer');
		for (const [language, words] of [['Node', "to: '+14155550177'"], ['Python', '"to": "+14155550177"'], ['Go', 'http.NewRequest'], ['curl', '"body":"from the explorer"']]) {
			await page.getByRole('button', { name: language, exact: true }).click();
			await page.locator('.operation-code pre', { hasText: words }).first().waitFor();
		}
		await page.getByRole('button', { name: 'Send', exact: true }).click();
		await page.getByText('"status": "queued"').waitFor();
		await rows(log).filter({ hasText: 'from the explorer' }).filter({ hasText: 'delivered' }).waitFor();
		await phone.locator('.bubble', { hasText: 'from the explorer' }).getByText('arrived').waitFor();
		await phone.bringToFront();
		await phone.getByLabel('Text', { exact: true }).fill('and back');
		await phone.getByLabel('Text', { exact: true }).press('Enter');
		await phone.locator('.bubble.mine', { hasText: 'and back' }).waitFor();
		await rows(log).filter({ hasText: 'and back' }).filter({ hasText: 'received' }).waitFor();
		await page.bringToFront();
		/* Refused by the API: told with its code, which leads to the explanation. */
		await page.getByLabel('to required').fill('+15005550004');
		await page.getByRole('button', { name: 'Send', exact: true }).click();
		await page.getByRole('alert').getByRole('link', { name: '21610' }).click();
		await page.getByText('What to do').waitFor();
		/* The request of the user is in the log; what the console reads is not. */
		await log.goto('/console/log?kinds=request&q=/v1/messages');
		await rows(log).filter({ hasText: 'POST /v1/messages' }).first().waitFor();
		assert.equal(await rows(log).filter({ hasText: 'GET /v1/messages' }).count(), 0);
	}, /400/));

	it('shows a message in the live log soon after it was accepted', () => signedIn({}, async (page) => {
		await page.goto('/console/log?kinds=message');
		await page.locator('.feed.live').waitFor();
		const took = await liveTimes(page, server, 10), median = took[5];
		console.log(`# a message is in the live log ${median} ms after its 201 (median of ten, most ${took[9]})`);
		assert.ok(median <= 200, `${took}`);
	}));

	it('shows markup as text, on every page that shows a body', () => signedIn({}, async (page) => {
		const { sid } = (await server.account('POST', 'Messages', { form: { From: '+15005550006', To: '+14155550188', Body: MARKUP, StatusCallback: `${hook.url}/ok?a=<b>` } })).json;
		await page.goto(`/console/messages/${sid}`);
		await page.locator('[data-body]').waitFor();
		assert.equal(await page.locator('[data-body]').textContent(), MARKUP);
		await page.goto('/console/phone?number=%2B14155550188');
		await page.locator('.bubble p').first().waitFor();
		assert.equal(await page.locator('.bubble p').first().textContent(), MARKUP);
		await page.goto('/console/log?q=%3Cimg');
		await rows(page).first().click();
		await page.locator('.detail .code').first().waitFor();
		await page.goto('/console/messages');
		await page.getByText('<img src=x').first().waitFor();
		assert.equal(await page.locator('main img, main script').count(), 0);
		assert.notEqual(await page.title(), 'run');
	}));

	it('explains an alert in the log, and opens the phone that the account wrote to last', () => signedIn({}, async (page) => {
		await server.account('POST', 'Messages', { form: { From: '+15005550006', To: '+14155550166', Body: 'to the newest phone' } });
		await page.goto('/console/phone');
		await page.locator('.bubble', { hasText: 'to the newest phone' }).waitFor();
		await page.goto('/console/log?kinds=event&q=alert.created');
		await rows(page).filter({ hasText: '21211' }).first().click();
		await page.locator('.detail').getByText('What to do').waitFor();
	}));

	it('sends a webhook again with one click', () => signedIn({}, async (page) => {
		await page.goto('/console/log?kinds=webhook&status=200');
		await rows(page).first().click();
		const before = calls;
		await page.getByRole('button', { name: 'Send again' }).click();
		await page.getByText('On its way again').waitFor();
		await until(() => calls > before, 'the webhook');
		await page.getByText('Where the time went').waitFor();
		await page.goto('/console/webhooks');
		await page.getByLabel('URL', { exact: true }).fill(`${hook.url}/tried`);
		await page.getByRole('button', { name: 'Send an example' }).click();
		await page.getByText('Answered 200').waitFor();
	}));

	it('is used by the keyboard alone', () => signedIn({}, async (page) => {
		await page.goto('/console/messages');
		await page.locator('td').first().waitFor();
		await page.keyboard.press('Tab');
		assert.equal(await page.locator(':focus').textContent(), 'Skip to the content');
		await page.locator('body').press('j');
		const first = await page.locator(':focus').getAttribute('href');
		await page.keyboard.press('j');
		assert.notEqual(await page.locator(':focus').getAttribute('href'), first);
		await page.keyboard.press('k');
		await page.keyboard.press('Enter');
		await page.waitForURL(`**${first}`);
		await page.locator('main h1:focus').waitFor();
		await page.keyboard.press('g');
		await page.keyboard.press('l');
		await page.waitForURL('**/console/log');
		await rows(page).first().waitFor();
		await page.keyboard.press('/');
		await page.keyboard.type('delivered');
		await page.waitForURL('**q=delivered');
		await page.keyboard.press('Escape');
		await page.keyboard.press('j');
		await page.keyboard.press('j');
		await page.keyboard.press('Enter');
		await page.locator('.detail h2:focus').waitFor();
		await page.keyboard.press('Escape');
		await page.locator('.detail').waitFor({ state: 'detached' });
		await page.locator('[data-log]:focus').waitFor();
		await page.keyboard.press(' ');
		await page.getByRole('button', { name: /^Resume/ }).waitFor();
		await server.account('POST', 'Messages', { form: { From: '+15005550006', To: '+15005550010', Body: 'held' } });
		await page.getByRole('button', { name: /^Resume \(\d+ new\)/ }).waitFor();
		assert.equal(await page.getByText('held').count(), 0);
		await page.keyboard.press(' ');
		await rows(page).filter({ hasText: 'held' }).first().waitFor();
		await page.keyboard.press('g');
		await page.keyboard.press('x');
		await page.locator('.operations a').first().waitFor();
		await page.keyboard.press('/');
		await page.keyboard.type('sendmessage');
		await page.keyboard.press('Enter');
		await page.waitForURL('**/explorer/SendMessage');
		await page.locator('.operation h2:focus').waitFor();
		await page.keyboard.press('?');
		await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
		await page.keyboard.press('Escape');
		await page.getByRole('dialog').waitFor({ state: 'detached' });
	}));

	it('makes a key and shows its secret once, changes a number, disables an endpoint', () => signedIn({}, async (page) => {
		await page.goto('/console/keys');
		await page.getByLabel('Name').fill('by hand');
		await page.getByRole('button', { name: 'Create' }).click();
		await page.getByText('Its secret is shown this once').waitFor();
		await page.getByRole('row', { name: /by hand/ }).getByRole('button', { name: 'Revoke' }).click();
		await page.getByRole('button', { name: 'Yes' }).click();
		await page.getByRole('row', { name: /by hand/ }).waitFor({ state: 'detached' });
		await page.goto('/console/numbers');
		const card = page.locator('.card', { hasText: '+15005550006' });
		await card.getByLabel('SmsUrl').fill('not a url');
		await card.getByRole('button', { name: 'Save' }).click();
		await card.getByRole('alert').waitFor();
		await card.getByLabel('SmsUrl').fill('');
		await page.goto(`/console/webhooks/${endpoint}`);
		/* A change that nobody answers is told of, and can be made again. */
		await page.route('**/v1/webhooks/endpoints/*', (route) => (route.request().method() === 'PATCH' ? route.abort() : route.continue()));
		await page.getByRole('button', { name: 'Disable' }).click();
		await page.getByRole('button', { name: 'Yes' }).click();
		await page.getByRole('alert').getByText('was not answered').waitFor();
		await page.unroute('**/v1/webhooks/endpoints/*');
		await page.getByRole('button', { name: 'Disable' }).click();
		await page.getByRole('button', { name: 'Yes' }).click();
		await page.getByRole('button', { name: 'Enable' }).click();
		await page.getByRole('button', { name: 'Disable' }).waitFor();
		assert.equal(await page.getByRole('alert').count(), 0);
	}, /400|ERR_FAILED/));

	it('holds 100,000 lines and stays quick', () => signedIn({}, async (page) => {
		/* The event log holds them; the console reads it from its beginning as it reads it always. */
		await page.route('**/v1/events/stream?last=200', (route) => route.fulfill({ status: 200, contentType: 'text/event-stream', body: Array.from({ length: 100000 }, (_, i) =>
			`id: ${i}\ndata: ${JSON.stringify({ id: `9-${i}`, type: `message.${['queued', 'sent', 'delivered'][i % 3]}`, time: new Date(1700000000000 + i).toISOString(), account_sid: server.sid, sid: `SM${String(i).padStart(32, '0')}`, data: {} })}\n\n`).join('') }));
		await page.route('**/v1/messages/SM0*', (route) => route.fulfill({ status: 404, json: { code: 20404, message: 'gone', status: 404 } }));
		await page.goto('/console/log?kinds=message');
		await page.getByText(/^10\d,\d{3}( of 10\d,\d{3})? lines$/).waitFor({ timeout: 60000 });
		const box = page.locator('[data-log]');
		assert.ok(await rows(page).count() < 100, 'only what is seen is in the page');
		/* How long a frame takes, sorted: while nothing happens, while it is scrolled from end to end; and how long a search. */
		const framesOf = (scrolls) => box.evaluate((node, scrolled) => new Promise((done) => {
			const times = [];
			let at = 0, before = performance.now();
			const step = (now) => {
				times.push(now - before);
				before = now;
				at++;
				if (scrolled)
					node.scrollTop = node.scrollHeight * at / 60;
				if (at < 60)
					requestAnimationFrame(step);
				else
					done(times.slice(1).sort((a, b) => a - b));
			};
			requestAnimationFrame(step);
		}), scrolls);
		const idle = await framesOf(false), frames = await framesOf(true);
		const search = await page.evaluate(() => new Promise((done) => {
			const field = document.querySelector('[data-search]'), from = performance.now();
			field.value = 'SM00000000000000000000000000004242 queued'.toLowerCase();
			field.dispatchEvent(new Event('input', { bubbles: true }));
			const look = () => (/^\d+ of/.test(document.querySelector('.log-head .num').textContent) && document.querySelectorAll('[role=option]').length < 60 ? done(performance.now() - from) : requestAnimationFrame(look));
			look();
		}));
		console.log(`# 100,000 lines: a frame of scrolling takes ${frames[30].toFixed(0)} ms (most ${frames.at(-1).toFixed(0)}), a search ${search.toFixed(0)} ms`);
		assert.ok(frames[30] < Math.max(50, 3 * idle[30]), `half of the frames take ${frames[30]} ms, and ${idle[30]} ms when nothing is scrolled`);
		assert.ok(search < 1000, `a search takes ${search} ms`);
	}, /40[04]|ERR_/));
});
