#!/usr/bin/env node
// Webhooks as the program sends them, to a corpus of URLs:  capture.mjs FILE  writes a JSON array, for the validators of
// the SDKs.  `url` is what the customer set, without user, password and fragment; `called` is what was asked for.
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Server, until } from '../api/lib/server.mjs';

const NUMBER = '+15005550006', PERSON = '+15005550010';
export const TEXT = ' Grüße 👋 & 100% + "it\'s" = <b>ü</b>\r\n\tżółć; ';

// What stands behind http://host:port.
const corpus = [
	'/p', '/p?b=2&a=1', '/p?a=%2F%2f%20+x', '/p?q=a%20b+c', '/p?', '/p?x', '/p?x=&y', '/p?a=1&a=2&a=1', '/p?a[]=1&b{c}=2',
	'/p;v=1/q;w?z=;', '/p//double/./dots/../x', '/ü/ß?ö=ä', '/p?q=%C3%BC%E2%82%AC', '/p?next=http://x.example/?z=1&y=2',
	"/p?it's='quoted'", '/p?pipe=a|b^c`d\\e', '/p?s=~!*()$,:@', '/%7Euser/%2e%2e/x', '/p?sig=a%3D%3D&t==', '/p#rc=2&e=dublin', '/p?x=1#rt=9000',
	'', '?x=1', '/P?UPPER=Case', '/p?bodySHA256x=1', '/p?a=1&&b=2&', '/p?a=what?',
];
const users = ['user:pass@', 'user@', 'us%40er:p%3Aw@', ''];

async function listen(requests) {
	const receiver = createServer(async (request, response) => {
		const chunks = [];
		for await (const chunk of request)
			chunks.push(chunk);
		requests.push({ method: request.method, target: Buffer.from(request.url, 'latin1').toString(), headers: request.headers,
			body: Buffer.concat(chunks).toString() });
		response.writeHead(204).end();
	});
	await new Promise((done) => receiver.listen(0, '127.0.0.1', done));
	return receiver;
}

const pairs = (text) => Object.fromEntries(new URLSearchParams(text));

async function ask(server, sid, requests, host, tail, user, method) {
	const before = requests.length, url = `http://${host}${tail}`;
	const set = await server.account('POST', `IncomingPhoneNumbers/${sid}`, { form: { SmsUrl: `http://${user}${host}${tail}`, SmsMethod: method } });
	if (set.status !== 200)
		throw new Error(`${tail}: ${set.text}`);
	await server.account('POST', 'Messages', { form: { To: PERSON, From: NUMBER, Body: 'x' } });
	await until(() => requests.length > before, `a request for ${tail}`);
	const { target, headers, body } = requests[before];
	const path = (text) => text.split('#')[0].replace(/^([a-z]+:\/\/[^/?]*)(?=\?|$)/, '$1/');
	return {
		method, url: path(url), called: `http://${host}${target}`, params: method === 'POST' ? pairs(body) : {}, body, token: server.token,
		signature: headers['x-twilio-signature'], authorization: headers.authorization ?? '', user: decodeURIComponent(user.replace(/@$/, '')),
		headers: Object.fromEntries(['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((n) => [n, headers[n]])),
	};
}

export async function capture() {
	const requests = [], captured = [];
	const receiver = await listen(requests);
	const server = await Server.start({ store: 'sqlite::memory:', loops: 1,
		args: ['--carrier', `sim=sim:?latency_ms=0&receipt_ms=1&reply=${encodeURIComponent(TEXT)}`] });
	try {
		const { json } = await server.account('GET', `IncomingPhoneNumbers?PhoneNumber=${encodeURIComponent(NUMBER)}`);
		const { sid } = json.incoming_phone_numbers[0];
		let n = 0;
		for (const tail of corpus)
			for (const method of ['POST', 'GET'])
				captured.push(await ask(server, sid, requests, `${n % 3 ? '127.0.0.1' : 'localhost'}:${receiver.address().port}`, tail,
					users[n++ % users.length], method));
	} finally {
		await server.stop();
		receiver.close();
	}
	return captured;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	writeFileSync(process.argv[2], JSON.stringify(await capture(), null, 1));
