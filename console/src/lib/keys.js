// The keyboard.  A table of what there is; the help dialog shows the same table.
import { navigate } from './router.js';

export const JUMPS = [
	['o', '/console', 'Overview'],
	['l', '/console/log', 'Live log'],
	['m', '/console/messages', 'Messages'],
	['w', '/console/webhooks', 'Webhooks'],
	['e', '/console/errors', 'Errors'],
	['p', '/console/phone', 'Phone'],
	['x', '/console/explorer', 'API explorer'],
	['n', '/console/numbers', 'Numbers'],
	['k', '/console/keys', 'API keys'],
	['i', '/console/limits', 'Limits'],
	['u', '/console/usage', 'Usage'],
];
export const KEYS = [
	['/', 'search in this page'],
	['j or k', 'next or previous row'],
	['Enter', 'open the row'],
	['Esc', 'close, or leave the field'],
	['Space', 'pause or resume the live log'],
	['?', 'show these shortcuts'],
];
const handlers = [];

/** What a route does with j, k, Space or Esc in place of the usual; returns what takes it back. handler(key) -> true: done */
export function handle(handler) {
	handlers.unshift(handler);
	return () => handlers.splice(handlers.indexOf(handler), 1);
}

function moveInRows(step) {
	const rows = [...document.querySelectorAll('main [data-row]')].filter((row) => row.offsetParent);
	if (!rows.length) return;
	const at = rows.indexOf(document.activeElement);
	const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))];
	next.focus();
	next.scrollIntoView({ block: 'nearest' });
}

const typing = (target) =>
	target.closest?.('input, textarea, select, [contenteditable]') && !['checkbox', 'radio', 'button', 'submit'].includes(target.type);

const ACTIONS = {
	'/': () => {
		const field = document.querySelector('main [data-search]');
		field?.focus();
		field?.select();
		return !!field;
	},
	j: () => (moveInRows(1), true),
	k: () => (moveInRows(-1), true),
	'?': () => (dispatchEvent(new CustomEvent('strowger-help')), true),
};
let jumping = 0;

addEventListener('keydown', (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
	if (typing(event.target)) {
		if (event.key === 'Escape') event.target.blur();
		return;
	}
	if (document.querySelector('dialog[open]')) return;
	if (event.key === ' ' && event.target.closest?.('button, a, summary, input')) return;
	if (jumping && Date.now() - jumping < 1500) {
		jumping = 0;
		const jump = JUMPS.find(([key]) => key === event.key);
		if (jump) {
			event.preventDefault();
			navigate(jump[1]);
		}
		return;
	}
	jumping = event.key === 'g' ? Date.now() : 0;
	if (handlers.some((handler) => handler(event.key, event)) || ACTIONS[event.key]?.()) event.preventDefault();
});
