// The life of messages through the official SDK, on both roads to the server.
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, it, before, after } from 'node:test';
import { Server, until, listen, withServer } from './lib/server.mjs';
import { roads } from './lib/sdk.mjs';

const FROM = '+15005550006';
const TO = '+15005550010';

for (const [road, connect] of Object.entries(roads))
	describe(`messages ${road}`, () => {
		let server, client;
		before(async () => {
			server = await Server.start();
			client = connect(server);
		});
		after(() => server.stop());

		const delivered = (sid) => until(async () => {
			const message = await client.messages(sid).fetch();
			return message.status === 'delivered' && message;
		}, `${sid} delivered`);

		it('is created, sent and delivered', async () => {
			const created = await client.messages.create({ to: TO, from: FROM, body: 'Grüße vom Amt' });
			assert.match(created.sid, /^SM[0-9a-f]{32}$/);
			assert.equal(created.status, 'queued');
			assert.equal(created.direction, 'outbound-api');
			assert.equal(created.to, TO);
			assert.equal(created.from, FROM);
			assert.equal(created.body, 'Grüße vom Amt');
			assert.equal(created.numSegments, '1');
			assert.equal(created.numMedia, '0');
			assert.equal(created.price, null);
			assert.equal(created.dateSent, null);
			assert.equal(created.accountSid, server.sid);
			assert.ok(Math.abs(created.dateCreated - Date.now()) < 60000);
			assert.equal(created.uri, `/2010-04-01/Accounts/${server.sid}/Messages/${created.sid}.json`);
			const done = await delivered(created.sid);
			assert.equal(done.errorCode, null);
			assert.equal(done.price, '-0.00750');
			assert.equal(done.priceUnit, 'USD');
			assert.ok(done.dateSent >= created.dateCreated);
		});

		it('counts segments', async () => {
			const text = 'x'.repeat(161);
			assert.equal((await client.messages.create({ to: TO, from: FROM, body: text })).numSegments, '2');
			assert.equal((await client.messages.create({ to: TO, from: FROM, body: 'ы'.repeat(71) })).numSegments, '2');
			const smart = await client.messages.create({ to: TO, from: FROM, body: '“quoted” – well…', smartEncoded: true });
			assert.equal(smart.numSegments, '1');
		});

		it('lists 60 messages over pages, newest first, and stops at a limit', async () => {
			const fresh = await Server.start();
			try {
				const other = connect(fresh);
				const sids = [];
				for (let i = 0; i < 60; i++)
					sids.push((await other.messages.create({ to: TO, from: FROM, body: `number ${i}` })).sid);
				const pages = [];
				for (let page = await other.messages.page({ pageSize: 20 }); page; page = await page.nextPage())
					pages.push(page);
				assert.deepEqual(pages.map((p) => p.instances.length), [20, 20, 20]);
				const newest = [...sids].reverse();
				assert.deepEqual(pages.flatMap((p) => p.instances.map((m) => m.sid)), newest);
				const back = await pages[2].previousPage();
				assert.deepEqual(back.instances.map((m) => m.sid), newest.slice(20, 40));
				assert.deepEqual((await other.messages.list({ pageSize: 7 })).map((m) => m.sid), newest);
				assert.deepEqual((await other.messages.list({ limit: 33, pageSize: 10 })).map((m) => m.sid), newest.slice(0, 33));
				assert.equal((await other.messages.list()).length, 60);
			} finally {
				await fresh.stop();
			}
		});

		it('filters by To, From and DateSent', async () => {
			const { sid } = await client.messages.create({ to: '+15005550011', from: TO, body: 'filtered' });
			const sent = await delivered(sid);
			const sids = async (options) => (await client.messages.list(options)).map((m) => m.sid);
			assert.deepEqual(await sids({ to: '+15005550011' }), [sid]);
			assert.deepEqual(await sids({ to: '+15005550011', from: TO }), [sid]);
			assert.deepEqual(await sids({ to: '+15005550011', from: FROM }), []);
			assert.deepEqual(await sids({ to: '+15005550012' }), []);
			const day = 86400000;
			const at = (shift) => new Date(sent.dateSent.getTime() + shift);
			const of = (options) => sids({ to: '+15005550011', ...options });
			assert.deepEqual(await of({ dateSentAfter: at(-2 * day) }), [sid]);
			assert.deepEqual(await of({ dateSentAfter: at(day) }), []);
			assert.deepEqual(await of({ dateSentBefore: at(2 * day) }), [sid]);
			assert.deepEqual(await of({ dateSentBefore: at(-day) }), []);
			const list = async (query) =>
				(await server.account('GET', `Messages?To=%2B15005550011&${query}`)).json.messages.map((m) => m.sid);
			const today = sent.dateSent.toISOString().slice(0, 10);
			assert.deepEqual(await list(`DateSent=${today}`), [sid]);
			assert.deepEqual(await list(`DateSent%3C=${today}`), [sid]);
			assert.deepEqual(await list(`DateSent%3E=${today}`), [sid]);
			assert.deepEqual(await list('DateSent=2001-01-01'), []);
			assert.deepEqual(await list(`DateSent%3E=${at(-day).toISOString()}&DateSent%3C=${at(day).toISOString()}`), [sid]);
		});

		it('redacts', async () => {
			const { sid } = await client.messages.create({ to: TO, from: FROM, body: 'secret' });
			await delivered(sid);
			assert.equal((await client.messages(sid).update({ body: '' })).body, '');
			assert.equal((await client.messages(sid).fetch()).body, '');
			await assert.rejects(client.messages(sid).update({ body: 'other' }), { status: 400, code: 20001 });
		});

		it('cancels what is scheduled, and only that', async () => {
			const send_at = new Date(Date.now() + 3600000).toISOString();
			const made = await server.call('POST', '/v1/messages', { json: { to: TO, from: FROM, body: 'later', send_at } });
			assert.equal(made.status, 201);
			assert.equal(made.json.status, 'scheduled');
			const canceled = await client.messages(made.json.sid).update({ status: 'canceled' });
			assert.equal(canceled.status, 'canceled');
			await assert.rejects(client.messages(made.json.sid).update({ status: 'canceled' }), { status: 400 });
			const { sid } = await client.messages.create({ to: TO, from: FROM, body: 'now' });
			await delivered(sid);
			await assert.rejects(client.messages(sid).update({ status: 'canceled' }), { status: 400 });
		});

		it('deletes', async () => {
			const { sid } = await client.messages.create({ to: TO, from: FROM, body: 'gone' });
			await delivered(sid);
			assert.equal(await client.messages(sid).remove(), true);
			await assert.rejects(client.messages(sid).fetch(), { status: 404, code: 20404 });
			await assert.rejects(client.messages(sid).remove(), { status: 404, code: 20404 });
		});

		it('takes feedback', async () => {
			const { sid } = await client.messages.create({ to: TO, from: FROM, body: 'rate me', provideFeedback: true });
			const feedback = await client.messages(sid).feedback.create({ outcome: 'unconfirmed' });
			assert.equal(feedback.messageSid, sid);
			assert.equal(feedback.outcome, 'unconfirmed');
			assert.equal((await client.messages(sid).feedback.create()).outcome, 'confirmed');
		});

		it('answers errors as the SDK expects them', async () => {
			const nobody = 'SM00000000000000000000000000000000';
			await assert.rejects(client.messages(nobody).fetch(), (error) => {
				assert.equal(error.status, 404);
				assert.equal(error.code, 20404);
				assert.ok(error.moreInfo);
				assert.match(error.message, new RegExp(nobody));
				return true;
			});
			await assert.rejects(client.messages.create({ to: TO, from: FROM }), { status: 400, code: 21602 });
			const stranger = connect(server, server.sid, 'f'.repeat(32));
			await assert.rejects(stranger.messages.list(), { status: 401, code: 20003 });
		});
	});

describe('media', () => {
	let server, client, web;
	const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
	const files = {
		'/a.png': ['image/png', png],
		'/b.jpg': ['image/jpeg', Buffer.alloc(4000000)],
		'/large.jpg': ['image/jpeg', Buffer.alloc(5000001)],
		'/page.html': ['text/html', Buffer.from('<p>')],
	};
	before(async () => {
		web = await listen((request, response) => {
			const file = files[request.url];
			response.writeHead(file ? 200 : 404, { 'Content-Type': file?.[0] ?? 'text/plain' });
			response.end(file?.[1] ?? 'no');
		});
		server = await Server.start({ args: ['--allow-private', 'true'] });
		client = roads['by prefix'](server);
	});
	after(async () => {
		await server.stop();
		await web.close();
	});

	it('is fetched from MediaUrl, listed, fetched and deleted', async () => {
		const message = await client.messages.create({ to: TO, from: FROM, body: 'look', mediaUrl: [`${web.url}/a.png`, `${web.url}/b.jpg`] });
		assert.match(message.sid, /^MM/);
		assert.equal(message.numMedia, '2');
		await until(async () => (await client.messages(message.sid).fetch()).status === 'delivered', 'delivered');
		const list = await until(async () => {
			const media = await client.messages(message.sid).media.list();
			return media.length === 2 && media;
		}, 'two media');
		assert.deepEqual(list.map((m) => m.contentType).sort(), ['image/jpeg', 'image/png']);
		const one = await client.messages(message.sid).media(list[0].sid).fetch();
		assert.equal(one.parentSid, message.sid);
		assert.match(one.sid, /^ME[0-9a-f]{32}$/);
		assert.equal(await client.messages(message.sid).media(one.sid).remove(), true);
		await assert.rejects(client.messages(message.sid).media(one.sid).fetch(), { status: 404, code: 20404 });
		assert.equal((await client.messages(message.sid).media.list()).length, 1);
	});

	for (const [path, code] of [['/missing.png', 11200], ['/large.jpg', 11751], ['/page.html', 12300]])
		it(`refuses ${path} with ${code}`, async () => {
			const outcome = await client.messages.create({ to: TO, from: FROM, mediaUrl: [web.url + path] }).catch((error) => error);
			if (outcome instanceof Error) {
				assert.equal(outcome.status, 400);
				assert.equal(outcome.code, code);
				return;
			}
			const failed = await until(async () => {
				const message = await client.messages(outcome.sid).fetch();
				return message.status === 'failed' && message;
			}, 'failed');
			assert.equal(failed.errorCode, code);
		});
});

describe('private addresses', () => {
	it('are not fetched by default', async (t) => {
		const own = Object.values(networkInterfaces()).flat().find((i) => i.family === 'IPv4' && /^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(i.address));
		if (!own)
			return t.skip('this machine has no private IPv4 address');
		let asked = 0;
		const web = await listen((request, response) => { asked++; response.end(); }, '0.0.0.0');
		await withServer({}, async (server) => {
			const client = roads['by prefix'](server);
			const url = `${web.url.replace('0.0.0.0', own.address)}/a.png`;
			const { sid } = await client.messages.create({ to: TO, from: FROM, mediaUrl: [url] });
			const failed = await until(async () => {
				const message = await client.messages(sid).fetch();
				return message.status === 'failed' && message;
			}, 'failed');
			assert.equal(failed.errorCode, 11200);
			assert.equal(asked, 0);
		});
		await web.close();
	});
});
