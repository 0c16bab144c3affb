// Checks replies against two descriptions: the contract (the OpenAPI files of @twilio/cli-core) and what this program
// says of itself (strowger openapi).
//
// The contract's dialect: a $ref may be null; `type: number` may be a decimal string; an unset SID may be ""; paging
// URIs of the 2010 API are relative though `format: uri`.  Its properties are never `required`, so its examples are the
// stronger half: every key that all examples of a response carry must be there.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { binary, root } from './server.mjs';

const RFC2822 = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d \+0000$/;
const formats = {
	'date-time-rfc-2822': RFC2822,
	'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/,
	uri: /^(https?:\/)?\/\S*$/,
	'phone-number': /^(\+?\d+|[a-z]+:.+|[A-Za-z0-9 ]+)$/,
	decimal: /^-?\d+(\.\d+)?$/,
};

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const typeOk = {
	string: (v) => typeof v === 'string',
	integer: (v) => Number.isInteger(v),
	number: (v) => typeof v === 'number' || formats.decimal.test(v),
	boolean: (v) => typeof v === 'boolean',
	array: Array.isArray,
	object: isObject,
};

// Keys that the contract got after the release of @twilio/cli-core that is pinned.
const newer = {
	sink_enum_sink_type: ['nats', 'kafka'], /* ours beyond it */
	'api.v2010.account.incoming_phone_number': ['type'],
	'api.v2010.account.incoming_phone_number.incoming_phone_number_local': ['type'],
	'api.v2010.account.incoming_phone_number.incoming_phone_number_mobile': ['type'],
	'api.v2010.account.incoming_phone_number.incoming_phone_number_toll_free': ['type'],
};

// What the description beside it contradicts: an actor is a user (US…) "or an Account SID"; a request has "the method your
// application used", which may be DELETE.
const loose = [['monitor.v1.event', 'actor_sid', 'pattern'], ['monitor.v1.alert', 'request_method', 'enum'],
	['monitor.v1.alert-instance', 'request_method', 'enum']];

class Description {
	constructor(name, document, anyNull = false) {
		this.name = name;
		this.anyNull = anyNull; // its own examples have null where its schemas do not allow it
		this.document = document;
		for (const [schema, property, rule] of loose)
			delete document.components?.schemas?.[schema]?.properties[property][rule];
		this.routes = Object.entries(document.paths).map(([path, item]) => ({
			item,
			words: path.split(/(\{\w+\})/).filter((w) => w.startsWith('{')).length,
			pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+?')}$`),
		})).sort((a, b) => a.words - b.words);
	}

	operation(method, path) {
		return this.routes.find((r) => r.pattern.test(path))?.item[method.toLowerCase()];
	}

	validate(schema, value, at, complaints, known = []) {
		const say = (what) => complaints.push(`${this.name}: ${at} ${what}: ${JSON.stringify(value)?.slice(0, 120)}`);
		if (schema.$ref) {
			const name = schema.$ref.split('/').pop();
			if (value !== null)
				this.validate(this.document.components.schemas[name], value, at, complaints, newer[name]);
			return;
		}
		if (value === null) {
			if (!schema.nullable && schema.type && !this.anyNull)
				say('may not be null');
			return;
		}
		if (schema.type && !typeOk[schema.type](value))
			return say(`is no ${schema.type}`);
		if (schema.enum && !schema.enum.includes(value) && !known.includes(value))
			say(`is not one of ${schema.enum}`);
		if (typeof value === 'string' && value !== '') {
			if (formats[schema.format] && !formats[schema.format].test(value))
				say(`is no ${schema.format}`);
			if (schema.pattern && !new RegExp(schema.pattern).test(value))
				say(`does not match ${schema.pattern}`);
			if (value.length > (schema.maxLength ?? Infinity) || value.length < (schema.minLength ?? 0))
				say('has the wrong length');
		}
		if (Array.isArray(value) && schema.items)
			value.forEach((item, i) => this.validate(schema.items, item, `${at}[${i}]`, complaints));
		if (!isObject(value) || !schema.properties)
			return;
		for (const [key, one] of Object.entries(value))
			if (schema.properties[key])
				this.validate(schema.properties[key], one, `${at}.${key}`, complaints);
			else if (!known.includes(key))
				say(`has the unknown key ${key}`);
		for (const key of schema.required ?? [])
			if (!(key in value))
				say(`lacks ${key}`);
	}
}

// Keys that all examples carry, in lists those of the rows too.
function shape(examples, value, at, complaints) {
	const objects = examples.filter(isObject);
	if (!isObject(value) || objects.length === 0)
		return;
	for (const key of Object.keys(objects[0]).filter((k) => objects.every((o) => k in o))) {
		if (!(key in value)) {
			complaints.push(`examples: ${at} lacks ${key}`);
			continue;
		}
		if (key === 'event_data' || key === 'sink_configuration')
			continue; /* what changed, of each event; what each type of sink has */
		const below = objects.map((o) => o[key]);
		if (below.every(Array.isArray) && Array.isArray(value[key]))
			value[key].forEach((row, i) => shape(below.flat(), row, `${at}.${key}[${i}]`, complaints));
		else
			shape(below, value[key], `${at}.${key}`, complaints);
	}
}

const folder = join(root, 'tests/node_modules/@twilio/cli-core/src/services/twilio-api');
const contracts = new Map();

/** The contract's file for a path with the product's prefix ("/iam/v1/Keys"), and the path in it; none for our own. */
function contractOf(path) {
	const [, product, version] = /^\/([a-z]+)\/(v\d+)\//.exec(path) ?? [undefined, 'api', 'v2010'];
	const file = join(folder, `twilio_${product}_${version}.json`);
	if (!contracts.has(file))
		contracts.set(file, existsSync(file) ? new Description('contract', JSON.parse(readFileSync(file, 'utf8')), product === 'pricing') : undefined);
	return [contracts.get(file), product === 'api' ? path : path.slice(product.length + 1)];
}

const own = new Description('openapi', JSON.parse(execFileSync(binary, ['openapi'], { encoding: 'utf8', maxBuffer: 1 << 26 })));
const catalogue = new Map([...readFileSync(join(root, 'src/core/errors.def'), 'utf8').matchAll(/^E\((\d+), (\d+),/gm)]
	.map((m) => [Number(m[1]), Number(m[2])]));

function checkError(status, reply, complaints) {
	for (const [key, type] of Object.entries({ code: 'number', message: 'string', more_info: 'string', status: 'number' }))
		if (typeof reply[key] !== type)
			complaints.push(`error body: ${key} is no ${type}: ${JSON.stringify(reply)}`);
	for (const key of Object.keys(reply))
		if (!['code', 'message', 'more_info', 'status', 'details'].includes(key))
			complaints.push(`error body: unknown key ${key}`);
	if (reply.status !== status)
		complaints.push(`error body: status ${reply.status} in a reply with ${status}`);
	if (!catalogue.has(reply.code))
		complaints.push(`error body: code ${reply.code} is not in the catalogue`);
}

/** An operation says beforehand which errors it can answer. */
function checkDeclared(operation, reply, complaints) {
	if (operation && !operation['x-errors'].includes(reply.code))
		complaints.push(`openapi: ${operation.operationId} does not say that it answers ${reply.code}: ${reply.message}`);
}

export const checked = { contract: 0, openapi: 0, errors: 0 };

/** Throws when the reply breaks a description. path may carry the product's prefix and a query. */
export function check(method, path, status, text) {
	const complaints = [];
	path = path.split('?')[0].replace(/^\/api(?=\/)/, '');
	if (status === 204)
		return text === '' ? undefined : fail([`204 with a body: ${text}`]);
	if (path === '/metrics' || path === '/healthz')
		return;
	const described = own.operation(method, path)?.responses[status];
	if (described && !described.content)
		return; // stored content or words of a gateway, never JSON
	const reply = JSON.parse(text);
	if (status >= 400) {
		checked.errors++;
		checkError(status, reply, complaints);
		checkDeclared(own.operation(method, path), reply, complaints);
		return fail(complaints, method, path);
	}
	const [contract, inner] = contractOf(path);
	for (const [description, at] of [[contract, inner], [own, path]]) {
		const operation = description?.operation(method, at);
		if (!operation) {
			if (description === own && !path.startsWith('/v1/clock'))
				complaints.push('openapi: does not know the operation');
			continue;
		}
		const response = operation.responses[status];
		if (!response) {
			complaints.push(`${description.name}: ${operation.operationId} has no status ${status}`);
			continue;
		}
		const media = response.content?.['application/json'];
		if (!media)
			continue;
		checked[description.name]++;
		description.validate(media.schema, reply, 'reply', complaints);
		shape(Object.values(media.examples ?? {}).map((e) => e.value), reply, 'reply', complaints);
	}
	fail(complaints, method, path);
}

function fail(complaints, method, path) {
	if (complaints.length)
		throw new Error(`${method} ${path}:\n  ${[...new Set(complaints)].slice(0, 12).join('\n  ')}`);
}
