// Every operation's examples run and do what they say: curl and Node here, Python and Go with their SDKs (tests/sdk/samples.mjs).
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { output, parsed, runAll } from './lib/samples.mjs';
import { root, withServer } from './lib/server.mjs';

/** Every command in one shell, whose curl says the status behind the body. */
async function runCurl(batch, env, dir) {
	const script = join(dir, 'samples.sh');
	writeFileSync(script, `curl() { command curl -sS --max-time "$most" -w '\\n%{http_code}\\n' "$@"; }\n${batch.map(({ name, source, endless }) =>
		`most=${endless ? 1 : 20}\n(\n${source}\n) >${dir}/out 2>&1\nprintf '\\n=== %s\\n' ${name}; cat ${dir}/out`).join('\n')}\n`);
	const text = await output('bash', ['--norc', script], { env });
	return new Map(text.split('\n=== ').slice(1).map((part) => {
		const [name] = part.split('\n', 1), status = /^(\d{3})$/m.exec(part.trimEnd().split('\n').slice(-2).join('\n'))?.[1];
		return [name, { ok: status?.startsWith('2'), out: part.slice(0, 2000) }];
	}));
}

async function runNode(batch, env, dir) {
	const list = join(dir, 'list.json');
	if (!existsSync(join(dir, 'node_modules')))
		symlinkSync(join(root, 'tests/node_modules'), join(dir, 'node_modules'));
	for (const { name, source } of batch)
		writeFileSync(join(dir, `${name}.mjs`), source);
	writeFileSync(list, JSON.stringify(batch.map(({ name, endless }) => ({ name, endless, file: join(dir, `${name}.mjs`) }))));
	return parsed(await output('node', [join(root, 'tests/api/lib/node-samples.mjs'), list], { env }));
}

for (const [label, run] of Object.entries({ curl: runCurl, Node: runNode }))
	describe(`examples of operations, ${label}`, () => it('all of them do what they say', () => runAll(label, run)));

describe('examples with values of one\'s own', () => {
	const BODY = 'it\'s $HOME `id` \\ "so" ${x} %41\r\n\té\u0001 <&>';
	const ask = (server, operation, values) => server.call('POST', '/v1/samples', { json: { operation, values } });

	it('say them as they are, in every language, and do what they say', () => withServer({}, async (server) => {
		const dir = mkdtempSync(join(tmpdir(), 'strowger-samples-')), env = { ...process.env, SID: server.sid, TOKEN: server.token };
		symlinkSync(join(root, 'tests/node_modules'), join(dir, 'node_modules'));
		try {
			for (const [operation, values] of [['SendMessage', { from: '+15005550006', to: '+15005550010', body: BODY }],
				['CreateMessage', { AccountSid: server.sid, From: '+15005550006', To: '+15005550010', Body: BODY }]]) {
				const { status, json } = await ask(server, operation, values);
				assert.equal(status, 201);
				assert.ok(!JSON.stringify(json).includes(server.sid) && !JSON.stringify(json).includes(server.token), 'they stand in the environment');
				writeFileSync(join(dir, 'a.mjs'), json.node);
				for (const [program, ...words] of [['bash', '--norc', '-c', json.curl], ['node', join(dir, 'a.mjs')], ['/usr/bin/python3', '-c', json.python]])
					await output(program, words, { env });
			}
			const { json: { data } } = await server.call('GET', '/v1/messages');
			assert.deepEqual(data.map((message) => message.body), Array(6).fill(BODY));
		} finally {
			rmSync(dir, { recursive: true });
		}
	}));

	it('end no quotes, also where these know no escapes', () => withServer({}, async (server) => {
		const { json } = await ask(server, 'SendMessage', { from: '+15005550006', to: '+15005550010', body: '`+panic("x")+`' });
		assert.ok(json.go.includes(String.raw`\"body\":\"${'`'}+panic(\\\"x\\\")+${'`'}\"}"))`) && !json.go.includes('NewReader(`'), json.go);
		/* A terminal would take the end of what is pasted for that. */
		const { json: { curl } } = await ask(server, 'CreateMessage', { From: '+15005550006', To: '+15005550010', Body: 'it\'s\u001b[201~\nid\n' });
		assert.ok(!curl.includes('\u001b') && curl.includes(`$'Body=it\\x27s\\x1b[201~\nid\n'`), curl);
	}));

	it('take the account from the environment, in JSON too', () => withServer({}, async (server) => {
		const { json } = await ask(server, 'CreateSender', { sender: '+4915112345677', account_sid: server.sid });
		await output('bash', ['--norc', '-c', json.curl], { env: { ...process.env, SID: server.sid, TOKEN: server.token } });
		assert.deepEqual((await server.call('GET', '/v1/senders?sender=%2B4915112345677')).json.data.map((row) => row.account_sid), [server.sid]);
		assert.ok(json.go.includes('NewReader(`{"account_sid":"` + os.Getenv("SID") + `","sender":"+4915112345677"}`))'), json.go);
	}));

	it('call bounds as the SDKs do', () => withServer({}, async (server) => {
		const { json } = await ask(server, 'ListMessage', { 'DateSent<': '2030-01-01', 'DateSent>': '2020-01-01' });
		assert.match(json.node, /dateSentBefore: '2030-01-01'[^]*dateSentAfter: '2020-01-01'|dateSentAfter: '2020-01-01'[^]*dateSentBefore: '2030-01-01'/);
		assert.match(json.python, /date_sent_before="2030-01-01"/);
		assert.match(json.python, /date_sent_after="2020-01-01"/);
	}));

	it('have no others, but what a path cannot do without', () => withServer({}, async (server) => {
		assert.match((await ask(server, 'ListMessages', { limit: 3 })).json.curl, /\/v1\/messages\?limit=3"$/);
		assert.match((await ask(server, 'FetchMessage', {})).json.node, /messages\('SM0123456789abcdef0123456789abcdef'\)\.fetch\(\)/);
		const { json } = await ask(server, 'CreateSink', { SinkConfiguration: { 'a-b': [1, null, { c: true }] } });
		assert.match(json.node, /'a-b'|"a-b"/);
		assert.match(json.python, /\{"a-b": \[1, None, \{"c": True\}\]\}/);
	}));

	it('are refused for what is no operation, and values that are none', () => withServer({}, async (server) => {
		for (const [operation, values, what] of [['Nothing', {}, /no operation 'Nothing'/], ['CreateMessage', [1], /'values'/], ['CreateMessage', 'x', /'values'/]]) {
			const { status, json } = await ask(server, operation, values);
			assert.deepEqual([status, json.code], [400, 20001]);
			assert.match(json.message, what);
		}
		/* Values of the wrong kind are somebody's mistake, not ours. */
		for (const values of [{ To: [1] }, { To: { a: 1 } }, { MediaUrl: 'x' }, { MediaUrl: { a: [] } }, { Body: null }, { AccountSid: 5 }])
			assert.equal((await ask(server, 'CreateMessage', values)).status, 201);
	}));
});
