// Paths to routes.  A link inside /console changes the page without loading it.
import { useEffect, useState } from 'preact/hooks';

const watchers = new Set();
let now = location.pathname + location.search,
	moved = false;

/** Whether the page was changed without being loaded. */
export const hasMoved = () => moved;

function tell() {
	moved = true;
	now = location.pathname + location.search;
	for (const watcher of watchers) watcher(now);
}

export function navigate(to, { replace = false } = {}) {
	if (to === now) return;
	history[replace ? 'replaceState' : 'pushState'](null, '', to);
	tell();
}

addEventListener('popstate', tell);
document.addEventListener('click', (event) => {
	const link = event.target.closest?.('a[href^="/console"]');
	if (!link || link.target || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
		return;
	event.preventDefault();
	navigate(link.getAttribute('href'));
});

export function usePath() {
	const [path, setPath] = useState(now);
	useEffect(() => {
		watchers.add(setPath);
		setPath(now);
		return () => watchers.delete(setPath);
	}, []);
	const [pathname, search = ''] = path.split('?');
	return { pathname: pathname.replace(/\/+$/, '') || '/console', query: new URLSearchParams(search) };
}

/** '/console/messages/:sid' against a path: its parameters, or null. */
export function fits(pattern, pathname) {
	const wanted = pattern.split('/'),
		given = pathname.split('/'),
		params = {};
	if (wanted.length !== given.length) return null;
	for (const [i, part] of wanted.entries())
		if (part[0] === ':') params[part.slice(1)] = decodeURIComponent(given[i]);
		else if (part !== given[i]) return null;
	return params;
}
