// The one road to the server: who is signed in, requests, streams.  Of the sign-in only the session's token is kept, in
// this tab (sessionStorage), never the secret.
import { follow } from './sse.js';

const KEY = 'strowger.session',
	ENDED = 'strowger.ended';
let session = null;
try {
	session = JSON.parse(sessionStorage.getItem(KEY));
} catch {
	/* no session, then */
}
const watchers = new Set();
let note = () => {};

export const getSession = () => session;
export const onSession = (watcher) => {
	watchers.add(watcher);
	return () => watchers.delete(watcher);
};
/** Whom to tell of request ids, and whether they are the console's own or the user's. */
export const onRequest = (listener) => {
	note = listener;
};

function setSession(next, why = '') {
	session = next;
	if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
	else sessionStorage.removeItem(KEY);
	sessionStorage.setItem(ENDED, why);
	for (const watcher of watchers) watcher(session);
}
export const whyEnded = () => sessionStorage.getItem(ENDED) ?? '';

/** What the server refused, in its words; status 0: it could not be reached. */
export class Refusal extends Error {
	constructor(status, body) {
		super(body?.message ?? (status ? `The server answered ${status}.` : 'The server cannot be reached.'));
		this.status = status;
		this.code = body?.code ?? null;
	}
}

/* A browser asks for a password of its own when a 401 has a challenge, but for requests without its credentials. */
const QUIET = { credentials: 'omit', cache: 'no-store' };
const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

export async function signIn(user, secret) {
	let response;
	try {
		response = await fetch('/v1/sessions', {
			...QUIET,
			method: 'POST',
			headers: { authorization: `Basic ${base64(`${user}:${secret}`)}`, accept: 'application/json' },
		});
	} catch {
		throw new Refusal(0);
	}
	const body = await response.json().catch(() => null);
	if (!response.ok) throw new Refusal(response.status, body);
	setSession(body);
}

export const signOut = () => setSession(null);

/* A key that may not do one thing is refused with 401 too (70051), and stays signed in. */
const isOver = (status, code) => status === 401 && code !== 70051;

/**
 * {status, ok, headers, text, json, ms}; throws Refusal(0) when the server cannot be reached.
 * options: json, form (an object or URLSearchParams), query (an object), shown: it is the user's, not the console's own, headers
 */
export async function call(method, path, { json, form, query, shown = false, headers = {}, signal } = {}) {
	const asked = session,
		init = { ...QUIET, method, headers: { accept: 'application/json', ...headers }, signal };
	if (asked) init.headers.authorization = `Bearer ${asked.token}`;
	if (json !== undefined) {
		init.body = JSON.stringify(json);
		init.headers['content-type'] = 'application/json';
	} else if (form) init.body = form instanceof URLSearchParams ? form : new URLSearchParams(form);
	const words = new URLSearchParams(
		Object.entries(query ?? {}).filter(([, value]) => value !== '' && value !== null && value !== undefined),
	).toString();
	const from = performance.now();
	let response, text;
	try {
		response = await fetch(path + (words ? `?${words}` : ''), init);
		note(response.headers.get('twilio-request-id'), !shown);
		text = await response.text();
	} catch (failure) {
		throw signal?.aborted ? failure : new Refusal(0);
	}
	const reply = { status: response.status, ok: response.ok, headers: response.headers, text, json: null, ms: performance.now() - from };
	try {
		reply.json = text && JSON.parse(text);
	} catch {
		/* not JSON: the text says it */
	}
	if (isOver(reply.status, reply.json?.code) && asked && asked === session)
		setSession(null, 'Your session has ended. Sign in again; you come back to the page where you were.');
	return reply;
}

/** The JSON of an answer that went well; else a Refusal. */
export async function ask(method, path, options) {
	const reply = await call(method, path, options);
	if (!reply.ok) throw new Refusal(reply.status, reply.json);
	return reply.json;
}
export const get = (path, query, options) => ask('GET', path, { ...options, query });

/** All pages of a native list, up to most rows. */
export async function getAll(path, query = {}, most = 1000) {
	const rows = [];
	let cursor = null;
	do {
		const page = await get(path, { limit: Math.min(most, 1000), ...query, cursor });
		rows.push(...page.data);
		cursor = page.next_cursor;
	} while (cursor && rows.length < most);
	return rows;
}

/** The path of the 2010 API for this account. */
export const account = (what) => `/2010-04-01/Accounts/${session?.account_sid}/${what}.json`;

/** Follows a stream of the server; see follow(). */
export function stream(path, query, on, signal, lastId = null) {
	const words = (params) => new URLSearchParams(params).toString();
	return follow({
		signal,
		lastId,
		open: async (last, attempt) => {
			/* The beginning is asked for once; from then on the last id says where to go on. */
			const search = words(last === null ? query : Object.fromEntries(Object.entries(query).filter(([name]) => name !== 'last')));
			const response = await fetch(search ? `${path}?${search}` : path, {
				...QUIET,
				signal: attempt,
				headers: {
					accept: 'text/event-stream',
					authorization: `Bearer ${session?.token}`,
					...(last !== null && { 'last-event-id': last }),
				},
			});
			note(response.headers.get('twilio-request-id'), true);
			return response;
		},
		on: {
			...on,
			state: (state, why) => {
				on.state(state, why);
				if (state === 'refused' && isOver(401, why?.code) && why?.status === 401 && session)
					setSession(null, 'Your session has ended. Sign in again; you come back to the page where you were.');
			},
		},
	});
}
