// What surrounds every route: where one can go, who is signed in, whether the live log lives.
import { useEffect, useReducer, useState } from 'preact/hooks';
import { getSession, signOut } from '../lib/api.js';
import { overall, sources, watchSources } from '../lib/live.js';
import { JUMPS, KEYS } from '../lib/keys.js';
import { shortSid } from '../lib/format.js';
import { Dialog } from './parts.jsx';

const GROUPS = [
	[
		'Watch',
		[
			['/console', 'Overview'],
			['/console/log', 'Live log'],
			['/console/messages', 'Messages'],
			['/console/webhooks', 'Webhooks'],
			['/console/errors', 'Errors'],
		],
	],
	[
		'Try',
		[
			['/console/phone', 'Phone'],
			['/console/explorer', 'API explorer'],
		],
	],
	[
		'Set up',
		[
			['/console/numbers', 'Numbers'],
			['/console/keys', 'API keys'],
			['/console/limits', 'Limits'],
			['/console/usage', 'Usage'],
		],
	],
];
const WORDS = { live: 'live', connecting: 'connecting', reconnecting: 'reconnecting', refused: 'not allowed' };
const NEXT = { '': 'dark', dark: 'light', light: '' };

export function setScheme(scheme) {
	if (scheme) document.documentElement.dataset.scheme = scheme;
	else delete document.documentElement.dataset.scheme;
	localStorage.setItem('strowger.scheme', scheme);
	dispatchEvent(new Event('strowger-scheme'));
}

function Scheme() {
	const [scheme, set] = useState(document.documentElement.dataset.scheme ?? '');
	const turn = () => {
		setScheme(NEXT[scheme]);
		set(NEXT[scheme]);
	};
	return (
		<button type="button" class="plain" onClick={turn}>
			Theme: {scheme || 'system'}
		</button>
	);
}

export function LiveState() {
	const [, again] = useReducer((n) => n + 1, 0);
	useEffect(() => watchSources(again), []);
	const state = overall();
	return (
		<span
			class={`feed ${state}`}
			role="status"
			title={Object.entries(sources)
				.map(([name, is]) => `${name}: ${WORDS[is]}`)
				.join(', ')}
		>
			<i aria-hidden="true" />
			{WORDS[state]}
		</span>
	);
}

const isHere = (href, pathname) =>
	pathname === href ||
	(href !== '/console' && pathname.startsWith(`${href}/`)) ||
	(href === '/console/webhooks' && /^\/console\/(attempts|dead)\//.test(pathname));

function Keys({ onClose }) {
	const rows = (list) =>
		list.map(([key, text]) => (
			<div key={key}>
				<dt>{key.split(/ (or) /).map((k) => (k === 'or' ? ' or ' : <kbd key={k}>{k}</kbd>))}</dt>
				<dd>{text}</dd>
			</div>
		));
	return (
		<Dialog title="Keyboard shortcuts" onClose={onClose}>
			<dl class="facts keys">{rows(KEYS)}</dl>
			<h3>Go to</h3>
			<dl class="facts keys two">
				{JUMPS.map(([key, , text]) => (
					<div key={key}>
						<dt>
							<kbd>g</kbd> <kbd>{key}</kbd>
						</dt>
						<dd>{text}</dd>
					</div>
				))}
			</dl>
		</Dialog>
	);
}

export function Layout({ pathname, children }) {
	const [open, setOpen] = useState(false),
		[help, setHelp] = useState(false),
		session = getSession();
	useEffect(() => setOpen(false), [pathname]);
	useEffect(() => {
		const show = () => setHelp(true);
		addEventListener('strowger-help', show);
		return () => removeEventListener('strowger-help', show);
	}, []);
	return (
		<>
			<a class="skip" href="#main">
				Skip to the content
			</a>
			<header class="top">
				<a class="brand" href="/console">
					<img src="/docs/icon.svg" alt="" width="22" height="22" />
					Strowger
				</a>
				<LiveState />
				<button type="button" class="menu small" aria-expanded={open} aria-controls="nav" onClick={() => setOpen(!open)}>
					Menu
				</button>
			</header>
			<nav id="nav" class={open ? 'side open' : 'side'} aria-label="Console">
				{GROUPS.map(([group, links]) => (
					<div key={group}>
						<h2>{group}</h2>
						<ul>
							{links.map(([href, text]) => (
								<li key={href}>
									<a href={href} aria-current={isHere(href, pathname) ? 'page' : undefined}>
										{text}
										<kbd aria-hidden="true">
											g {JUMPS.find(([, to]) => to === href)[0]}
										</kbd>
									</a>
								</li>
							))}
						</ul>
					</div>
				))}
				<div class="side-foot">
					<p class="quiet" title={session.account_sid}>
						{session.key_sid ? 'Key' : 'Account'}{' '}
						<span class="sid">{shortSid(session.key_sid ?? session.account_sid)}</span>
					</p>
					<a class="plain" href="/docs" target="_blank" rel="noreferrer">
						Documentation
					</a>
					<button type="button" class="plain" onClick={() => setHelp(true)}>
						Keyboard shortcuts<kbd aria-hidden="true">?</kbd>
					</button>
					<Scheme />
					<button type="button" class="plain" onClick={signOut}>
						Sign out
					</button>
				</div>
			</nav>
			<main id="main" tabIndex={-1}>
				{children}
			</main>
			<div class="probes" aria-hidden="true">
				{['quiet', 'line', 'accent', 'ok', 'warn', 'bad', 'info'].map((name) => (
					<i key={name} class={`probe-${name}`} />
				))}
			</div>
			{help && <Keys onClose={() => setHelp(false)} />}
		</>
	);
}
