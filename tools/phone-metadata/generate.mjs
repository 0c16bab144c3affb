// Writes src/wire/phone/phone_data.def from the metadata of the npm package libphonenumber-js.
//
//	node generate.mjs node_modules/libphonenumber-js > phone_data.def
//
// The patterns of all regions that share a calling code become one automaton over the digits of the national
// number. Numbers have at most 15 digits, so it has no cycles, and equal nodes are shared over all codes.
// What a number is (region and type) is decided here, by the order that libphonenumber uses.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const metadata = read('metadata.max.json');
const version = read('package.json').version;

// ---- patterns to an NFA: digits, \d, [classes], groups, |, ?, {n}, {n,m} ----

const nfa = []; // { digits: bit mask, to } | { empty: [states] } | { accept: tag }
const state = (s) => nfa.push(s) - 1;

class Pattern {
	constructor(text) {
		this.text = text;
		this.at = 0;
	}
	static fragment(text, next) {
		const p = new Pattern(text);
		const tree = p.alternatives();
		if (p.at !== text.length)
			throw new Error(`cannot read pattern ${text} at ${p.at}`);
		return p.build(tree, next);
	}
	alternatives() {
		const list = [this.sequence()];
		while (this.text[this.at] === '|') {
			this.at++;
			list.push(this.sequence());
		}
		return { any: list };
	}
	sequence() {
		const list = [];
		while (this.at < this.text.length && !'|)'.includes(this.text[this.at]))
			list.push(this.repeated(this.atom()));
		return { all: list };
	}
	repeated(atom) {
		const m = /^(\?|\{(\d+)(?:,(\d+))?\})/.exec(this.text.slice(this.at));
		if (!m)
			return atom;
		this.at += m[0].length;
		const min = m[0] === '?' ? 0 : Number(m[2]);
		const max = m[0] === '?' ? 1 : Number(m[3] ?? m[2]);
		return { repeat: atom, min, max };
	}
	atom() {
		const rest = this.text.slice(this.at);
		let m;
		if ((m = /^\((\?:)?/.exec(rest))) {
			this.at += m[0].length;
			const inner = this.alternatives();
			if (this.text[this.at++] !== ')')
				throw new Error(`unclosed group in ${this.text}`);
			return inner;
		}
		if ((m = /^\\d/.exec(rest))) {
			this.at += 2;
			return { digits: 0x3ff };
		}
		if ((m = /^\[([0-9-]+)\]/.exec(rest))) {
			this.at += m[0].length;
			return { digits: classMask(m[1]) };
		}
		if ((m = /^[0-9]/.exec(rest))) {
			this.at++;
			return { digits: 1 << Number(m[0]) };
		}
		throw new Error(`cannot read pattern ${this.text} at ${this.at}`);
	}
	build(tree, next) {
		if (tree.any)
			return state({ empty: tree.any.map((t) => this.build(t, next)) });
		if (tree.all)
			return tree.all.reduceRight((to, t) => this.build(t, to), next);
		if (tree.digits !== undefined)
			return state({ digits: tree.digits, to: next });
		let to = next;
		for (let i = tree.max; i > 0; i--) {
			const one = this.build(tree.repeat, to);
			to = i > tree.min ? state({ empty: [one, next] }) : one;
		}
		return to;
	}
}

function classMask(text) {
	let mask = 0;
	for (const m of text.matchAll(/(\d)(?:-(\d))?/g))
		for (let d = Number(m[1]); d <= Number(m[2] ?? m[1]); d++)
			mask |= 1 << d;
	return mask;
}

function closure(states) {
	const seen = new Set();
	const stack = [...states];
	while (stack.length) {
		const s = stack.pop();
		if (seen.has(s))
			continue;
		seen.add(s);
		stack.push(...(nfa[s].empty ?? []));
	}
	return [...seen].filter((s) => !nfa[s].empty).sort((a, b) => a - b);
}

// ---- regions ----

// Positions in a region's row of the package's metadata (see its source/metadata.js).
const PATTERN = 2, LENGTHS = 3, NATIONAL_PREFIX = 5, LEADING_DIGITS = 10, TYPES = 11;
// Positions in the list of types.
const TYPE_AT = { FIXED_LINE: 0, MOBILE: 1, TOLL_FREE: 2, PREMIUM: 3, PERSONAL: 4, VOICEMAIL: 5, UAN: 6, PAGER: 7,
	VOIP: 8, SHARED_COST: 9 };
// A number that fits several is the first of these.
const ORDER = ['PREMIUM', 'TOLL_FREE', 'SHARED_COST', 'VOIP', 'PERSONAL', 'PAGER', 'UAN', 'VOICEMAIL'];
// Digits once dialled in front of the national number, still met in address books. Mexico dropped its 1 in 2019.
const OLD_PREFIXES = { 52: '1' };

function regionsOf(code) {
	const names = metadata.country_calling_codes[code] ?? ['001'];
	return names.map((name) => {
		const row = name === '001' ? metadata.nonGeographic[code] : metadata.countries[name];
		const types = new Map();
		for (const [type, at] of Object.entries(TYPE_AT)) {
			const entry = row[TYPES] && row[TYPES][at];
			// A type with an empty pattern repeats that of the fixed lines.
			if (entry)
				types.set(type, { pattern: entry[0] || row[TYPES][0][0],
					lengths: entry[1] || (entry[0] ? 0 : row[TYPES][0][1]) || row[LENGTHS] });
		}
		return { name, lengths: row[LENGTHS], pattern: row[PATTERN], leading: row[LEADING_DIGITS], types,
			prefix: row[NATIONAL_PREFIX] };
	});
}

function start(regions) {
	const all = [];
	regions.forEach((region, r) => {
		const add = (kind, pattern) => all.push(Pattern.fragment(pattern, state({ accept: `${r} ${kind}` })));
		add('GENERAL', region.pattern);
		for (const [type, { pattern }] of region.types)
			add(type, pattern);
		if (region.leading) {
			const end = state({ accept: `${r} LEADING` });
			const more = state({});
			nfa[more] = { digits: 0x3ff, to: state({ empty: [end, more] }) };
			all.push(Pattern.fragment(region.leading, state({ empty: [end, more] })));
		}
	});
	return closure(all);
}

function typeOf(region, r, tags, n) {
	const fits = (type) => tags.has(`${r} ${type}`) && region.types.get(type).lengths.includes(n);
	if (!tags.has(`${r} GENERAL`) || !region.lengths.includes(n))
		return null;
	const special = ORDER.find(fits);
	if (special)
		return special;
	if (fits('FIXED_LINE'))
		return fits('MOBILE') ? 'FIXED_OR_MOBILE' : 'FIXED_LINE';
	return fits('MOBILE') ? 'MOBILE' : null;
}

// 0: not valid; otherwise 1 + index in results
const results = [];
const resultAt = new Map();

function verdict(regions, states, n) {
	const tags = new Set(states.filter((s) => nfa[s].accept).map((s) => nfa[s].accept));
	for (const [r, region] of regions.entries()) {
		const type = typeOf(region, r, tags, n);
		if (region.leading ? !tags.has(`${r} LEADING`) : !type)
			continue;
		if (!type)
			return 0;
		const key = `"${region.name}", ${type}`;
		if (!resultAt.has(key))
			resultAt.set(key, results.push(key));
		return resultAt.get(key);
	}
	return 0;
}

// ---- the automaton, from its ends to its roots; node 0 accepts nothing ----

const nodes = ['0 0 0 0 0 0 0 0 0 0 0'];
const nodeAt = new Map([[nodes[0], 0]]);

function node(regions, states, n, known) {
	const key = states.join(' ') + '/' + n;
	if (known.has(key))
		return known.get(key);
	const row = [verdict(regions, states, n)];
	for (let d = 0; d < 10; d++) {
		const to = states.filter((s) => nfa[s].digits & (1 << d)).map((s) => nfa[s].to);
		row.push(to.length && n < 15 ? node(regions, closure(to), n + 1, known) : 0);
	}
	const text = row.join(' ');
	if (!nodeAt.has(text))
		nodeAt.set(text, nodes.push(text) - 1);
	known.set(key, nodeAt.get(text));
	return nodeAt.get(text);
}

const plans = [];
const codes = [...new Set([...Object.keys(metadata.country_calling_codes), ...Object.keys(metadata.nonGeographic)])];
for (const code of codes.map(Number).sort((a, b) => a - b)) {
	const regions = regionsOf(String(code));
	const main = regions[0];
	const root = node(regions, start(regions), 0, new Map());
	const lengths = main.lengths.reduce((mask, n) => mask | (1 << n), 0);
	const prefix = OLD_PREFIXES[code] ?? (main.prefix || '');
	plans.push(`PLAN(${code}, "${regions.length === 1 ? main.name : ''}", 0x${lengths.toString(16)}, "${prefix}", ${root})`);
}

// Most nodes lead to one or two others: a node is its verdict and its edges, an edge the digits that go along it.
let edges = 0;
const nodeItems = [], edgeItems = [];
for (const text of nodes) {
	const [accept, ...targets] = text.split(' ').map(Number);
	const masks = new Map();
	targets.forEach((to, digit) => to && masks.set(to, (masks.get(to) ?? 0) | (1 << digit)));
	nodeItems.push(`N(${accept},${edges})`);
	for (const [to, mask] of masks)
		edgeItems.push(`E(0x${mask.toString(16)},${to})`);
	edges += masks.size;
}
nodeItems.push(`N(0,${edges})`);
if (edges > 65535 || nodes.length > 65535)
	throw new Error('the tables no longer fit 16 bits');

function print(items) {
	let line = '';
	for (const item of items) {
		if (line.length + item.length > 118) {
			console.log(line);
			line = '';
		}
		line += (line && ' ') + item;
	}
	console.log(line);
}

console.log(readFileSync(new URL('head.txt', import.meta.url), 'utf8').replace('@VERSION@', version).trimEnd());
console.log(`VERSION("${version}")`);
plans.forEach((line) => console.log(line));
results.forEach((line) => console.log(`RESULT(${line})`));
print(nodeItems);
print(edgeItems);
console.error(`${plans.length} calling codes, ${results.length} results, ${nodes.length} nodes, ${edges} edges`);
console.log(['VERSION', 'PLAN', 'RESULT', 'N', 'E'].map((name) => `#undef ${name}`).join('\n'));
