// Runs examples for Node, each a module, one after the other in this process:  node-samples.mjs LIST.json, where LIST is
// [{ name, file, endless }]; prints a line of JSON for each.
import { readFileSync } from 'node:fs';
import { format } from 'node:util';

const write = process.stdout.write.bind(process.stdout);
for (const { name, file, endless } of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
	let out = '', heard;
	const first = new Promise((done) => (heard = done));
	console.log = (...words) => (out += `${format(...words)}\n`);
	process.stdout.write = (chunk) => ((out += Buffer.from(chunk)), heard(), true);
	let ok = true;
	try {
		const whole = import(file);
		await (endless ? Promise.race([whole, first]) : whole);
	} catch (error) {
		ok = false;
		out += error.stack;
	}
	write(`${JSON.stringify({ name, ok, out: out.slice(0, 2000) })}\n`);
}
process.exit(0);
