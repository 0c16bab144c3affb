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
let reached = { events: null, requests: null };

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
const latestRequests = async (signal) => log.add((await get('/v1/requests', { limit: 200 }, { signal })).data.map(lineOf).reverse());

/* Those of before come as a list, once the stream runs: what is in both is one line. */
function followRequests(signal) {
	let before = false;
	return stream(
		'/v1/requests/stream',
		{},
		{
			state: (state) => {
				setSource('requests', state);
				if (state !== 'live' || before) return;
				before = true;
				latestRequests(signal).catch(() => {
					before = false;
				});
			},
			event: ({ id, event, data }) => {
				reached.requests = id;
				if (event === 'message') soon(lineOf(JSON.parse(data)));
			},
		},
		signal,
		reached.requests,
	);
}

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
const pollRequests = (signal) =>
	repeat(
		'requests',
		signal,
		() => latestRequests(signal),
		() => rest(2000, signal),
	);

/* Attempts are written down a moment after they were made, and have no stream: they are asked for, soon after a change
   that may have caused one, and now and then. */
function pollAttempts(signal) {
	let first = true,
		wake = () => {},
		again = 0;
	const stop = watchEvents(() => {
		again = 3;
		wake();
	});
	signal.addEventListener('abort', stop, { once: true });
	return repeat(
		'webhooks',
		signal,
		async () => {
			/* Back to what is known already; at first the newest are enough. */
			const lines = [];
			let cursor = null,
				known = first;
			for (let pages = 0; pages < 20 && (pages === 0 || (cursor && !known)); pages++) {
				const page = await get('/v1/webhooks/attempts', { limit: 200, cursor }, { signal });
				lines.push(...page.data.map(ofAttempt));
				known ||= lines.slice(-page.data.length).some((line) => log.has(line));
				cursor = page.next_cursor;
			}
			first = false;
			log.add(lines.reverse());
		},
		() =>
			new Promise((done) => {
				const timer = setTimeout(done, again-- > 0 ? 400 : 3000);
				wake = () => {
					clearTimeout(timer);
					setTimeout(done, 150);
				};
				signal.addEventListener('abort', done, { once: true });
			}),
	);
}

const WORK = { stream: [followEvents, followRequests, pollAttempts], poll: [pollEvents, pollRequests, pollAttempts], rest: [] };
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
	reached = { events: null, requests: null };
	log.reset();
}
