// A request from an operation and the values given, and one that was made as curl.  Credentials are in neither.
const quote = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
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
	return { path, query, body };
}

/** Languages of POST /v1/samples: the server writes the programs, by the tables that it answers by. */
export const LANGUAGES = [
	['curl', 'curl'],
	['node', 'Node'],
	['python', 'Python'],
	['go', 'Go'],
];
