// What a message is about, asked for only when a row of it is seen: at most four at once, each once.
import { useEffect, useState } from 'preact/hooks';
import { get } from './api.js';

const known = new Map(),
	waiting = new Map(),
	line = [];
let busy = 0;

function next() {
	while (busy < 4 && line.length) {
		const sid = line.pop(); /* the row seen last is asked for first */
		busy++;
		get(`/v1/messages/${sid}`)
			.then(
				(message) => ({ from: message.from, to: message.to, body: (message.body ?? '').slice(0, 200) }),
				() => null,
			)
			.then((subject) => {
				busy--;
				if (known.size > 20000) known.clear();
				known.set(sid, subject);
				for (const tell of waiting.get(sid) ?? []) tell(subject);
				waiting.delete(sid);
				next();
			});
	}
}

export function useSubject(sid) {
	const [subject, setSubject] = useState(known.get(sid) ?? null);
	useEffect(() => {
		if (!sid || known.has(sid)) {
			setSubject(known.get(sid) ?? null);
			return undefined;
		}
		if (!waiting.has(sid)) {
			waiting.set(sid, new Set());
			line.push(sid);
		}
		waiting.get(sid).add(setSubject);
		/* Rows that were only scrolled past are not asked for. */
		const timer = setTimeout(next, 30);
		return () => {
			clearTimeout(timer);
			const who = waiting.get(sid);
			who?.delete(setSubject);
			if (who && !who.size && line.includes(sid)) {
				line.splice(line.indexOf(sid), 1);
				waiting.delete(sid);
			}
		};
	}, [sid]);
	return subject;
}
