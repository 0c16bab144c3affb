// A program as anybody writes it: the SDK as it comes, nothing that leads it anywhere.  Sends a message and waits until
// its status callback says "delivered".
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const twilio = createRequire(new URL('../package.json', import.meta.url))('twilio');
const token = process.env.TWILIO_AUTH_TOKEN;
let told;
const delivered = new Promise((done) => (told = done));
const server = createServer(async (request, response) => {
	let body = '';
	for await (const piece of request)
		body += piece;
	response.end();
	const form = Object.fromEntries(new URLSearchParams(body));
	if (!twilio.validateRequest(token, request.headers['x-twilio-signature'], url, form))
		throw new Error('the signature is wrong');
	if (form.MessageStatus === 'delivered')
		told(form.MessageSid);
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const url = `http://127.0.0.1:${server.address().port}/status`;
const client = twilio();
const message = await client.messages.create({ from: '+15005550006', to: '+15005550010', body: 'from Node', statusCallback: url });
if (await delivered !== message.sid)
	throw new Error('the callback is of another message');
const [{ url: page }] = await client.events.v1.eventTypes.list({ limit: 1 });
const listed = await client.messages.list({ limit: 3, pageSize: 1 });
console.log(`delivered ${message.sid} ${listed.length} ${page}`);
server.close();
server.closeAllConnections();
