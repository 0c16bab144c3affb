// What the kill runs share: chance that repeats, a client that insists, every message there is, the verdict.
import { spawnSync } from 'node:child_process';
import { binary, sleep } from '../api/lib/server.mjs';

export const seed = Number(process.env.SEED ?? Date.now() % 1000000);
let state = seed;

/** 0 … n - 1 */
export function random(n) {
	state = (Math.imul(state, 1103515245) + 12345) >>> 0;
	return Math.floor((state / 2 ** 32) * n);
}

/** Posts a message until it is answered, again with the same key after an answer that was cut off; run: { ends, cut }.
 * The reply, or undefined when the run ends. */
export async function insist(server, form, key, run) {
	while (!run.ends) {
		try {
			const reply = await server.account('POST', 'Messages', { form, headers: { 'Idempotency-Key': key } });
			if (reply.status !== 409 && reply.status !== 503)
				return reply;
		} catch {
			run.cut++;
		}
		await sleep(5);
	}
}

/** `strowger check --data` on the server's store, running or killed; its complaint goes to the list. */
export function prove(server, list) {
	const { status, stdout, stderr } = spawnSync(binary, ['check', '--data', '--store', `sqlite:${server.dir}`], { encoding: 'utf8' });
	if (status !== 0)
		list.push(`check --data: ${(stdout + stderr).trim().split('\n').at(-1)}`);
}

/** The number of messages that usage says were charged and not given back, where it must be. */
export async function used(server, want, list) {
	const { json } = await server.account('GET', 'Usage/Records/AllTime?Category=sms-outbound');
	if (json.usage_records[0].count !== String(want))
		list.push(`usage says ${json.usage_records[0].count} messages where there are ${want}`);
}

/** What the event log says happened to each message, in order: of these statuses. */
export async function history(server, statuses) {
	const events = new Map();
	for (let cursor = ''; ;) {
		const { json } = await server.call('GET', `/v1/events?limit=1000${cursor}`);
		for (const event of json.data) {
			const status = /^message\.(\w+)$/.exec(event.type)?.[1];
			if (statuses.includes(status))
				events.set(event.sid, [...(events.get(event.sid) ?? []), status]);
		}
		if (!json.data.length)
			return events;
		cursor = `&cursor=${json.next_cursor}`;
	}
}

/** Every message of the account, by SID; twice(sid) is called for one that is listed twice. */
export async function messagesOf(server, twice = () => {}) {
	const messages = new Map();
	let path = `/2010-04-01/Accounts/${server.sid}/Messages.json?PageSize=1000`;
	while (path) {
		const { json } = await server.call('GET', path);
		for (const message of json.messages) {
			if (messages.has(message.sid))
				twice(message.sid);
			messages.set(message.sid, message);
		}
		path = json.next_page_uri;
	}
	return messages;
}

/** { "delivered": 10, "failed 30410": 1 } */
export function count(messages) {
	const statuses = {};
	for (const { status, error_code } of messages.values()) {
		const name = error_code ? `${status} ${error_code}` : status;
		statuses[name] = (statuses[name] ?? 0) + 1;
	}
	return JSON.stringify(statuses);
}

/** Prints a line a property and the totals, and ends the process. */
export function conclude(faults) {
	let failed = 0;
	for (const [name, list] of Object.entries(faults)) {
		console.log(`${list.length ? 'not ok' : 'ok'} - ${name}: ${list.length}`);
		list.slice(0, 5).forEach((line) => console.log(`# ${line}`));
		failed += list.length > 0;
	}
	console.log(`${Object.keys(faults).length - failed} passed, ${failed} failed`);
	process.exit(failed ? 1 : 0);
}
