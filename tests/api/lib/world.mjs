// An account that has one of everything, for tests that walk all operations of the running server's description.  A new
// operation is covered as soon as it is in a table; what the description alone cannot make wants a line in `makers`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Receiver } from '../../peers/receiver.mjs';
import { Server, until } from './server.mjs';

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** An authority of its own. */
function selfSigned() {
	const dir = mkdtempSync(join(tmpdir(), 'world-'));
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
		'-subj', '/CN=example.com', '-keyout', join(dir, 'key'), '-out', join(dir, 'crt')], { stdio: 'ignore' });
	const text = readFileSync(join(dir, 'crt'), 'utf8');
	rmSync(dir, { recursive: true });
	return text;
}
const certificate = selfSigned();
const publicKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' });

/** "SM", "MM" of a schema's pattern; undefined: it is no SID. */
export const kindsOf = (schema) => /^\^\((\w\w(?:\|\w\w)*)\)/.exec(schema.pattern ?? '')?.[1].split('|');

/** What cannot be made from the description alone: how to make one, and the kind of SID or name it gives. */
const makers = {
	SM: (w) => w.made('POST', `${w.base}/Messages.json`, { form: { To: '+15005550010', From: '+15005550006', Body: w.mark } }),
	SK: (w) => w.made('POST', '/iam/v1/Keys', { form: { AccountSid: w.server.sid, FriendlyName: w.mark } }),
	OQ: (w) => w.made('POST', '/iam/v1/Account/OAuthApps', { json: { friendly_name: w.mark, policy: { allow: [] } } }),
	AP: (w) => w.made('POST', `${w.base}/Applications.json`, { form: { FriendlyName: w.mark } }),
	AD: (w) => w.made('POST', `${w.base}/Addresses.json`, { form: { CustomerName: w.mark, Street: w.mark, City: 'c', Region: 'r', PostalCode: '1', IsoCountry: 'DE' } }),
	PN: async (w) => {
		await w.made('POST', `${w.base}/OutgoingCallerIds.json`, { form: { PhoneNumber: '+15005551299', FriendlyName: w.mark } });
		return (await w.made('GET', `${w.base}/OutgoingCallerIds.json`)).outgoing_caller_ids[0];
	},
	SC: (w) => w.made('POST', '/v1/senders', { json: { sender: '55566', friendly_name: w.mark } }),
	CN: async (w) => {
		const app = await w.made('POST', '/v1/connect_apps', { json: { friendly_name: 'connect' } });
		await w.made('POST', '/v1/authorized_connect_apps', { json: { connect_app_sid: app.sid } });
		return app;
	},
	aws: (w) => w.made('POST', '/accounts/v1/Credentials/AWS', { form: { Credentials: 'AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', FriendlyName: w.mark } }),
	CR: (w) => w.made('POST', '/accounts/v1/Credentials/PublicKeys', { form: { PublicKey: publicKey, FriendlyName: w.mark } }),
	safe: (w) => w.made('POST', '/accounts/v1/SafeList/Numbers', { form: { PhoneNumber: '+15005550006' } }),
	UT: (w) => w.made('POST', `${w.base}/Usage/Triggers.json`, {
		form: { UsageCategory: 'sms', TriggerValue: '1000', CallbackUrl: 'https://example.com/', FriendlyName: w.mark } }),
	AE: async (w) => (await w.made('GET', '/monitor/v1/Events')).events[0],
	DG: (w) => w.made('POST', '/events/v1/Sinks', { form: { Description: w.mark, SinkType: 'webhook',
		SinkConfiguration: JSON.stringify({ destination: 'http://127.0.0.1:9/' }) } }),
	DF: (w) => w.made('POST', '/events/v1/Subscriptions', { form: { Description: w.mark, SinkSid: w.known.get('DG'),
		Types: '{"type":"com.twilio.messaging.message.sent"}' } }),
	EU: (w) => w.made('POST', '/v1/event_subscriptions', { json: { url: 'http://127.0.0.1:9/', types: ['message.*'], description: w.mark } }),
	NO: async (w) => {
		await w.ask('POST', `${w.base}/Messages.json`, { form: { To: w.mark, From: '+15005550006', Body: w.mark } });
		return until(async () => (await w.made('GET', '/monitor/v1/Alerts')).alerts[0], 'an alert');
	},
	AK: (w) => w.made('POST', '/monitor/v2/Alarms', { json: { friendlyName: w.mark, queryType: 'ALL', triggerValue: 1e9, timeWindow: 'FIVE_MINS',
		description: w.mark, enabled: true } }),
	WC: async (w) => ({ sid: (await w.made('POST', '/v1/webhook_certificates', { json: { host: 'example.com', ca_certificates: certificate } })).sid }),
	tier: (w) => w.made('POST', '/v1/tiers', { json: { name: 'isolated' } }),
	HA: async (w) => {
		await w.made('POST', `${w.base}/Messages.json`, { form: { To: '+15005550010', From: '+15005550006', Body: w.mark, StatusCallback: `${w.hook.url}/${w.mark}` } });
		const { id } = await until(async () => (await w.made('GET', '/v1/webhooks/attempts')).data[1], 'attempts'); // both: nothing more comes
		return { id };
	},
	HE: async (w) => ({ id: (await w.made('GET', '/v1/webhooks/endpoints')).data[0].id }),
	HD: async (w) => {
		await w.made('POST', `${w.base}/Messages.json`, { form: { To: '+15005550010', From: '+15005550006', Body: w.mark, StatusCallback: `${w.hook.url}/gone` } });
		return { id: (await until(async () => (await w.made('GET', '/v1/webhooks/dead_letters')).data[1], 'dead letters')).id };
	},
	HB: (w) => w.made('POST', '/v1/webhooks/replays', { json: { filter: { since: '2100-01-01T00:00:00Z' } } }),
	/* A message with a picture, and the picture. */
	MM: (w) => w.made('POST', `${w.base}/Messages.json`, { form: { To: '+15005550010', From: '+15005550006', Body: w.mark, MediaUrl: `${w.hook.url}/picture.png` } }),
	ME: (w) => until(async () => {
		const { status } = await w.made('GET', `${w.base}/Messages/${w.known.get('MM')}.json`);
		return status === 'delivered' && (await w.made('GET', `${w.base}/Messages/${w.known.get('MM')}/Media.json`)).media_list[0];
	}, 'a picture'),
	PI: (w) => w.made('POST', '/v1/prices', { json: { product: 'sms', amount: '0.5', country: 'DE', account_sid: w.server.sid } }),
};

export class World {
	known = new Map(); // "SM", "tier": a text for the path

	/** mark: a word that all texts of the account have; args: the server's */
	static async start({ mark = 'world', args = [] } = {}) {
		const w = new World();
		w.mark = mark;
		w.server = await Server.start({ args: ['--address-rate', '0', ...args] });
		w.hook = await Receiver.start();
		w.hook.on('/gone', { status: 410 }).on('/picture.png', { type: 'image/png', body: 'png' });
		for (const [kind, make] of Object.entries(makers)) {
			const { sid, name, id } = await make(w);
			w.known.set(kind, sid ?? name ?? id);
		}
		w.known.set('number', (await w.made('GET', `${w.base}/IncomingPhoneNumbers.json`)).incoming_phone_numbers[0].sid);
		return w;
	}

	async stop() {
		await this.server.stop();
		await this.hook.stop();
	}

	get base() {
		return `/2010-04-01/Accounts/${this.server.sid}`;
	}

	ask(method, path, options) {
		return this.server.call(method, path, options);
	}

	async made(method, path, options) {
		const reply = await this.ask(method, path, options);
		assert.ok(reply.status < 300, `${method} ${path}: ${reply.text}`);
		return reply.json;
	}

	/** The account's own SID of one of these kinds, for a variable of that path; undefined: it has none. */
	sid(path, kinds) {
		if (kinds.includes('AC'))
			return this.server.sid;
		if (kinds.includes('IX'))
			return 'IX00000000000000000000000000000001';
		if (/IncomingPhoneNumbers|senders/.test(path) && kinds.includes('PN'))
			return this.known.get('number');
		if (/\/AWS/.test(path))
			return this.known.get('aws');
		if (/\/Media/.test(path) && kinds.includes('MM'))
			return this.known.get('MM');
		return kinds.map((kind) => this.known.get(kind)).find(Boolean);
	}

	#value(path, name, kinds) {
		if (kinds)
			return this.sid(path, kinds);
		if (path.startsWith('/pricing/'))
			return name === 'IsoCountry' ? 'US' : '%2B14155552671';
		if (/^\/events\/v1|event_schemas/.test(path))
			return { Type: 'com.twilio.messaging.message.sent', Id: 'Messaging.MessageStatus', id: 'Messaging.MessageStatus' }[name] ?? '1';
		const root = path.slice(0, path.indexOf('{'));
		return { '/v1/tiers/': this.known.get('tier'), '/v1/errors/': '21211', '/v1/carriers/': 'sim', '/v1/traces/': this.known.get('SM'),
			'/v1/webhook_certificates/': this.known.get('WC'), '/v1/webhooks/stream/': '0-1-0' }[root];
	}

	/** A path with its variables filled, and the query that it cannot do without. */
	fill(path, operation) {
		let out = path;
		for (const parameter of operation.parameters.filter((p) => p.in === 'path')) {
			const value = this.#value(path, parameter.name, kindsOf(parameter.schema));
			assert.ok(value, `${path}: this test does not know what to put for {${parameter.name}}: add a maker`);
			out = out.replace(`{${parameter.name}}`, value);
		}
		const asked = operation.parameters.filter((p) => p.in === 'query').map((p) =>
			kindsOf(p.schema)?.includes('AC') ? `${p.name}=${this.server.sid}` : p.name === 'PhoneNumber' && path.includes('/SafeList/') ? 'PhoneNumber=%2B15005550006' : '');
		return out + asked.filter(Boolean).map((text, i) => (i ? '&' : '?') + text).join('');
	}
}
