// The catalogue of errors, asked for once.
import { getAll } from './api.js';

let kept = null;
export const catalogue = () =>
	(kept ??= getAll('/v1/errors', {}, 5000).then(
		(rows) => new Map(rows.map((row) => [row.code, row])),
		(failure) => {
			kept = null;
			throw failure;
		},
	));
