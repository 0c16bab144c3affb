// Browsers open six connections to a server, for all tabs together.  So a tab that is not seen gives its streams back, and of
// those that are seen (several windows) one has streams, three of them; the others ask now and then.  Tabs tell each other by a channel.
const STREAMING_MOST = 1,
	TELL_MS = 3000,
	GONE_MS = 9000;

/** Calls onMode('stream' | 'poll' | 'rest') at first and at each change. @return what ends it */
export function share(onMode, channel = new BroadcastChannel('strowger-console')) {
	const id = crypto.getRandomValues(new Uint32Array(2)).join('-'),
		since = Date.now(),
		others = new Map();
	let mode = '',
		ready = false;
	const tell = (what) => channel.postMessage({ what, id, since });
	const decide = () => {
		if (!ready) return;
		for (const [other, { heard }] of others) if (Date.now() - heard > GONE_MS) others.delete(other);
		const before = [...others].filter(([other, { since: theirs }]) => theirs < since || (theirs === since && other < id)).length;
		const next = document.hidden ? 'rest' : before < STREAMING_MOST ? 'stream' : 'poll';
		if (next !== mode) onMode((mode = next));
	};
	channel.onmessage = ({ data }) => {
		if (data.what === 'bye') others.delete(data.id);
		else others.set(data.id, { since: data.since, heard: Date.now() });
		if (data.what === 'hello' && !document.hidden) tell('here');
		decide();
	};
	const seen = () => {
		tell(document.hidden ? 'bye' : 'hello');
		decide();
	};
	const bye = () => tell('bye');
	const timer = setInterval(() => {
		if (!document.hidden) tell('here');
		decide();
	}, TELL_MS);
	/* The others have this long to say that they are there. */
	const start = setTimeout(() => {
		ready = true;
		decide();
	}, 60);
	document.addEventListener('visibilitychange', seen);
	addEventListener('pagehide', bye);
	tell('hello');
	return () => {
		bye();
		clearInterval(timer);
		clearTimeout(start);
		document.removeEventListener('visibilitychange', seen);
		removeEventListener('pagehide', bye);
		channel.close();
	};
}
