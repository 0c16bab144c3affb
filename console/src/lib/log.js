// The store of the live log: lines by time, those that fit the filter, and who looks.  It holds MOST lines and lets the
// oldest go.  Nothing here knows of the DOM, but for the frame that tells the listeners.
import { matcher } from './lines.js';

export const MOST = 120000,
	KEPT = 100000;
const later = globalThis.requestAnimationFrame
	? (work) => (document.hidden ? setTimeout(work, 100) : requestAnimationFrame(work))
	: (work) => setTimeout(work, 0);

/** Where a line of that time belongs: behind all that are not later. Looks from the end, where it nearly always is. */
function place(lines, time) {
	let low = 0,
		high = lines.length;
	if (!high || lines[high - 1].time <= time) return high;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (lines[middle].time <= time) low = middle + 1;
		else high = middle;
	}
	return low;
}

export class Log {
	lines = [];
	shown = [];
	version = 0;
	arrived = 0; /* lines in front of the filtered ones since the beginning: what a reader has to step over */
	paused = false;
	#byId = new Map();
	#held = [];
	#marks = new Map();
	#fits = () => true;
	#listeners = new Set();
	#telling = false;
	#cleared = -Infinity; /* lines of until then are not wanted any more */

	get held() {
		return this.#held.length;
	}

	listen(listener) {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Adds lines; one that is there already is not added twice. @return how many were new */
	add(lines) {
		let n = 0;
		for (const line of lines) {
			if (this.has(line)) continue;
			this.#byId.set(line.id, line);
			line.own = this.#marks.get(line.id) ?? line.own;
			n++;
			if (this.paused) this.#held.push(line);
			else this.#put(line);
		}
		if (n) {
			this.#trim();
			this.#tell();
		}
		return n;
	}

	#put(line) {
		const at = place(this.lines, line.time);
		if (at === this.lines.length) this.lines.push(line);
		else this.lines.splice(at, 0, line);
		if (!this.#fits(line)) return;
		const where = place(this.shown, line.time);
		if (where === this.shown.length) this.shown.push(line);
		else this.shown.splice(where, 0, line);
		this.arrived++;
	}

	#trim() {
		if (this.#held.length > MOST) for (const gone of this.#held.splice(0, this.#held.length - KEPT)) this.#byId.delete(gone.id);
		if (this.lines.length <= MOST) return;
		for (const gone of this.lines.splice(0, this.lines.length - KEPT)) this.#byId.delete(gone.id);
		this.#refilter();
	}

	#refilter() {
		this.shown = this.lines.filter(this.#fits);
	}

	filter(wanted) {
		this.#fits = matcher(wanted);
		this.#refilter();
		this.#tell();
	}

	/** Whether a request is the console's own, which is shown only to who asks for them. It may be known before its line is, or after. */
	mark(id, own) {
		const line = this.#byId.get(id);
		this.#marks.set(id, own);
		if (this.#marks.size > 5000) this.#marks.delete(this.#marks.keys().next().value);
		if (line && Boolean(line.own) !== own) {
			line.own = own;
			this.#refilter();
			this.#tell();
		}
	}

	pause() {
		this.paused = true;
		this.#tell();
	}

	resume() {
		this.paused = false;
		for (const line of this.#held.splice(0)) this.#put(line);
		this.#trim();
		this.#tell();
	}

	/** Lets all lines go that there are; they do not come back by being added again. */
	clear() {
		this.#cleared = Math.max(this.#cleared, this.lines.at(-1)?.time ?? -Infinity, ...this.#held.slice(-1).map((line) => line.time));
		this.lines = [];
		this.shown = [];
		this.#held = [];
		this.#byId.clear();
		this.#tell();
	}

	/** As it was at first: another account's. */
	reset() {
		this.clear();
		this.#cleared = -Infinity;
	}

	/** Whether a line was added before. */
	has(line) {
		return this.#byId.has(line.id) || line.time <= this.#cleared;
	}

	/** The newest of those that are about a SID, newest first. */
	about(sid, most = 50) {
		const found = [];
		for (let i = this.lines.length - 1; i >= 0 && found.length < most; i--) if (this.lines[i].sid === sid) found.push(this.lines[i]);
		return found;
	}

	#tell() {
		this.version++;
		if (this.#telling) return;
		this.#telling = true;
		later(() => {
			this.#telling = false;
			for (const listener of this.#listeners) listener();
		});
	}
}
