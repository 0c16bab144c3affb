// The operations of the OpenAPI document, as the explorer needs them.
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const GROUPS = {
	messaging: 'Messages',
	account: 'Accounts',
	accounts: 'Accounts',
	iam: 'Keys and sign-in',
	limit: 'Limits',
	sample: 'Code examples',
	other: 'Keys and sign-in',
};

const param =
	(where, required) =>
	([name, schema]) => ({
		name,
		in: where,
		required: required.has(name),
		schema,
		hint: schema.description ?? '',
		inert: schema['x-inert'] ?? null,
	});

function one(path, method, about) {
	const content = about.requestBody?.content ?? {},
		json = 'application/json' in content;
	const body = content['application/json']?.schema ?? content['application/x-www-form-urlencoded']?.schema;
	const params = (about.parameters ?? []).map((p) => param(p.in, new Set(p.required ? [p.name] : []))([p.name, p.schema]));
	params.push(...Object.entries(body?.properties ?? {}).map(param('body', new Set(body?.required ?? []))));
	const group =
		/^\/twilio\/([^/]+)/.exec(about['x-permission'] ?? '')?.[1] ??
		(/^\/(?:v1|2010-04-01)\/([^/.]+)/.exec(path)?.[1] ?? 'other').toLowerCase();
	return {
		id: about.operationId,
		summary: about.summary ?? '',
		method: method.toUpperCase(),
		path,
		json: json || (path.startsWith('/v1/') && !body),
		params,
		/* Both interfaces have messages, with operations of much the same names. */
		group:
			group === 'messaging' && path.startsWith('/2010-04-01/')
				? 'Messages, 2010 API'
				: (GROUPS[group] ?? group[0].toUpperCase() + group.slice(1).replace(/[_-]/g, ' ')),
		stream: /\/stream$/.test(path) && method === 'get',
		text: `${about.operationId} ${about.summary} ${method} ${path}`.toLowerCase(),
	};
}

export function operationsOf(document) {
	const all = [];
	for (const [path, methods] of Object.entries(document.paths))
		for (const method of METHODS) if (methods[method]) all.push(one(path, method, methods[method]));
	return all.sort(
		(a, b) => b.group.startsWith('Messages') - a.group.startsWith('Messages') || a.group.localeCompare(b.group) || a.path.localeCompare(b.path),
	);
}

/** Those that have all the words; what begins with them first. */
export function searchOperations(all, words) {
	const terms = words.toLowerCase().split(/\s+/).filter(Boolean);
	return terms.length
		? all
				.filter((o) => terms.every((term) => o.text.includes(term)))
				.sort((a, b) => b.id.toLowerCase().startsWith(terms[0]) - a.id.toLowerCase().startsWith(terms[0]))
		: all;
}

/** What was typed, as the API wants it; throws an Error that says what is wrong. */
export function parse(p, text) {
	const { type } = p.schema;
	if (text === '' || text === undefined) return undefined;
	if (type === 'array')
		return text
			.split('\n')
			.map((one) => one.trim())
			.filter(Boolean)
			.map((one) => parse({ ...p, schema: p.schema.items ?? {} }, one));
	if (type === 'integer' || type === 'number') {
		if (!Number.isFinite(Number(text))) throw new Error(`${p.name} is a number.`);
		return Number(text);
	}
	if (type === 'boolean') return text === 'true';
	if (type === 'object' || (type === undefined && /^\s*[[{]/.test(text))) {
		try {
			return JSON.parse(text);
		} catch {
			throw new Error(`${p.name} is JSON, and this does not parse.`);
		}
	}
	return text;
}
