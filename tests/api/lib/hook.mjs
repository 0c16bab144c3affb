// A server and a receiver of its webhooks, which knows its token.
import { Receiver } from '../../peers/receiver.mjs';
import { withServer } from './server.mjs';

export const FAST = ['--carrier', 'sim=sim:?latency_ms=0&receipt_ms=1'];
export const CLOCK = [...FAST, '--virtual-clock', 'true'];

/** options: args, listen and store are the server's, all others the receiver's */
export async function withHook({ args = FAST, listen, store = 'sqlite::memory:', ...options }, work) {
	const hook = await Receiver.start(options);
	try {
		await withServer({ args, listen, store }, (server) => {
			hook.options.token = server.token;
			return work(server, hook);
		});
	} finally {
		await hook.stop();
	}
}
