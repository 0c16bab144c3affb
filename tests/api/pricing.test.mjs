// The contract's Pricing API, filled from the price book.
import assert from 'node:assert/strict';
import { describe, it, before, after } from 'node:test';
import { Server, until } from './lib/server.mjs';
import { byHost } from './lib/sdk.mjs';

describe('pricing', () => {
	let server, client;
	before(async () => {
		server = await Server.start();
		client = byHost(server);
	});
	after(() => server.stop());

	it('lists countries over pages', async () => {
		const messaging = await client.pricing.v1.messaging.countries.list();
		assert.ok(messaging.length > 200);
		assert.deepEqual((await client.pricing.v1.messaging.countries.list({ pageSize: 30 })).map((c) => c.isoCountry), messaging.map((c) => c.isoCountry));
		const us = messaging.find((c) => c.isoCountry === 'US');
		assert.equal(us.country, 'United States');
		assert.match(us.url, /\/v1\/Messaging\/Countries\/US$/);
		for (const list of [client.pricing.v1.voice.countries, client.pricing.v2.voice.countries, client.pricing.v1.phoneNumbers.countries]) {
			const countries = await list.list();
			assert.ok(countries.length >= 5 && countries.length < 50 && countries.some((c) => c.isoCountry === 'US'));
		}
		const trunking = await server.call('GET', '/pricing/v2/Trunking/Countries?PageSize=5');
		assert.equal(trunking.json.countries.length, 5);
		const next = new URL(trunking.json.meta.next_page_url);
		const more = await server.call('GET', next.pathname + next.search);
		assert.ok(more.json.countries[0].iso_country > trunking.json.countries[4].iso_country);
		const previous = new URL(more.json.meta.previous_page_url);
		assert.deepEqual((await server.call('GET', previous.pathname + previous.search)).json.countries, trunking.json.countries);
	});

	it('shows each product\'s prices in the contract\'s shape', async () => {
		const sms = await client.pricing.v1.messaging.countries('US').fetch();
		assert.deepEqual([sms.priceUnit, sms.outboundSmsPrices[0].prices[0].current_price, sms.inboundSmsPrices.length], ['USD', '0.0075', 3]);
		const voice = (await server.call('GET', '/pricing/v1/Voice/Countries/GB')).json;
		assert.deepEqual([voice.outbound_prefix_prices[0].prefixes, voice.outbound_prefix_prices[0].current_price, voice.inbound_call_prices[0].number_type], [['44'], '0.016', 'local']);
		assert.equal((await client.pricing.v1.voice.countries('GB').fetch()).outboundPrefixPrices[0].prefixes[0], '44');
		const second = (await server.call('GET', '/pricing/v2/Voice/Countries/GB')).json;
		assert.deepEqual([second.outbound_prefix_prices[0].destination_prefixes, second.outbound_prefix_prices[0].origination_prefixes], [['44'], ['ALL']]);
		assert.equal((await client.pricing.v2.voice.countries('GB').fetch()).isoCountry, 'GB');
		const number = await client.pricing.v1.voice.numbers('+442079460000').fetch();
		assert.deepEqual([number.number, number.isoCountry], ['+442079460000', 'GB']);
		const called = (await server.call('GET', '/pricing/v1/Voice/Numbers/+442079460000')).json;
		assert.deepEqual([called.outbound_call_price.current_price, called.inbound_call_price.number_type], ['0.016', null]);
		const from = await client.pricing.v2.voice.numbers('+18001234567').fetch({ originationNumber: '+14155552671' });
		assert.deepEqual([from.originationNumber, from.outboundCallPrices.length], ['+14155552671', 1]);
		const phone = await client.pricing.v1.phoneNumbers.countries('US').fetch();
		assert.deepEqual(phone.phoneNumberPrices.map((p) => p.number_type ?? p.numberType), ['local', 'toll free']);
		const trunk = await client.pricing.v2.countries('US').fetch();
		assert.ok(trunk.terminatingPrefixPrices.length && trunk.originatingCallPrices.length);
		const call = await client.pricing.v2.numbers('+14155552671').fetch();
		assert.equal(call.terminatingPrefixPrices.length, 1);
	});

	it('follows the book, and tells what this account pays beside what all do', async () => {
		const row = { product: 'sms', country: 'IE', direction: 'outbound' };
		for (const json of [{ ...row, amount: '0.05' }, { ...row, amount: '0.04', account_sid: server.sid }, { ...row, amount: '0.03', carrier: 'cheap' }])
			assert.equal((await server.call('POST', '/v1/prices', { json })).status, 201);
		const prices = await until(async () => {
			const { outboundSmsPrices } = await client.pricing.v1.messaging.countries('IE').fetch();
			return outboundSmsPrices.length === 2 && outboundSmsPrices;
		}, 'the new rows');
		assert.deepEqual(prices.map((p) => [p.carrier, p.prices[0].base_price, p.prices[0].current_price]), [['cheap', '0.030', '0.040'], ['any', '0.050', '0.040']]);
	});

	it('knows what is no country and no number', async () => {
		for (const path of ['v1/Messaging/Countries/XX', 'v1/Messaging/Countries/us', 'v1/Voice/Countries/AQ', 'v1/PhoneNumbers/Countries/SO', 'v2/Trunking/Countries/U',
			'v1/Voice/Numbers/hello', 'v2/Voice/Numbers/+99912345678', 'v2/Trunking/Numbers/whatsapp:+14155552671'])
			assert.equal((await server.call('GET', `/pricing/${path}`)).status, 404, path);
		assert.equal((await server.call('GET', '/pricing/v2/Voice/Numbers/+14155552671?OriginationNumber=x')).status, 400);
		assert.equal((await server.call('GET', '/pricing/v1/Voice/Countries', { auth: null })).status, 401);
	});
});
