// Feeds the live log: three sources, each with its own state; one that is away comes back where it was.
import { get, getSession, onRequest, stream } from './api.js';
import { Log } from './log.js';
import { ofAttempt, ofEvent, ofRequest } from './lines.js';
import { share } from './share.js';

export const log = new Log();
export const sources = { events: 'connecting', requests: 'connecting', webhooks: 'connecting' };
const watchers = new Set(),
	eventWatchers = new Set();
let ending = null;
onRequest((id, own) => id && log.mark(id, own));

export const watchSources = (watcher) => {
	watchers.add(watcher);
	return () => watchers.delete(watcher);
};
/** Each event of the log as it arrives, not those of before. */
export const watchEvents = (watcher) => {
	eventWatchers.add(watcher);
	return () => eventWatchers.delete(watcher);
};
const setSource = (name, state) => {
	sources[name] = state;
	for (const watcher of watchers) watcher();
};
/** The worst of all sources, in one word. */
export const overall = () => ['reconnecting', 'connecting', 'refused'].find((state) => Object.values(sources).includes(state)) ?? 'live';

/* Lines that arrive together are added together. */
let queue = [],
	flushing = false;
function soon(line) {
	queue.push(line);
	if (flushing) return;
	flushing = true;
	setTimeout(() => {
		flushing = false;
		log.add(queue.splice(0));
	}, 8);
}

/* Where each source has come to: a stream that is opened again goes on from there. */
let reached = { events: null, requests: null, webhooks: null };

function takeEvent(row, fresh) {
	soon(ofEvent(row));
	if (fresh) for (const watcher of eventWatchers) watcher(row);
}

function followEvents(signal) {
	return stream(
		'/v1/events/stream',
		{ last: 200 },
		{
			state: (state) => setSource('events', state),
			event: ({ id, event, data }) => {
				reached.events = id;
				if (event === 'message') takeEvent(JSON.parse(data), true);
			},
		},
		signal,
		reached.events,
	);
}

/* What this browser reads is the console's own, unless it is known to be the user's: that is told by log.mark(). */
function lineOf(request) {
	const line = ofRequest(request);
	line.own = request.method === 'GET' && request.user_agent === navigator.userAgent;
	return line;
}
/* Logs that are lists and streams. */
const LOGS = {
	requests: { path: '/v1/requests', lineOf },
	webhooks: { path: '/v1/webhooks/attempts', lineOf: ofAttempt },
};
const latest = async (name, signal) => log.add((await get(LOGS[name].path, { limit: 200 }, { signal })).data.map(LOGS[name].lineOf).reverse());

/* Those of before come as a list, once the stream runs and until it has said where it is: what is in both is one line. */
const follow = (name) => (signal) =>
	stream(
		`${LOGS[name].path}/stream`,
		{},
		{
			state: (state) => {
				setSource(name, state);
				if (state === 'live' && reached[name] === null) latest(name, signal).catch(() => setSource(name, 'reconnecting'));
			},
			event: ({ id, event, data }) => {
				reached[name] = id;
				if (event === 'message') soon(LOGS[name].lineOf(JSON.parse(data)));
			},
		},
		signal,
		reached[name],
	);

/** Asks again and again until signal aborts: pause() says after how many ms. */
async function repeat(name, signal, work, pause) {
	while (!signal.aborted) {
		try {
			await work();
			setSource(name, 'live');
		} catch (failure) {
			if (signal.aborted) return;
			setSource(name, failure.status >= 400 && failure.status < 500 ? 'refused' : 'reconnecting');
			if (sources[name] === 'refused') return;
		}
		await pause();
	}
}
const rest = (ms, signal) =>
	new Promise((done) => {
		setTimeout(done, ms);
		signal.addEventListener('abort', done, { once: true });
	});

function pollEvents(signal) {
	return repeat(
		'events',
		signal,
		async () => {
			const fresh = reached.events !== null,
				page = await get('/v1/events', fresh ? { cursor: reached.events, limit: 1000 } : { last: 200, limit: 1000 }, {
					signal,
				});
			reached.events = page.next_cursor;
			for (const row of page.data) takeEvent(row, fresh);
		},
		() => rest(1000, signal),
	);
}
const poll = (name) => (signal) =>
	repeat(
		name,
		signal,
		() => latest(name, signal),
		() => rest(2000, signal),
	);

const WORK = {
	stream: [followEvents, follow('requests'), follow('webhooks')],
	poll: [pollEvents, poll('requests'), poll('webhooks')],
	rest: [],
};
let unshare = null;

export function begin() {
	if (unshare || !getSession()) return;
	unshare = share((mode) => {
		ending?.abort();
		ending = new AbortController();
		for (const work of WORK[mode]) work(ending.signal);
	});
}

export function end() {
	unshare?.();
	ending?.abort();
	unshare = ending = null;
	queue = [];
	reached = { events: null, requests: null, webhooks: null };
	log.reset();
}
