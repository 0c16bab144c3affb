// The official SDK, unmodified, on the two roads to a server of one's own; each reply is checked against the contract.
import { createRequire } from 'node:module';
import { root } from './server.mjs';
import { check } from './contract.mjs';

const require = createRequire(`${root}/tests/package.json`);
export const twilio = require('twilio');

function watch(client, server, viaHost) {
	const axios = client.httpClient.axios;
	axios.interceptors.request.use((config) => {
		if (viaHost) {
			const asked = new URL(config.url);
			config.headers.Host = asked.host;
			config.url = server.url + asked.pathname + asked.search;
		}
		return config;
	});
	axios.interceptors.response.use((response) => {
		const product = viaHost ? response.config.headers.Host.split('.')[0] : 'api';
		const pathname = (product === 'api' ? '' : `/${product}`) + new URL(response.config.url).pathname;
		const text = typeof response.data === 'string' ? response.data : JSON.stringify(response.data ?? '');
		check(response.config.method.toUpperCase(), pathname, response.status, text);
		return response;
	});
	return client;
}

/** By base URL with the product's prefix. */
export function byPrefix(server, sid = server.sid, token = server.token) {
	const client = twilio(sid, token, { accountSid: server.sid });
	for (const product of ['api', 'accounts', 'events', 'iam', 'monitor', 'oauth'])
		client[product].baseUrl = `${server.url}/${product}`;
	return watch(client, server, false);
}

/** By the Host header api.twilio.com. */
export function byHost(server, sid = server.sid, token = server.token) {
	const client = twilio(sid, token, { accountSid: server.sid });
	return watch(client, server, true);
}

export const roads = { 'by prefix': byPrefix, 'by host': byHost };
