// Code that makes a request: curl, and the SDKs.  From an operation of the OpenAPI document and the values given; plain text out.
// Credentials are never in it: programs read SID and TOKEN from their environment.
const quote = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
const js = (value) =>
	typeof value === 'string'
		? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`
		: JSON.stringify(value);
const camel = (name) =>
	name
		.replace(/[<>]/g, (c) => (c === '<' ? 'Before' : 'After'))
		.replace(/[_-](\w)/g, (_, c) => c.toUpperCase())
		.replace(/^\w/, (c) => c.toLowerCase());
const snake = (name) =>
	name
		.replace(/[<>]/g, (c) => (c === '<' ? '_before' : '_after'))
		.replace(/([a-z0-9])([A-Z])/g, '$1_$2')
		.toLowerCase();
const SECRET = new Set(['host', 'content-length', 'connection', 'accept-encoding']);

/** A request that was made: {method, url, body, headers, login}. */
export function curlOf({ method, url, body, headers = {}, login }) {
	const parts = ['curl'];
	if (login) parts.push(`-u ${login}`);
	if (method !== (body ? 'POST' : 'GET')) parts.push(`-X ${method}`);
	parts.push(quote(url));
	for (const [name, value] of Object.entries(headers)) if (!SECRET.has(name.toLowerCase())) parts.push(`-H ${quote(`${name}: ${value}`)}`);
	if (body && /^\s*[[{]/.test(body) && !Object.keys(headers).some((name) => name.toLowerCase() === 'content-type'))
		parts.push("-H 'Content-Type: application/json'");
	if (body) parts.push(`--data-raw ${quote(body)}`);
	return parts.join(' \\\n  ');
}

/** What a body or a query gives by name, as the explorer's address has it; nested values as JSON. */
export function valuesOf(text) {
	let values;
	try {
		values = JSON.parse(text);
	} catch {
		values = Object.fromEntries(new URLSearchParams(text));
	}
	return new URLSearchParams(
		Object.entries(values ?? {}).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
	).toString();
}

/** {path, query, body} of an operation with its values: {name: text or a JSON value}. */
export function fill(operation, values, sid) {
	const query = [],
		body = {};
	let path = operation.path;
	for (const p of operation.params) {
		const value = values[p.name] ?? (p.name === 'AccountSid' ? sid : undefined);
		if (p.in === 'path')
			path = path.replace(`{${p.name}}`, value === undefined || value === '' ? `{${p.name}}` : encodeURIComponent(value));
		else if (value === undefined || value === '' || (Array.isArray(value) && !value.length)) continue;
		else if (p.in === 'query') query.push([p.name, value]);
		else body[p.name] = value;
	}
	return { path, query, body, given: { ...Object.fromEntries(query), ...body } };
}

const search = (query) => (query.length ? `?${new URLSearchParams(query)}` : '');
const pairs = (body) =>
	Object.entries(body).flatMap(([name, value]) =>
		(Array.isArray(value) ? value : [value]).map((one) => [name, typeof one === 'string' ? one : JSON.stringify(one)]),
	);

function curl(operation, values, base) {
	const { path, query, body } = fill(operation, values, '$SID');
	const url = `${base}${path.replaceAll('%24SID', '$SID')}${search(query)}`;
	const parts = ['curl -u "$SID:$TOKEN"'],
		json = operation.json && Object.keys(body).length;
	if (operation.method !== (Object.keys(body).length ? 'POST' : 'GET')) parts.push(`-X ${operation.method}`);
	parts.push(`"${url.replace(/["`\\]/g, encodeURIComponent)}"`);
	if (json)
		parts.push(
			"-H 'Content-Type: application/json'",
			`-d '${JSON.stringify(body, null, '\t')
				.replace(/\n\t?/g, (end) => (end === '\n' ? ' ' : '\n    '))
				.replaceAll("'", "'\\''")}'`,
		);
	else for (const [name, value] of pairs(body)) parts.push(`--data-urlencode ${quote(`${name}=${value}`)}`);
	return parts.join(' \\\n  ');
}

const ACTIONS = {
	collection: { POST: 'create', GET: 'list' },
	instance: { GET: 'fetch', POST: 'update', PUT: 'update', PATCH: 'update', DELETE: 'remove' },
};

/** How an SDK names an operation: {product, version, chain: [{name, arg}], action}; null: the SDK has none. */
export function sdkPath(operation, values) {
	const match = /^\/2010-04-01(?:\/Accounts\/\{AccountSid\})?\/(.+)$/.exec(operation.path.replace(/\.json$/, '')) ?? null;
	const other = /^\/([a-z]+)\/v(\d)\/(.+)$/.exec(operation.path);
	if (!match && !other) return null;
	const chain = [],
		parts = (match ? match[1] : other[3]).split('/');
	for (const part of parts)
		if (part[0] === '{') chain.at(-1).arg = values[part.slice(1, -1)] || part.slice(1, -1);
		else chain.push({ name: part, arg: null });
	const single = chain.at(-1).arg !== null || /^Fetch|^Delete|^Update/.test(operation.id);
	const action = ACTIONS[single ? 'instance' : 'collection'][operation.method];
	return action ? { product: match ? null : other[1], version: match ? null : `v${other[2]}`, chain, action } : null;
}

const NODE_HEAD = (base) => `import twilio from 'twilio';\n\nconst client = twilio(process.env.SID, process.env.TOKEN);\n`;
function node(operation, values, base) {
	const at = sdkPath(operation, values),
		{ given, path, query, body } = fill(operation, values, '$SID');
	if (!at || operation.json) {
		const has = Object.keys(body).length,
			init = [
				`\tmethod: '${operation.method}',`,
				'\theaders: {',
				'\t\tauthorization: `Basic ${btoa(`${process.env.SID}:${process.env.TOKEN}`)}`,',
				...(has && operation.json ? ["\t\t'content-type': 'application/json',"] : []),
				'\t},',
			];
		if (has)
			init.push(
				operation.json
					? `\tbody: JSON.stringify(${JSON.stringify(body, null, '\t').replaceAll('\n', '\n\t')}),`
					: `\tbody: new URLSearchParams(${JSON.stringify(pairs(body))}),`,
			);
		return `const reply = await fetch(${quoteUrl(`${base}${path}${search(query)}`, '`', '${process.env.SID}')}, {\n${init.join('\n')}\n});\nconsole.log(reply.status, await reply.text());\n`;
	}
	const chain = at.chain.map(({ name, arg }) => `.${camel(name)}${arg === null ? '' : `(${js(arg)})`}`).join('');
	const set = at.product ? `client.${at.product}.baseUrl = '${base}/${at.product}';` : `client.api.baseUrl = '${base}';`;
	const options = Object.entries(given)
		.map(([name, value]) => `\t${camel(name)}: ${js(value)},`)
		.join('\n');
	const args = options ? `{\n${options}\n}` : '';
	return `${NODE_HEAD(base)}${set}\n\nconst result = await client${at.product ? `.${at.product}.${at.version}` : ''}${chain}.${at.action}(${args});\nconsole.log(result);\n`;
}
const quoteUrl = (url, mark, sid) =>
	url.includes('%24SID') || url.includes('$SID') ? `${mark}${url.replace(/%24SID|\$SID/g, sid)}${mark}` : `'${url}'`;

const python = (operation, values, base) => {
	const at = sdkPath(operation, values),
		{ given, path, query, body } = fill(operation, values, '$SID');
	const py = (value) =>
		value === true
			? 'True'
			: value === false
				? 'False'
				: Array.isArray(value)
					? `[${value.map(py).join(', ')}]`
					: value !== null && typeof value === 'object'
						? `{${Object.entries(value)
								.map(([k, v]) => `${js(k)}: ${py(v)}`)
								.join(', ')}}`
						: js(value);
	if (!at || operation.json) {
		const has = Object.keys(body).length,
			url = `${base}${path}${search(query)}`;
		const address = /%24SID/.test(url) ? `f'${url.replaceAll('%24SID', '{os.environ["SID"]}')}'` : `'${url}'`;
		return `import os\nimport requests\n\nreply = requests.request('${operation.method}', ${address},\n    auth=(os.environ['SID'], os.environ['TOKEN'])${has ? `,\n    ${operation.json ? 'json' : 'data'}=${py(body)}` : ''})\nprint(reply.status_code, reply.text)\n`;
	}
	const word = (name) => (['from', 'in', 'is', 'not', 'global', 'import'].includes(name) ? `${name}_` : name);
	const chain = at.chain.map(({ name, arg }) => `.${snake(name)}${arg === null ? '' : `(${js(arg)})`}`).join('');
	const set = at.product ? `client.${at.product}.base_url = '${base}/${at.product}'` : `client.api.base_url = '${base}'`;
	const options = Object.entries(given)
		.map(([name, value]) => `    ${word(snake(name))}=${py(value)},`)
		.join('\n');
	return `import os\nfrom twilio.rest import Client\n\nclient = Client(os.environ['SID'], os.environ['TOKEN'])\n${set}\n\nresult = client${at.product ? `.${at.product}.${at.version}` : ''}${chain}.${at.action === 'remove' ? 'delete' : at.action}(${options ? `\n${options}\n` : ''})\nprint(result)\n`;
};

const go = (operation, values, base) => {
	const { path, query, body } = fill(operation, values, '$SID');
	const text = operation.json ? JSON.stringify(body) : new URLSearchParams(pairs(body)).toString();
	const has = Object.keys(body).length,
		url = `${base}${path}${search(query)}`;
	const address = /%24SID/.test(url)
		? url
				.split('%24SID')
				.map((part) => JSON.stringify(part))
				.join(' + os.Getenv("SID") + ')
		: JSON.stringify(url);
	return `package main

import (
	"fmt"
	"io"
	"net/http"
	"os"${has ? '\n\t"strings"' : ''}
)

func main() {
	request, err := http.NewRequest("${operation.method}", ${address}, ${has ? `strings.NewReader(${JSON.stringify(text)})` : 'nil'})
	if err != nil {
		panic(err)
	}
	request.SetBasicAuth(os.Getenv("SID"), os.Getenv("TOKEN"))
${has ? `	request.Header.Set("Content-Type", "${operation.json ? 'application/json' : 'application/x-www-form-urlencoded'}")\n` : ''}	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer reply.Body.Close()
	text, _ := io.ReadAll(reply.Body)
	fmt.Println(reply.Status, string(text))
}
`;
};

export const LANGUAGES = [
	['curl', 'curl', curl],
	['node', 'Node', node],
	['python', 'Python', python],
	['go', 'Go', go],
];
export const sample = (language, operation, values, base) => LANGUAGES.find(([key]) => key === language)[2](operation, values, base);
