// Runs a program that sends a message with the callback that stands for CALLBACK among its words, waits until this says
// "delivered" with a valid signature:  callback.mjs PROGRAM WORD...   Its output, then "delivered SM...".
import { spawnSync } from 'node:child_process';
import { Receiver } from '../peers/receiver.mjs';

const [program, ...words] = process.argv.slice(2);
const hook = await Receiver.start({ token: process.env.TWILIO_AUTH_TOKEN });
const run = spawnSync(program, words.map((word) => word.replace('CALLBACK', `${hook.url}/status`)), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
process.stdout.write(run.stdout);
if (run.status !== 0)
	process.exit(run.status ?? 1);
const { params, valid } = await hook.waitFor((request) => request.params.MessageStatus === 'delivered', 30000);
console.log(valid ? `delivered ${params.MessageSid}` : 'the signature is wrong');
await hook.stop();
