// Server-sent events over fetch: EventSource can send no Authorization header.

/** Cuts what arrives into events: {id, event, data}.  Text may come in any pieces. */
export class SseParser {
	#rest = '';
	#data = [];
	#event = '';
	#begun = false;
	id = null;

	push(text) {
		const events = [];
		this.#rest += text;
		if (!this.#begun && this.#rest) {
			this.#begun = true;
			this.#rest = this.#rest.replace(/^\uFEFF/, '');
		}
		for (;;) {
			const end = /\r\n|\n|\r(?!$)/.exec(this.#rest);
			if (!end) return events;
			const line = this.#rest.slice(0, end.index);
			this.#rest = this.#rest.slice(end.index + end[0].length);
			if (line === '') this.#finish(events);
			else this.#field(line);
		}
	}

	#field(line) {
		const colon = line.indexOf(':');
		if (colon === 0) return;
		const name = colon < 0 ? line : line.slice(0, colon);
		const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
		if (name === 'data') this.#data.push(value);
		else if (name === 'event') this.#event = value;
		else if (name === 'id' && !value.includes('\0')) this.id = value;
	}

	#finish(events) {
		if (this.#data.length) events.push({ id: this.id, event: this.#event || 'message', data: this.#data.join('\n') });
		this.#data = [];
		this.#event = '';
	}
}

const wait = (ms, signal) =>
	new Promise((done) => {
		const timer = setTimeout(done, ms);
		signal.addEventListener(
			'abort',
			() => {
				clearTimeout(timer);
				done();
			},
			{ once: true },
		);
	});

/**
 * Follows a stream until signal aborts, and connects again by itself from the last id.
 * open(lastId, signal) -> Response; on.event(event); on.state('connecting' | 'live' | 'reconnecting' | 'refused', why)
 * A server that stays silent for quiet_ms is taken for gone: it sends a comment every 15 s.
 */
export async function follow({ open, on, signal, lastId = null, quiet_ms = 40000, first_ms = 200, most_ms = 3000 }) {
	let pause = first_ms;
	on.state('connecting');
	while (!signal.aborted) {
		const attempt = new AbortController(),
			stop = () => attempt.abort();
		signal.addEventListener('abort', stop, { once: true });
		let watch = setTimeout(stop, quiet_ms);
		try {
			const response = await open(lastId, attempt.signal);
			if (response.status === 410) lastId = null;
			if (response.status >= 400 && response.status < 500 && ![408, 410, 429].includes(response.status)) {
				on.state('refused', await response.json().catch(() => ({ status: response.status })));
				return;
			}
			if (response.ok && response.body) {
				on.state('live');
				const parser = new SseParser(),
					text = new TextDecoder(),
					reader = response.body.getReader();
				for (;;) {
					const { done, value } = await reader.read();
					if (done) break;
					pause = first_ms;
					clearTimeout(watch);
					watch = setTimeout(stop, quiet_ms);
					for (const event of parser.push(text.decode(value, { stream: true }))) on.event(event);
					lastId = parser.id ?? lastId;
				}
			}
		} catch {
			/* the server is away, or this attempt was ended: again below */
		} finally {
			clearTimeout(watch);
			signal.removeEventListener('abort', stop);
		}
		if (signal.aborted) return;
		on.state('reconnecting');
		await wait(pause, signal);
		pause = Math.min(pause * 2, most_ms);
	}
}
