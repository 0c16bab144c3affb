// Values as people read them.  Times are local, with the exact one in a title.
const two = (n) => String(n).padStart(2, '0');
const three = (n) => String(n).padStart(3, '0');

export const clock = (ms) => {
	const d = new Date(ms);
	return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}.${three(d.getMilliseconds())}`;
};
export const day = (ms) => {
	const d = new Date(ms);
	return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
};
/** Today only the time, else the date too. */
export const when = (value) => {
	if (!value) return '';
	const ms = typeof value === 'number' ? value : Date.parse(value);
	return day(ms) === day(Date.now()) ? clock(ms).slice(0, 8) : `${day(ms)} ${clock(ms).slice(0, 5)}`;
};
export const ago = (value, now = Date.now()) => {
	const s = Math.max(0, (now - Date.parse(value)) / 1000);
	const [n, unit] = s < 60 ? [s, 's'] : s < 3600 ? [s / 60, 'min'] : s < 86400 ? [s / 3600, 'h'] : [s / 86400, 'd'];
	return `${Math.floor(n)} ${unit} ago`;
};
/** Microseconds. */
export const took = (us) =>
	us === null || us === undefined
		? ''
		: us < 1000
			? `${us} µs`
			: us < 1e6
				? `${(us / 1000).toFixed(us < 1e4 ? 1 : 0)} ms`
				: `${(us / 1e6).toFixed(2)} s`;
export const number = (n) => Number(n).toLocaleString('en-US');
export const money = (amount, unit = 'USD') => {
	const n = Number(amount);
	const digits = Math.abs(n) >= 1 || n === 0 ? 2 : 4;
	return `${n < 0 ? '−' : ''}${Math.abs(n).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: 5 })} ${(unit ?? 'USD').toUpperCase()}`;
};
export const shortSid = (sid) => (sid && sid.length > 20 ? `${sid.slice(0, 2)}…${sid.slice(-6)}` : (sid ?? ''));
export const parses = (text) => {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
};
/** JSON whose end may be missing, indented. */
export function indent(text) {
	let out = '',
		depth = 0;
	const line = () => `\n${'  '.repeat(Math.max(0, depth))}`;
	for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"?|[{}[\],:]|[^\s"{}[\],:]+/g))
		if (token === '{' || token === '[') {
			depth++;
			out += token + line();
		} else if (token === '}' || token === ']') {
			depth--;
			out = /[{[]\s*$/.test(out) ? out.trimEnd() + token : out + line() + token;
		} else out += token === ',' ? `,${line()}` : token === ':' ? ': ' : token;
	return out;
}
/** JSON indented, a form one parameter a line, all else as it is. */
export const pretty = (text) => {
	if (!text) return '';
	try {
		return JSON.stringify(JSON.parse(text), null, 2);
	} catch {
		return /^\s*[[{]/.test(text)
			? indent(text)
			: isForm(text)
				? [...new URLSearchParams(text)].map(([name, value]) => `${name} = ${value}`).join('\n')
				: text;
	}
};
export const isForm = (text) => /^[\w.~%+-]+=[^\s<>{}"]*(&[\w.~%+-]+=[^\s<>{}"]*)*$/.test(text);
