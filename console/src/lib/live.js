// Feeds the live log: three sources, each with its own state; one that is away comes back where it was.
import { call, get, getSession, onRequest, stream } from './api.js';
import { Log } from './log.js';
import { ofAttempt, ofEvent, ofRequest } from './lines.js';

export const log = new Log();
export const sources = { events: 'connecting', requests: 'connecting', webhooks: 'connecting' };
const watchers = new Set(), eventWatchers = new Set();
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
	for (const watcher of watchers)
		watcher();
};
/** The worst of all sources, in one word. */
export const overall = () => ['reconnecting', 'connecting', 'refused'].find((state) => Object.values(sources).includes(state)) ?? 'live';

/* Lines that arrive together are added together. */
let queue = [], flushing = false;
function soon(line) {
	queue.push(line);
	if (flushing)
		return;
	flushing = true;
	setTimeout(() => {
		flushing = false;
		log.add(queue.splice(0));
	}, 8);
}

function followEvents(signal) {
	return stream('/v1/events/stream', { last: 200 }, {
		state: (state) => setSource('events', state),
		event: ({ event, data }) => {
			if (event !== 'message')
				return;
			const row = JSON.parse(data);
			soon(ofEvent(row));
			for (const watcher of eventWatchers)
				watcher(row);
		},
	}, signal);
}

/* What this browser reads is the console's own, unless it is known to be the user's: that is told by log.mark(). */
function lineOf(request) {
	const line = ofRequest(request);
	line.own = request.method === 'GET' && request.user_agent === navigator.userAgent;
	return line;
}

/* Those of before come as a list, once the stream runs: what is in both is one line. */
function followRequests(signal) {
	let before = false;
	return stream('/v1/requests/stream', {}, {
		state: (state) => {
			setSource('requests', state);
			if (state !== 'live' || before)
				return;
			before = true;
			get('/v1/requests', { limit: 200 }, { signal }).then(({ data }) => log.add(data.map(lineOf).reverse()), () => { before = false; });
		},
		event: ({ event, data }) => event === 'message' && soon(lineOf(JSON.parse(data))),
	}, signal);
}

/* Attempts are written down a moment after they were made, and have no stream: they are asked for, soon after a change
   that may have caused one, and now and then. */
async function followAttempts(signal) {
	let newest = null, wake = () => {}, again = 0;
	const stop = watchEvents(() => { again = 3; wake(); });
	while (!signal.aborted) {
		try {
			const { data } = await get('/v1/webhooks/attempts', { limit: newest ? 200 : 100 }, { signal });
			setSource('webhooks', 'live');
			newest = data[0]?.id ?? newest;
			log.add(data.map(ofAttempt).reverse());
		} catch (failure) {
			if (signal.aborted)
				break;
			if (failure.status >= 400 && failure.status < 500) {
				setSource('webhooks', 'refused');
				break;
			}
			setSource('webhooks', 'reconnecting');
		}
		await new Promise((done) => {
			const timer = setTimeout(done, again-- > 0 ? 400 : document.hidden ? 15000 : 3000);
			wake = () => { clearTimeout(timer); setTimeout(done, 150); };
			signal.addEventListener('abort', done, { once: true });
		});
		wake = () => {};
	}
	stop();
}

export function begin() {
	if (ending || !getSession())
		return;
	ending = new AbortController();
	for (const work of [followEvents, followRequests, followAttempts])
		work(ending.signal);
}

export function end() {
	ending?.abort();
	ending = null;
	queue = [];
	log.clear();
}

export const replay = (id) => call('POST', '/v1/webhooks/replays', { json: { id }, shown: true });
