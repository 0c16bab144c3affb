// What routes have in common: data that is loaded, and loaded again.
import { useCallback, useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { log, overall, watchEvents, watchSources } from './live.js';

export function useTitle(title) {
	useEffect(() => {
		document.title = `${title} - Strowger`;
	}, [title]);
}

/** {data, error, loading, reload}: what load() gives; again when keys change, and every every_ms. Old data stays meanwhile. */
export function useLoad(load, keys = [], every_ms = 0) {
	const [state, setState] = useState({ data: null, error: null, loading: true });
	const turn = useRef(0),
		loader = useRef(load),
		away = useRef(false);
	loader.current = load;
	const reload = useCallback(async () => {
		const mine = ++turn.current;
		try {
			const data = await loader.current();
			if (mine === turn.current) setState({ data, error: null, loading: false });
		} catch (error) {
			if (mine === turn.current) setState((old) => ({ data: old.data, error, loading: false }));
		}
	}, []);
	useEffect(() => {
		setState((old) => ({ ...old, loading: true }));
		reload();
		const timer = every_ms ? setInterval(() => !document.hidden && reload(), every_ms) : 0;
		/* What failed because the server was away is asked for again when it is back. */
		const stop = watchSources(() => overall() === 'live' && away.current && reload());
		return () => {
			clearInterval(timer);
			stop();
			turn.current++;
		};
	}, keys);
	away.current = state.error?.status === 0;
	return { ...state, reload };
}

/** {send, said, error, busy}: work(), when it is asked for; what it gave, or why it was refused. */
export function useSend(work) {
	const [state, setState] = useState({ said: null, error: null, busy: false });
	const send = async (...given) => {
		setState((old) => ({ ...old, busy: true }));
		try {
			setState({ said: await work(...given), error: null, busy: false });
		} catch (error) {
			setState({ said: null, error: Object.assign(error, { sent: true }), busy: false });
		}
	};
	return { ...state, send };
}

/** The value, once it has been the same for ms. */
export function useSettled(value, ms) {
	const [settled, setSettled] = useState(value);
	useEffect(() => {
		const timer = setTimeout(() => setSettled(value), ms);
		return () => clearTimeout(timer);
	}, [value]);
	return settled;
}

/** Calls work, at most once in ms, when an event of the log fits. */
export function useEvents(fits, work, ms = 150) {
	const latest = useRef();
	latest.current = { fits, work };
	useEffect(() => {
		let timer = 0;
		const stop = watchEvents((event) => {
			if (!timer && latest.current.fits(event))
				timer = setTimeout(() => {
					timer = 0;
					latest.current.work();
				}, ms);
		});
		return () => {
			clearTimeout(timer);
			stop();
		};
	}, []);
}

/** Renders again when the live log has changed. */
export function useLog() {
	const [, again] = useReducer((n) => n + 1, 0);
	useEffect(() => log.listen(again), []);
	return log;
}

export function useScheme() {
	const [dark, setDark] = useState(isDark());
	useEffect(() => {
		const media = matchMedia('(prefers-color-scheme: dark)'),
			look = () => setDark(isDark());
		media.addEventListener('change', look);
		addEventListener('strowger-scheme', look);
		return () => {
			media.removeEventListener('change', look);
			removeEventListener('strowger-scheme', look);
		};
	}, []);
	return dark;
}
const isDark = () => ({ dark: true, light: false })[document.documentElement.dataset.scheme] ?? matchMedia('(prefers-color-scheme: dark)').matches;
