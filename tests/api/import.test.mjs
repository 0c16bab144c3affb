// strowger import: an account's configuration from another server of this API.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { byPrefix } from './lib/sdk.mjs';
import { binary, patience, Server } from './lib/server.mjs';

const NUMBER = '+4915112345678', DEAD = 'http://127.0.0.1:9';
const TYPES = [{ type: 'com.twilio.messaging.message.delivered', schema_version: 1 }, { type: 'com.twilio.messaging.message.failed', schema_version: 1 }];

/** The program's words, exit code, and the table of the report as { kind: { found, created … } }. */
async function run(from, to, { words = [], sid = from.sid, token = from.token, env = {}, auth = [to.sid, to.token] } = {}) {
	const child = spawn(binary, ['import', '--from', from.url, '--sid', sid, '--token', token, '--server', to.url, '--account-sid', auth[0], '--auth-token', auth[1], ...words],
		{ env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
	let out = '', err = '';
	child.stdout.on('data', (text) => (out += text));
	child.stderr.on('data', (text) => (err += text));
	const timer = setTimeout(() => child.kill('SIGKILL'), 60000 * patience);
	const code = await new Promise((done) => child.on('close', (number, signal) => done(signal ?? number)));
	clearTimeout(timer);
	const [, head = '', body = ''] = /\n\n( +found.*)\n([^]*?)\n\n/.exec(out) ?? [];
	const columns = head.trim().split(/ +/);
	const table = Object.fromEntries(body.split('\n').filter(Boolean).map((line) => {
		const numbers = line.slice(40).trim().split(/ +/).map(Number);
		return [line.slice(0, 40).trim(), Object.fromEntries(columns.map((name, i) => [name, numbers[i]]))];
	}));
	return { code, out, err, table };
}

const sum = (table, column) => Object.values(table).reduce((total, row) => total + row[column], 0);

async function furnish(server) {
	const client = byPrefix(server);
	const made = {};
	made.app = await client.applications.create({ friendlyName: 'Laden <b>& Söhne</b>', smsUrl: `${DEAD}/sms?a=1&b=%20`, smsMethod: 'GET', messageStatusCallback: `${DEAD}/status` });
	made.address = await client.addresses.create({ customerName: 'Ada', friendlyName: 'home', street: 'Straße 1', city: 'Köln', region: 'NW', postalCode: '50667', isoCountry: 'DE' });
	await server.call('POST', '/v1/senders', { json: { sender: NUMBER } });
	await server.call('POST', '/v1/senders', { json: { sender: '98765' } });
	[made.number] = await client.incomingPhoneNumbers.list({ phoneNumber: NUMBER });
	await client.incomingPhoneNumbers(made.number.sid).update({ smsApplicationSid: made.app.sid, addressSid: made.address.sid, friendlyName: 'the shop', smsFallbackUrl: `${DEAD}/fallback`, voiceUrl: `${DEAD}/voice` });
	[made.code] = await client.shortCodes.list();
	await client.shortCodes(made.code.sid).update({ smsUrl: `${DEAD}/short` });
	made.sink = await client.events.v1.sinks.create({ description: 'x', sinkType: 'webhook', sinkConfiguration: { destination: `${DEAD}/e`, method: 'POST', batch_events: false } });
	made.subscription = await client.events.v1.subscriptions.create({ description: 'some', sinkSid: made.sink.sid, types: TYPES });
	made.trigger = await client.usage.triggers.create({ callbackUrl: `${DEAD}/usage`, triggerValue: '+5', usageCategory: 'sms', recurring: 'daily', friendlyName: 'five' });
	return made;
}

describe('strowger import', () => {
	let from, to, made;
	before(async () => {
		[from, to] = await Promise.all([Server.start(), Server.start()]);
		made = await furnish(from);
	});
	after(() => Promise.all([from.stop(), to.stop()]));

	it('says in a dry run what it would do, and writes nothing', async () => {
		const { code, out, table } = await run(from, to, { words: ['--dry-run'] });
		assert.equal(code, 0, out);
		assert.match(out, /nothing was written/);
		assert.equal(table.applications.created, 1);
		assert.deepEqual(table['phone numbers'], { found: 3, created: 1, changed: 0, same: 2, kept: 0, refused: 0 });
		assert.equal((await byPrefix(to).applications.list()).length, 0);
		assert.equal((await byPrefix(to).incomingPhoneNumbers.list({ phoneNumber: NUMBER })).length, 0);
	});

	it('copies every resource under its own SID', async () => {
		const { code, out, err, table } = await run(from, to);
		assert.equal(code, 0, out + err);
		assert.equal(err, '');
		assert.equal(sum(table, 'refused'), 0);
		assert.equal(sum(table, 'created'), 7);
		const here = byPrefix(to);
		const app = await here.applications(made.app.sid).fetch();
		for (const name of ['friendlyName', 'smsUrl', 'smsMethod', 'messageStatusCallback'])
			assert.equal(app[name], made.app[name], name);
		assert.equal((await here.addresses(made.address.sid).fetch()).street, 'Straße 1');
		const number = await here.incomingPhoneNumbers(made.number.sid).fetch();
		assert.deepEqual([number.phoneNumber, number.friendlyName, number.smsApplicationSid, number.addressSid, number.smsFallbackUrl, number.voiceUrl],
			[NUMBER, 'the shop', made.app.sid, made.address.sid, `${DEAD}/fallback`, `${DEAD}/voice`]);
		assert.equal((await here.shortCodes(made.code.sid).fetch()).smsUrl, `${DEAD}/short`);
		assert.deepEqual((await here.events.v1.sinks(made.sink.sid).fetch()).sinkConfiguration, made.sink.sinkConfiguration);
		assert.equal((await here.events.v1.subscriptions(made.subscription.sid).fetch()).sinkSid, made.sink.sid);
		assert.deepEqual((await here.events.v1.subscriptions(made.subscription.sid).subscribedEvents.list()).map((row) => row.type).sort(), TYPES.map((row) => row.type));
		const trigger = await here.usage.triggers(made.trigger.sid).fetch();
		assert.deepEqual([trigger.triggerValue, trigger.recurring, trigger.usageCategory], [made.trigger.triggerValue, 'daily', 'sms']);
	});

	it('finds on a second run what the first one made', async () => {
		const { code, table } = await run(from, to);
		assert.equal(code, 0);
		assert.equal(sum(table, 'created') + sum(table, 'changed'), 0);
		assert.equal(sum(table, 'same'), sum(table, 'found'));
	});

	it('takes over what changed there, also what became empty, but not with --keep', async () => {
		const client = byPrefix(from), here = byPrefix(to);
		await client.applications(made.app.sid).update({ smsUrl: `${DEAD}/new`, messageStatusCallback: '' });
		const kept = await run(from, to, { words: ['--keep'] });
		assert.equal(kept.table.applications.kept, 1);
		assert.equal((await here.applications(made.app.sid).fetch()).smsUrl, made.app.smsUrl);
		const { table } = await run(from, to);
		assert.deepEqual([sum(table, 'changed'), table.applications.changed], [1, 1]);
		const app = await here.applications(made.app.sid).fetch();
		assert.equal(app.smsUrl, `${DEAD}/new`);
		assert.ok(!app.messageStatusCallback);
	});

	it('says what it does not copy', async () => {
		const client = byPrefix(from);
		await client.newKeys.create({ friendlyName: 'k' });
		await client.api.v2010.accounts.create({ friendlyName: 'sub' });
		await from.call('POST', '/accounts/v1/Credentials/PublicKeys', { form: { PublicKey: 'ssh-rsa AAAA', FriendlyName: 'p' } });
		const { out, code } = await run(from, to, { words: ['--dry-run'] });
		assert.equal(code, 0, out);
		assert.match(out, /1 API keys: their secrets are never shown/);
		assert.match(out, /1 subaccounts: import each/);
		assert.match(out, /'public_key' is never shown/);
	});

	it('copies the rest when one is refused, and says why', async () => {
		const client = byPrefix(from), taken = '+4915112345679';
		const secret = await client.events.v1.sinks.create({ description: 'secret', sinkType: 'nats', sinkConfiguration: { url: 'nats://user:geheim@127.0.0.1:1/x' } });
		await from.call('POST', '/v1/senders', { json: { sender: taken } });
		const { json: other } = await to.call('POST', '/v1/accounts', { json: { friendly_name: 'other' } });
		await to.call('POST', '/v1/senders', { json: { sender: taken, account_sid: other.sid } });
		const { code, out, table } = await run(from, to);
		assert.equal(code, 1);
		assert.match(out, new RegExp(`Sink ${secret.sid} 'secret': a password in it is not shown`));
		assert.match(out, /'\+4915112345679': not created: error 20409: .*belongs to an account already/);
		assert.deepEqual([table.sinks.refused, table['phone numbers'].refused, table['phone numbers'].same], [1, 1, 3]);
		assert.ok(!out.includes('geheim'));
	});

	it('reads every page of long lists', async () => {
		const client = byPrefix(from);
		for (let i = 0; i < 230; i += 10)
			await Promise.all(Array.from({ length: 10 }, (_, k) => client.applications.create({ friendlyName: `app ${i + k}` })));
		const { table } = await run(from, to);
		assert.deepEqual([table.applications.found, table.applications.created], [231, 230]);
		assert.equal((await byPrefix(to).applications.list()).length, 231);
	});

	it('goes to the hosts of the products where the name begins with "api."', async () => {
		const hosted = { ...from, sid: from.sid, token: from.token, url: `http://api.localhost:${from.port}` };
		const { table, out } = await run(hosted, to, { words: ['--dry-run'] });
		assert.equal(table.sinks.found, 2, out);
		assert.equal(table.applications.same, 231, out);
	});
});

describe('strowger import, bad input', () => {
	let to;
	before(async () => (to = await Server.start()));
	after(() => to.stop());

	it('refuses what it cannot use', async () => {
		const good = { url: 'http://127.0.0.1:9', sid: to.sid, token: 'x' };
		for (const [from, what] of [
			[{ ...good, url: 'ftp://h' }, /must begin with https/],
			[{ ...good, url: 'https://' }, /names no host|must begin/],
			[{ ...good, url: 'http://[::1' }, /names no host/],
			[{ ...good, url: 'https://u:p@h' }, /a host and nothing else/],
			[{ ...good, url: 'https://h/path' }, /a host and nothing else/],
			[{ ...good, sid: 'SK0123' }, /must be an account's/],
			[{ ...good, token: '@/nowhere' }, /--token: .*nowhere/],
		]) {
			const { code, err } = await run(from, to);
			assert.equal(code, 2, err);
			assert.match(err, what);
		}
	});

	it('says who refuses whom', async () => {
		const wrong = await run({ url: to.url, sid: to.sid, token: 'wrong' }, to);
		assert.deepEqual([wrong.code, /refuses: error 20003/.test(wrong.err)], [1, true], wrong.err);
		const here = await run(to, to, { auth: [to.sid, 'wrong'] });
		assert.equal(here.code, 1);
		assert.match(here.err, /refuses: error 20003/);
	});

	it('lets only the operator choose SIDs', async () => {
		const { json: other } = await to.call('POST', '/v1/accounts', { json: { friendly_name: 'other' } });
		const headers = { 'Strowger-Sid': `AP${'0'.repeat(32)}` };
		const path = (sid) => `/2010-04-01/Accounts/${sid}/Applications.json`;
		const refused = await to.call('POST', path(other.sid), { form: {}, headers, auth: `${other.sid}:${other.auth_token}` });
		assert.deepEqual([refused.status, refused.json.code], [403, 20006]);
		const bad = await to.call('POST', path(to.sid), { form: {}, headers: { 'Strowger-Sid': `AD${'0'.repeat(32)}` } });
		assert.deepEqual([bad.status, bad.json.code], [400, 20001]);
		assert.equal((await to.call('POST', path(to.sid), { form: {}, headers })).json.sid, headers['Strowger-Sid']);
		const again = await to.call('POST', path(to.sid), { form: {}, headers });
		assert.deepEqual([again.status, again.json.code], [409, 20409]);
	});

	/** Plays a server that misbehaves; answers: path to [status, headers, body], else 404. */
	async function play(answers, use) {
		const asked = [];
		const server = createServer((request, response) => {
			const [path] = request.url.split('?');
			asked.push(request.url);
			const found = Object.entries(answers).find(([end]) => path.endsWith(end));
			const [status, headers, body] = found ? found[1](request.url) : [404, {}, '{"code":20404,"message":"no"}'];
			response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body));
		});
		await new Promise((done) => server.listen(0, '127.0.0.1', done));
		try {
			await use({ url: `http://127.0.0.1:${server.address().port}`, sid: `AC${'1'.repeat(32)}`, token: 't' }, asked);
		} finally {
			await new Promise((done) => server.close(done));
		}
	}
	const account = { '/Accounts/AC11111111111111111111111111111111.json': () => [200, {}, { friendly_name: 'there' }] };
	const row = (i, more = {}) => ({ sid: `AP${String(i).padStart(32, '0')}`, friendly_name: `a${i}`, ...more });

	it('takes no name for a SID that is none', async () => {
		const sids = ['../../../v1/requests', `AP${'0'.repeat(31)}/`, 'x'.repeat(5000), `AP${'0'.repeat(32)}\r\nX: y`, 7, null];
		await play({ ...account, '/Applications.json': () => [200, {}, { applications: [...sids.map((sid) => row(1, { sid })), 5, 'x'] }] }, async (from) => {
			const { code, out, table } = await run(from, to);
			assert.equal(code, 1);
			assert.equal(table.applications.refused, 8);
			assert.equal(out.match(/there is no SID/g).length, 8);
			assert.ok(!out.includes('x'.repeat(50)) && !out.includes('\r'));
		});
		const { json } = await to.call('GET', '/v1/requests?search=import&limit=1000');
		assert.ok(json.data.every((r) => !r.path.includes('..')), 'nobody was asked for it');
	});

	it('makes two of what looks alike where an account guards against repetitions, and says when a list has no end', async () => {
		const guard = (seconds) => to.call('PATCH', '/v1/account', { json: { auto_idempotency: seconds } });
		assert.equal((await guard(60)).json.auto_idempotency, 60);
		await play({ ...account, '/Applications.json': () => [200, {}, { applications: [row(81, { friendly_name: 'twin' }), row(82, { friendly_name: 'twin' })] }] }, async (from) => {
			const { out, table } = await run(from, to);
			assert.equal(table.applications.created, 2, out);
		});
		await guard(0);
		const many = JSON.stringify({ applications: Array.from({ length: 60000 }, () => ({})), next_page_uri: '/x?Page=' });
		let page = 0;
		await play({ ...account, '/Applications.json': () => [200, {}, many.replace('Page=', `Page=${++page}`)] }, async (from) => {
			const { code, out } = await run(from, to, { words: ['--dry-run'] });
			assert.equal(code, 1);
			assert.match(out, /applications: the list cannot be read there: it has more than 100000 rows/);
		});
	});

	it('waits where it is told to, and gives a busy server five tries', async () => {
		let busy = 0;
		await play({ ...account, '/Applications.json': () => (++busy < 3 ? [429, { 'retry-after': '0' }, {}] : [200, {}, { applications: [row(7)] }]) }, async (from) => {
			const { table } = await run(from, to);
			assert.equal(table.applications.created, 1);
		});
		await play({ ...account, '/Applications.json': () => [503, { 'retry-after': '0' }, {}] }, async (from, asked) => {
			const { code, out } = await run(from, to);
			assert.equal(code, 1);
			assert.match(out, /applications: the list cannot be read there: HTTP status 503/);
			assert.equal(asked.filter((path) => path.includes('/Applications.json')).length, 5);
		});
	});

	it('sends its credentials nowhere else, whatever a page says', async () => {
		await play({ ...account, '/Applications.json': (path) => [200, {}, path.includes('Page=1')
			? { applications: [row(9)] } : { applications: [row(8)], next_page_uri: 'http://127.0.0.1:1/steal?PageSize=100&Page=1' }] }, async (from) => {
			const { table, out } = await run(from, to);
			assert.equal(table.applications.found, 2, out);
		});
	});

	it('ends with a list that leads to itself, and bears replies that are none', async () => {
		await play({ ...account, '/Applications.json': (path) => [200, {}, { applications: [row(10)], next_page_uri: path }],
			'/Addresses.json': () => [200, {}, 'not json'], '/Triggers.json': () => [200, {}, { usage_triggers: 'x' }] }, async (from) => {
			const { code, out } = await run(from, to);
			assert.equal(code, 1);
			assert.match(out, /addresses: the list cannot be read there: the reply has no list 'addresses'/);
			assert.match(out, /usage triggers: the list cannot be read there/);
		});
	});

	it('changes the rest when one value is not taken here', async () => {
		const number = { sid: `PN${'5'.repeat(32)}`, phone_number: '+4915112300000', friendly_name: 'n', sms_url: `${DEAD}/a`, bundle_sid: `BU${'3'.repeat(32)}`, capabilities: {} };
		await play({ ...account, '/IncomingPhoneNumbers.json': () => [200, {}, { incoming_phone_numbers: [number] }] }, async (from) => {
			const { code, out } = await run(from, to);
			assert.equal(code, 1);
			assert.match(out, /'\+4915112300000': not BundleSid: error 20001/);
			const here = await byPrefix(to).incomingPhoneNumbers(number.sid).fetch();
			assert.deepEqual([here.smsUrl, here.friendlyName], [`${DEAD}/a`, 'n']);
		});
	});

	it('writes names with control characters tamely', async () => {
		await play({ ...account, '/Applications.json': () => [200, {}, { applications: [row(11, { friendly_name: 'x\u001b[31mred', sms_method: 'PUT' })] }] }, async (from) => {
			const { out } = await run(from, to);
			assert.ok(!out.includes('\u001b'), JSON.stringify(out));
		});
	});
});
