// How soon the console's live log shows a message: from the 201 to the row in the page, in Chromium, one message after the other.
//   node bench/console-live.mjs [MESSAGES]       STROWGER names the binary
import { withServer } from '../tests/api/lib/server.mjs';
import { launch, liveTimes, signIn, withPage } from '../tests/browser/lib.mjs';

const messages = Number(process.argv[2] ?? 100), browser = await launch();
await withServer({}, (server) => withPage(browser, { baseURL: server.url, viewport: { width: 1280, height: 900 } }, async (page) => {
	await page.goto('/console/log?kinds=message');
	await signIn(page, server.sid, server.token);
	await page.locator('.feed.live').waitFor();
	const took = await liveTimes(page, server, messages);
	console.log(`console: a message is in the live log p50 ${took[Math.floor(messages * 0.5)]} ms, p99 ${took[Math.floor(messages * 0.99)]} ms after its 201 (${messages} messages, headless Chromium on the same machine)`);
})).finally(() => browser.close());
