// The receivers of docs/signatures.md take what is genuine and nothing else. Go's and Java's: make test-sdks.
import { describe, it } from 'node:test';
import { receive } from '../sdk/receiver.mjs';

describe('docs/signatures.md', () => {
	for (const language of ['js', 'python'])
		it(language, () => receive(language));
});
