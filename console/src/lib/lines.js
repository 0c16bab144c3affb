// What a line of the live log says, by where it came from.  Plain data: no DOM.
const BAD = new Set(['failed', 'undelivered']);
const GOOD = new Set(['delivered', 'received', 'read']);
export const KINDS = { request: 'Requests', message: 'Messages', webhook: 'Webhooks', event: 'Events' };

const levelOf = (status) => (status >= 500 ? 'bad' : status >= 400 ? 'warn' : 'ok');
export const levelOfState = (state) => (BAD.has(state) ? 'bad' : GOOD.has(state) ? 'ok' : state === 'canceled' ? 'warn' : 'info');

const line = (l) => {
	l.text = `${l.status} ${l.title} ${l.sid ?? ''} ${l.more ?? ''}`.toLowerCase();
	return l;
};

/* The first plain values of an event's data. */
const brief = (data) =>
	Object.entries(data ?? {})
		.filter(([, value]) => value !== null && value !== '' && typeof value !== 'object')
		.slice(0, 4)
		.map(([name, value]) => `${name}=${value}`)
		.join(' ');

export function ofEvent(event) {
	const [noun, ...rest] = event.type.split('.');
	const message = noun === 'message' && /^(SM|MM)/.test(event.sid ?? '');
	const state = rest.join('.');
	return line({
		id: event.id,
		kind: message ? 'message' : 'event',
		time: Date.parse(event.time),
		level: message ? levelOfState(state) : noun === 'alert' ? 'warn' : 'info',
		status: message ? state : noun,
		title: message ? event.sid : `${event.type} ${brief(event.data)}`,
		sid: event.sid,
		more: JSON.stringify(event.data),
		data: event,
	});
}

export function ofRequest(request) {
	return line({
		id: request.request_id,
		kind: 'request',
		time: Date.parse(request.date),
		level: levelOf(request.status),
		status: String(request.status),
		title: `${request.method} ${request.path}`,
		sid: request.resource_sid,
		meta: `${Number(request.duration_ms).toFixed(Number(request.duration_ms) < 10 ? 1 : 0)} ms`,
		more: `${request.code ?? ''} ${request.operation ?? ''} ${request.user_agent ?? ''} ${request.request_body ?? ''} ${request.response_body ?? ''}`,
		data: request,
	});
}

export function ofAttempt(attempt) {
	return line({
		id: attempt.id,
		kind: 'webhook',
		time: Date.parse(attempt.date_started),
		level: attempt.result === 'delivered' ? 'ok' : 'bad',
		status: attempt.status ? String(attempt.status) : 'none',
		title: `${attempt.method} ${attempt.url}`,
		sid: attempt.sid,
		meta: `${(attempt.total_us / 1000).toFixed(1)} ms`,
		more: `${attempt.result} ${attempt.error_code ?? ''} ${attempt.why ?? ''}`,
		data: attempt,
	});
}

/** filter: {kinds: Set, status: '' | 'ok' | 'warn' | 'bad' | '404' | '4xx' | a state, words: string, own: bool} -> line => bool */
export function matcher({ kinds, status = '', words = '', own = false }) {
	const terms = words.toLowerCase().split(/\s+/).filter(Boolean);
	const classOf = /^([1-5])xx$/i.exec(status)?.[1];
	return (l) => {
		if (kinds && !kinds.has(l.kind)) return false;
		if (l.own && !own) return false;
		if (
			status === 'problems'
				? l.level !== 'bad' && l.level !== 'warn'
				: classOf
					? !(l.status.length === 3 && l.status[0] === classOf)
					: status && l.status !== status
		)
			return false;
		return terms.every((term) => (term[0] === '-' && term.length > 1 ? !l.text.includes(term.slice(1)) : l.text.includes(term)));
	};
}
