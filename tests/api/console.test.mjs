// How /console is served: the page for every route, tags, codings, caching, its policy.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { request } from 'node:http';
import { withServer } from './lib/server.mjs';

describe('/console', () => it('is served with strong tags, for ever where the name says so, in the coding that is asked for', () => withServer({}, async (server) => {
	/* node:http and not fetch(), which decodes. */
	const get = (path, headers = {}, method = 'GET') => new Promise((done, fail) => request(server.url + path, { method, headers }, async (response) => {
		const pieces = [];
		for await (const piece of response)
			pieces.push(piece);
		done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) });
	}).on('error', fail).end());
	const page = await get('/console');
	assert.equal(page.status, 200);
	assert.equal(page.headers['cache-control'], 'no-cache');
	assert.equal(page.headers['content-encoding'], undefined);
	assert.match(page.headers['content-security-policy'], /^default-src 'self'.*frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'$/);
	assert.doesNotMatch(page.headers['content-security-policy'], /unsafe|http/);
	assert.doesNotMatch(page.body.toString(), /<script(?![^>]* src=)|<style| style=| on\w+=|https?:/);
	for (const asset of page.body.toString().match(/\/console\/assets\/[^"]+/g)) {
		const plain = await get(asset), tag = plain.headers.etag;
		assert.match(tag, /^"[0-9a-f]{32}"$/);
		assert.match(plain.headers['content-type'], /^text\/(javascript|css); charset=utf-8$/);
		assert.match(plain.headers['cache-control'], /immutable/);
		assert.equal(plain.headers.vary, 'Accept-Encoding');
		for (const known of [tag, `"other", ${tag}`, `W/${tag}`, '*']) {
			const again = await get(asset, { 'If-None-Match': known });
			assert.equal(again.status, 304, known);
			assert.equal(again.headers.etag, tag);
			assert.equal(again.body.length, 0);
		}
		assert.equal((await get(asset, { 'If-None-Match': '"other"' })).status, 200);
		for (const accept of ['gzip', 'deflate, GZIP;q=0.5', 'br;q=0, gzip']) {
			const packed = await get(asset, { 'Accept-Encoding': accept });
			assert.equal(packed.headers['content-encoding'], 'gzip', accept);
			assert.equal(packed.headers.etag, tag.replace(/"$/, '-gzip"'));
			assert.deepEqual(gunzipSync(packed.body), plain.body);
			assert.equal((await get(asset, { 'Accept-Encoding': accept, 'If-None-Match': tag })).status, 200);
		}
		for (const accept of ['identity', 'gzip;q=0', 'gzip; q=0.000', 'x-gzip2', ''])
			assert.equal((await get(asset, { 'Accept-Encoding': accept })).headers['content-encoding'], undefined, accept);
		const head = await get(asset, { 'Accept-Encoding': 'gzip' }, 'HEAD');
		assert.equal(head.body.length, 0);
		assert.ok(Number(head.headers['content-length']) > 100);
	}
	for (const path of ['/console/', '/console/log', '/console/a/route/of/its/own', '/console/index.html'])
		assert.equal((await get(path)).headers.etag, page.headers.etag, path);
	for (const path of ['/console/assets/none.js', '/console/assets/', '/consolex'])
		assert.equal((await get(path)).status, 404, path);
	assert.equal((await get('/console', {}, 'POST')).status, 404);
	assert.match((await get('/')).body.toString(), /href="\/console"/);
})));
