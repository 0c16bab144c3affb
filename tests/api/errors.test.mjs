// Bad input: every error has the contract's code and status, and nothing is silently wrong.
import assert from 'node:assert/strict';
import { describe, it, before, after } from 'node:test';
import { Server, until } from './lib/server.mjs';

const FROM = '+15005550006';
const TO = '+15005550010';
const GOOD = { To: TO, From: FROM, Body: 'hello' };
const NOBODY = 'AC00000000000000000000000000000000';

let server;
before(async () => {
	server = await Server.start();
});
after(() => server.stop());

async function refuses(request, status, code) {
	const reply = await request;
	assert.equal(reply.status, status, reply.text);
	assert.equal(reply.json.code, code, reply.text);
	return reply;
}
const create = (form, options) => server.account('POST', 'Messages', { form, ...options });
const without = (name) => Object.fromEntries(Object.entries(GOOD).filter(([key]) => key !== name));

describe('credentials', () => {
	const path = () => `/2010-04-01/Accounts/${server.sid}/Messages.json`;
	it('none: 401', async () => {
		const reply = await refuses(server.call('GET', path(), { auth: '' }), 401, 20003);
		assert.match(reply.headers.get('www-authenticate'), /^Basic realm=/);
	});
	it('wrong token: 401', () => refuses(server.call('GET', path(), { auth: `${server.sid}:${'0'.repeat(32)}` }), 401, 20003));
	it('unknown account: 401', () => refuses(server.call('GET', path(), { auth: `${NOBODY}:${server.token}` }), 401, 20003));
	it('unknown key: 401', () => refuses(server.call('GET', path(), { auth: `SK${'0'.repeat(32)}:${server.token}` }), 401, 20003));
	it('garbage: 401', () => refuses(server.call('GET', path(), { auth: '', headers: { authorization: 'Basic %%%' } }), 401, 20003));
	it('another scheme: 401', () => refuses(server.call('GET', path(), { auth: '', headers: { authorization: 'Digest x' } }), 401, 20003));
	it('no access token: 401', () => refuses(server.call('GET', path(), { auth: '', headers: { authorization: 'Bearer x' } }), 401, 20101));
	it("another account's path: 404", () => refuses(server.call('GET', `/2010-04-01/Accounts/${NOBODY}/Messages.json`), 404, 20404));
});

describe('paths and methods', () => {
	it('an unknown path: 404', () => refuses(server.call('GET', '/2010-04-01/Nothing.json'), 404, 20404));
	it('a path without .json: 404', () => refuses(server.call('GET', `/2010-04-01/Accounts/${server.sid}/Messagez`), 404, 20404));
	it('an unknown message: 404', () => refuses(server.account('GET', `Messages/SM${'0'.repeat(32)}`), 404, 20404));
	it('a SID of another kind: 404', () => refuses(server.account('GET', `Messages/CA${'0'.repeat(32)}`), 404, 20404));
	it('a malformed SID: 404', () => refuses(server.account('GET', 'Messages/SMxyz'), 404, 20404));
	it('a wrong method: 405 with Allow', async () => {
		const reply = await refuses(server.account('DELETE', 'Messages'), 405, 20004);
		assert.match(reply.headers.get('allow'), /GET/);
		assert.match(reply.headers.get('allow'), /POST/);
	});
});

describe('parameters of CreateMessage', () => {
	const cases = [
		['no To', without('To'), 21604], ['no From', without('From'), 21603], ['no Body', without('Body'), 21602],
		['empty To', { ...GOOD, To: '' }, 21604],
		['To that is no number', { ...GOOD, To: 'somebody' }, 21211], ['To too short', { ...GOOD, To: '+1500' }, 21211],
		['To that cannot exist', { ...GOOD, To: '+99955501000' }, 21211], ['To too long', { ...GOOD, To: '+1500555001012345' }, 21211],
		['From that is no number', { ...GOOD, From: '+1' }, 21212], ['From not owned', { ...GOOD, From: '+14155552671' }, 21606],
		['Body of 1601 characters', { ...GOOD, Body: 'x'.repeat(1601) }, 21617],
		['Body of 1601 emoji', { ...GOOD, Body: '😀'.repeat(1601) }, 21617],
		['StatusCallback without a scheme', { ...GOOD, StatusCallback: 'example.com/x' }, 21609],
		['StatusCallback to ftp', { ...GOOD, StatusCallback: 'ftp://example.com/x' }, 21609],
		['MediaUrl that is none', { ...GOOD, MediaUrl: 'picture.png' }, 21620],
		['eleven MediaUrl', { ...GOOD, MediaUrl: Array(11).fill('https://example.com/a.png') }, 21623],
		['ValidityPeriod 0', { ...GOOD, ValidityPeriod: '0' }, 21624], ['ValidityPeriod 36001', { ...GOOD, ValidityPeriod: '36001' }, 21624],
		['ValidityPeriod x', { ...GOOD, ValidityPeriod: 'x' }, 21624],
		['SmartEncoded maybe', { ...GOOD, SmartEncoded: 'maybe' }, 20001],
		['RiskCheck maybe', { ...GOOD, RiskCheck: 'maybe' }, 20001],
		['To twice', { ...GOOD, To: [TO, '+15005550011'] }, 20001], ['Body twice', { ...GOOD, Body: ['a', 'b'] }, 20001],
		['ScheduleType without SendAt', { ...GOOD, ScheduleType: 'fixed' }, 35111],
		['a messaging service that is none', { ...without('From'), MessagingServiceSid: `MG${'0'.repeat(32)}` }, 21704],
		['ContentSid unknown', { ...without('Body'), ContentSid: `HX${'0'.repeat(32)}` }, 21655],
	];
	for (const [what, form, code] of cases)
		it(`${what}: ${code}`, () => refuses(create(form), 400, code));
	it('SendAt too soon: 35114', () => refuses(server.call('POST', '/v1/messages',
		{ json: { to: TO, from: FROM, body: 'x', send_at: new Date(Date.now() + 60000).toISOString() } }), 400, 35114));
	it('SendAt too late: 35114', () => refuses(server.call('POST', '/v1/messages',
		{ json: { to: TO, from: FROM, body: 'x', send_at: new Date(Date.now() + 36 * 86400000).toISOString() } }), 400, 35114));
	it('a contract SendAt without a service: 35118', () => refuses(create({ ...GOOD, ScheduleType: 'fixed',
		SendAt: new Date(Date.now() + 3600000).toISOString() }), 400, 35118));
	it('takes 1600 characters', async () => assert.equal((await create({ ...GOOD, Body: 'x'.repeat(1600) })).status, 201));
	it('none of these left a message', async () => {
		const { json } = await server.account('GET', 'Messages?PageSize=1000');
		assert.deepEqual(json.messages.map((m) => m.body.length), [1600]);
	});
});

describe('bodies', () => {
	it('unknown encoding of text: 400', () => refuses(create(undefined,
		{ body: 'To=%2B15005550010&From=%2B15005550006&Body=%FF%FE', headers: { 'content-type': 'application/x-www-form-urlencoded' } }), 400, 20001));
	it('a broken escape: 400', () => refuses(create(undefined,
		{ body: 'To=%2B15005550010&From=%2B15005550006&Body=%zz', headers: { 'content-type': 'application/x-www-form-urlencoded' } }), 400, 20001));
	it('another content type: 415', () => refuses(create(undefined, { body: '<a/>', headers: { 'content-type': 'application/xml' } }), 415, 20415));
	it('JSON to the contract: 415', () => refuses(create(undefined, { json: { To: TO } }), 415, 20415));
	it('broken JSON to /v1: 400', () => refuses(server.call('POST', '/v1/messages',
		{ body: '{"to":', headers: { 'content-type': 'application/json' } }), 400, 20001));
	it('a name that /v1 does not know: 400', () => refuses(server.call('POST', '/v1/messages',
		{ json: { to: TO, from: FROM, body: 'x', colour: 'red' } }), 400, 20001));
	it('JSON of the wrong type: 400', () => refuses(server.call('POST', '/v1/messages', { json: { to: TO, from: FROM, body: { a: 1 } } }), 400, 20001));
	it('multipart is a form too', async () => {
		const form = new FormData();
		for (const [name, value] of Object.entries(GOOD))
			form.set(name, value);
		const reply = await create(undefined, { body: form });
		assert.equal(reply.status, 201);
		assert.equal(reply.json.body, 'hello');
	});
	it('over the limit: 413', () => refuses(create({ ...GOOD, Body: 'x'.repeat(3 << 20) }), 413, 20413));
});

describe('lists', () => {
	for (const [query, code] of [['PageSize=0', 20001], ['PageSize=x', 20001], ['PageSize=1001', 20001], ['Page=-1', 20001],
		['PageToken=nonsense', 20001], ['DateSent=yesterday', 20001], ['DateSent%3E=2026-13-01', 20001]])
		it(`${query}: ${code}`, async () => {
			const reply = await server.account('GET', `Messages?${query}`);
			if (query === 'PageSize=1001' && reply.status === 200)
				return assert.equal(reply.json.page_size, 1000);
			assert.equal(reply.status, 400, reply.text);
			assert.equal(reply.json.code, code);
		});
});

describe('magic numbers of the simulated carrier', () => {
	for (const [to, code] of [['0001', 21211], ['0002', 21612], ['0003', 21408], ['0004', 21610], ['0009', 21614]])
		it(`To +1500555${to}: ${code}`, () => refuses(create({ ...GOOD, To: `+1500555${to}` }), 400, code));
	for (const [from, code, status] of [['0001', 21212, 400], ['0007', 21606, 400], ['0008', 21611, 429]])
		it(`From +1500555${from}: ${code}`, () => refuses(create({ ...GOOD, From: `+1500555${from}` }), status, code));

	const ends = async (to, status, code) => {
		const made = await create({ ...GOOD, To: to });
		assert.equal(made.status, 201, made.text);
		assert.equal(made.json.status, 'queued');
		const { json } = await until(async () => {
			const reply = await server.account('GET', `Messages/${made.json.sid}`);
			return ['delivered', 'undelivered', 'failed'].includes(reply.json.status) && reply;
		}, `${to} to end`);
		assert.equal(json.status, status);
		assert.equal(json.error_code, code);
		assert.equal(json.error_message === null, code === null);
	};
	for (const code of [30003, 30004, 30005, 30006, 30007, 30008])
		it(`To +1500555002${code % 10}: undelivered with ${code}`, () => ends(`+1500555002${code % 10}`, 'undelivered', code));
	it('To +15005550029: refused by the network, failed', async () => {
		const { json } = await create({ ...GOOD, To: '+15005550029' });
		const failed = await until(async () => {
			const reply = await server.account('GET', `Messages/${json.sid}`);
			return reply.json.status === 'failed' && reply;
		}, 'failed');
		assert.ok(failed.json.error_code >= 30000);
	});
	for (const to of ['+15005550010', '+15005550011'])
		it(`To ${to}: delivered`, () => ends(to, 'delivered', null));
});

describe('JSON of the native API', () => {
	const send = (body, path = '/v1/messages') => server.call('POST', path, { body, headers: { 'content-type': 'application/json' } });
	const good = { to: TO, from: FROM, body: 'hello' };
	for (const [name, body, says] of [
		['a name twice', '{"to":"+15005550010","to":"+15005550011"}', /./],
		['a depth bomb', `{"to":${'['.repeat(5000)}${']'.repeat(5000)}}`, /JSON object/],
		['too many values', `{"to":[${'0,'.repeat(200000)}0]}`, /JSON object/],
		['an array', '[1]', /another value/], ['half an object', '{"to":', /JSON object/], ['nothing', '', /required/i],
		['a number for a text', JSON.stringify({ ...good, body: 5 }), /'body' must be a text/],
		['an object for a text', JSON.stringify({ ...good, body: {} }), /'body' must be a text/],
		['a text for a list of texts', JSON.stringify({ ...good, media_url: [1] }), /'media_url'/],
		['an unknown name', JSON.stringify({ ...good, bdy: 'x' }), /no parameter 'bdy'/],
	])
		it(name, async () => {
			const reply = await send(body);
			assert.equal(reply.status, 400, reply.text);
			assert.match(reply.json.message, says);
		});
	it('a parameter in the URL of a POST', () => refuses(send(JSON.stringify(good), '/v1/messages?body=x'), 400, 20001));
	it('an unknown filter of a list', () => refuses(server.call('GET', '/v1/messages?colour=red'), 400, 20001));
	it('an unknown parameter of one', async () => {
		const { json } = await send(JSON.stringify(good));
		await refuses(server.call('GET', `/v1/messages/${json.sid}?colour=red`), 400, 20001);
	});
	it('the contract ignores what it does not know', async () => {
		assert.equal((await create({ ...GOOD, Colour: 'red' })).status, 201);
	});
});
