// Takers of events that misbehave: a web server a sink, which remembers what it took and compares it with the log.
import { createHash } from 'node:crypto';
import { Receiver } from '../peers/receiver.mjs';
import { random } from './common.mjs';

const ELSEWHERE = '/elsewhere';

/** What goes wrong, by name. took: it has the events all the same, and its answer is what was lost. */
const MISHAPS = {
	busy: { behave: 'answer', status: 429, headers: { 'retry-after': '1' } },
	broken: { behave: 'answer', status: 500 },
	full: { behave: 'answer', status: 503 },
	lost: { behave: 'answer', status: 500, took: true },
	hang: { behave: 'hang' },
	reset: { behave: 'reset' },
	cut: { behave: 'reset', took: true },
	garbage: { behave: 'garbage', took: true },
	short: { behave: 'short', took: true },
	redirect: { behave: 'redirect', to: ELSEWHERE },
	refusal: { behave: 'answer', status: 404 },
};

const digest = (text) => createHash('md5').update(text).digest('base64');

export class Taker {
	/** by id, of what was taken first: { digest, order, tells } */
	taken = new Map();
	came = 0; // events, repetitions too
	requests = 0;
	mishaps = 0;
	hangs = Infinity; // how often it may still fail to answer
	faults = { unwanted: [], repetition: [], signature: [] };
	#tokens = new Map();

	/** options: native (events as the log has them), single (one a request), per_mille (of requests go wrong), without
	 * (names of mishaps), token (for signatures), wants (event of the log => boolean) */
	static async start(name, options) {
		const taker = Object.assign(new Taker(), options, { name });
		taker.kinds = Object.keys(MISHAPS).filter((kind) => !options.without?.includes(kind));
		taker.hook = await Receiver.start({ token: options.token, type: 'json', body: '{}' });
		taker.hook.on('/', (request) => taker.#answer(request));
		taker.url = `${taker.hook.url}/events`;
		return taker;
	}

	stop() {
		return this.hook.stop();
	}

	#answer(request) {
		this.hook.requests.length = 0; /* there will be too many of them to keep */
		if (!request.target.startsWith('/events'))
			this.faults.unwanted.push(`a request for ${request.target}`);
		if (!request.valid)
			this.faults.signature.push(`${request.target}: ${request.headers['x-twilio-signature']}`);
		this.requests++;
		let kind = random(1000) < this.per_mille && this.kinds[random(this.kinds.length)];
		if (kind === 'hang' && this.hangs-- <= 0)
			kind = 'broken';
		this.mishaps += kind !== false;
		const events = JSON.parse(request.body);
		this.came += events.length;
		this.#check(request, events);
		const mishap = MISHAPS[kind];
		if (!mishap || mishap.took)
			events.forEach((event) => this.#take(event));
		return mishap ?? { behave: 'answer', status: 200 };
	}

	/** A repetition has the token of the first, and the token of one event is its id. */
	#check(request, events) {
		const ids = digest(events.map((event) => event.id).join());
		if (this.single && (events.length !== 1 || request.token !== events[0].id))
			this.faults.repetition.push(`${events.length} events, from ${events[0].id}, with token ${request.token}`);
		if (!this.single && (this.#tokens.get(request.token) ?? ids) !== ids)
			this.faults.repetition.push(`token ${request.token} has stood for other events`);
		if (!this.single)
			this.#tokens.set(request.token, ids);
	}

	#take(event) {
		const was = this.taken.get(event.id), is = digest(JSON.stringify(event));
		if (!was)
			this.taken.set(event.id, { digest: is, order: this.taken.size, tells: this.#told(event) });
		else if (was.digest !== is)
			this.faults.repetition.push(`${event.id} came with different words: ${JSON.stringify(event)}`);
	}

	/** What an event tells, without its id, and what one of the log does: the same, when it is the same. */
	#told(event) {
		const sid = /[A-Z]{2}[0-9a-f]{32}(?=(\.json)?$)/.exec(event.source)?.[0];
		return this.native ? digest(JSON.stringify(event)) : `${event.type.split('.').slice(-2).join('.')} ${sid} ${event.time}`;
	}

	#logged(event) {
		return this.native ? digest(JSON.stringify(event)) : `${event.type} ${event.sid} ${event.time}`;
	}

	/** How the event of the log is called here. */
	id(event) {
		const hex = (n) => BigInt(n).toString(16).padStart(16, '0');
		return this.native ? event.id : `EZ${event.id.split('-').map(hex).join('')}`;
	}

	has(log) {
		return log.every((event) => !this.wants(event) || this.taken.has(this.id(event)));
	}

	/** Everything that is wrong, into the lists of faults. */
	judge(log, faults) {
		const say = (list, text) => faults[list].push(`${this.name}: ${text}`), last = new Map(), known = new Set();
		for (const event of log) {
			const id = this.id(event), got = this.taken.get(id);
			known.add(id);
			if (!got !== !this.wants(event))
				say(got ? 'unwanted' : 'lost', `${id} ${event.type} ${event.sid}`);
			if (!got)
				continue;
			if (got.tells !== this.#logged(event))
				say('repetition', `${id} is ${JSON.stringify(event)} in the log and came as ${got.tells}`);
			if (got.order < (last.get(event.sid) ?? -1))
				say('order', `${id} ${event.type} ${event.sid} came before the one that is before it in the log`);
			last.set(event.sid, got.order);
		}
		for (const id of this.taken.keys())
			if (!known.has(id))
				say('unwanted', `${id} is not in the log`);
		for (const [name, list] of Object.entries(this.faults))
			list.forEach((text) => say(name, text));
	}

	toString() {
		return `${this.name} ${this.taken.size} events (${this.came} with repetitions) in ${this.requests} requests, ${this.mishaps} of them ill-answered`;
	}
}
