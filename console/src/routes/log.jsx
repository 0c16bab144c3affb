// The live log: what happens, newest on top, as it happens.  Only the rows that are seen are in the page.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { log } from '../lib/live.js';
import { handle } from '../lib/keys.js';
import { KINDS } from '../lib/lines.js';
import { getSession } from '../lib/api.js';
import { useLog, useTitle } from '../lib/hooks.js';
import { clock, number } from '../lib/format.js';
import { useSubject } from '../lib/subject.js';
import { navigate } from '../lib/router.js';
import { Badge, Command, Empty } from '../ui/parts.jsx';
import { Detail } from './log_detail.jsx';

const ROW = 30,
	AHEAD = 12;
const STATUSES = [
	['', 'any status'],
	['problems', 'problems'],
	['2xx', '2xx'],
	['4xx', '4xx'],
	['5xx', '5xx'],
	['none', 'no answer'],
	['queued', 'queued'],
	['sent', 'sent'],
	['delivered', 'delivered'],
	['undelivered', 'undelivered'],
	['failed', 'failed'],
	['received', 'received'],
];
const NAMES = { request: 'req', message: 'msg', webhook: 'hook', event: 'event' };

/* The account of the reader says nothing in a path, and hides what does where there is little room. */
const short = (title) => title.replace(`/2010-04-01/Accounts/${getSession()?.account_sid}/`, '…/');

function Row({ line, at, chosen, onChoose }) {
	const subject = useSubject(line.kind === 'message' ? line.sid : null);
	return (
		<div
			id={`row-${line.id}`}
			class={`row ${chosen ? 'chosen' : ''}`}
			role="option"
			aria-selected={chosen}
			style={{ top: `${at * ROW}px` }}
			onClick={() => onChoose(line)}
		>
			<span class="t num" title={new Date(line.time).toISOString()}>
				{clock(line.time)}
			</span>
			<span class={`kind kind-${line.kind}`}>{NAMES[line.kind]}</span>
			<Badge level={line.level}>{line.status === 'none' ? 'no answer' : line.status}</Badge>
			<span class="title" title={line.title}>
				{subject ? (
					<>
						{subject.from} → {subject.to} <span class="quiet">{subject.body}</span>
					</>
				) : (
					short(line.title)
				)}
			</span>
			<span class="meta num quiet">{line.meta ?? ''}</span>
		</div>
	);
}

function useWindow(box) {
	const [view, setView] = useState({ top: 0, height: 600 });
	useEffect(() => {
		const node = box.current;
		if (!node) return undefined;
		const look = () => setView({ top: node.scrollTop, height: node.clientHeight });
		const watch = new ResizeObserver(look);
		watch.observe(node);
		node.addEventListener('scroll', look, { passive: true });
		look();
		return () => {
			watch.disconnect();
			node.removeEventListener('scroll', look);
		};
	}, [box.current]);
	return view;
}

function List({ lines, arrived, chosen, onChoose }) {
	const box = useRef(),
		[, ready] = useState(0),
		view = useWindow(box),
		before = useRef(arrived);
	useEffect(() => ready(1), []);
	/* Who reads further down keeps his place while lines arrive on top. */
	useLayoutEffect(() => {
		const node = box.current,
			more = arrived - before.current;
		before.current = arrived;
		if (node && node.scrollTop > ROW / 2 && more > 0) node.scrollTop += more * ROW;
	}, [arrived]);
	useEffect(() => {
		const at = chosen ? lines.length - 1 - lines.indexOf(chosen) : -1,
			node = box.current;
		if (!node || at < 0 || at >= lines.length) return;
		if (at * ROW < node.scrollTop) node.scrollTop = at * ROW;
		else if ((at + 1) * ROW > node.scrollTop + node.clientHeight) node.scrollTop = (at + 1) * ROW - node.clientHeight;
	}, [chosen]);
	const first = Math.max(0, Math.floor(view.top / ROW) - AHEAD),
		last = Math.min(lines.length, Math.ceil((view.top + view.height) / ROW) + AHEAD);
	const rows = [];
	for (let at = first; at < last; at++) {
		const line = lines[lines.length - 1 - at];
		rows.push(<Row key={line.id} line={line} at={at} chosen={line === chosen} onChoose={onChoose} />);
	}
	return (
		<div
			ref={box}
			class="rows"
			role="listbox"
			tabIndex={0}
			aria-label="Live log"
			data-log
			aria-activedescendant={chosen && rows.some((row) => row.key === chosen.id) ? `row-${chosen.id}` : undefined}
		>
			<div role="presentation" style={{ height: `${lines.length * ROW}px` }}>
				{rows}
			</div>
		</div>
	);
}

function Nothing({ filtered, onClear }) {
	if (filtered)
		return (
			<Empty title="No line fits the filter">
				<p>{number(log.lines.length)} lines are here.</p>
				<button type="button" onClick={onClear}>
					Show all
				</button>
			</Empty>
		);
	return (
		<Empty title="Nothing has happened yet">
			<p>
				Send a message and watch it go <i>queued</i>, <i>sending</i>, <i>sent</i>, <i>delivered</i>; from a terminal, or with
				the <a href="/console/phone">phone</a> or the <a href="/console/explorer/SendMessage">API explorer</a>:
			</p>
			<Command
				text={`curl -u $SID:$TOKEN ${location.origin}/v1/messages \\\n  -H 'Content-Type: application/json' \\\n  -d '{"from": "+15005550006", "to": "+15005550010", "body": "hello"}'`}
			/>
		</Empty>
	);
}

/** The filter lives in the address, so that it can be sent to somebody. */
function useFilter(query) {
	const [filter, setFilter] = useState(() => ({
		kinds: new Set(
			query
				.get('kinds')
				?.split(',')
				.filter((kind) => KINDS[kind]) ?? Object.keys(KINDS),
		),
		status: query.get('status') ?? '',
		words: query.get('q') ?? '',
		own: query.has('own'),
	}));
	useEffect(() => {
		log.filter(filter);
		const words = new URLSearchParams();
		if (filter.kinds.size < Object.keys(KINDS).length) words.set('kinds', [...filter.kinds].join(','));
		if (filter.status) words.set('status', filter.status);
		if (filter.words) words.set('q', filter.words);
		if (filter.own) words.set('own', '1');
		const search = words.toString();
		navigate(`/console/log${search ? `?${search}` : ''}`, { replace: true });
	}, [filter]);
	return [filter, setFilter];
}

function Tools({ filter, setFilter }) {
	const turn = (kind) => {
		const kinds = new Set(filter.kinds);
		if (!kinds.delete(kind)) kinds.add(kind);
		setFilter({ ...filter, kinds });
	};
	return (
		<div class="log-tools" role="search">
			<input
				type="search"
				data-search
				aria-label="Search in the log"
				placeholder="Search: words, a SID, -without"
				value={filter.words}
				onInput={(e) => setFilter({ ...filter, words: e.target.value })}
			/>
			<div class="choice" role="group" aria-label="Kinds">
				{Object.entries(KINDS).map(([kind, text]) => (
					<button type="button" key={kind} aria-pressed={filter.kinds.has(kind)} onClick={() => turn(kind)}>
						{text}
					</button>
				))}
			</div>
			<select aria-label="Status" value={filter.status} onChange={(e) => setFilter({ ...filter, status: e.target.value })}>
				{STATUSES.map(([value, text]) => (
					<option key={value} value={value}>
						{text}
					</option>
				))}
				{!STATUSES.some(([value]) => value === filter.status) && <option value={filter.status}>{filter.status}</option>}
			</select>
			<label class="check">
				<input type="checkbox" checked={filter.own} onChange={(e) => setFilter({ ...filter, own: e.target.checked })} /> requests of
				this page
			</label>
		</div>
	);
}

export function LogPage({ query }) {
	const { shown, lines, paused, held, arrived } = useLog(),
		[filter, setFilter] = useFilter(query),
		[chosen, setChosen] = useState(null);
	useTitle('Live log');
	const act = (key) => {
		if (key === ' ') {
			log.paused ? log.resume() : log.pause();
			return true;
		}
		if (key === 'Escape' && chosen) {
			setChosen(null);
			document.querySelector('[data-log]')?.focus();
			return true;
		}
		const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, Enter: 0 }[key];
		if (
			step === undefined ||
			!shown.length ||
			(key.startsWith('Arrow') && !document.activeElement?.matches('[data-log]')) ||
			(key === 'Enter' && !document.activeElement?.matches('[data-log]'))
		)
			return false;
		if (key === 'Enter') {
			document.querySelector('.detail h2')?.focus();
			return !!chosen;
		}
		const at = chosen ? shown.indexOf(chosen) : shown.length;
		setChosen(shown[Math.max(0, Math.min(shown.length - 1, at - step))]);
		document.querySelector('[data-log]')?.focus({ preventScroll: true });
		return true;
	};
	/* What is newest counts at the moment of the key, whenever effects run. */
	const acts = useRef(act);
	acts.current = act;
	useEffect(() => handle((key) => acts.current(key)), []);
	return (
		<div class={chosen ? 'log with-detail' : 'log'}>
			<div class="log-main" inert={chosen && matchMedia('(max-width: 1099px)').matches ? true : undefined}>
				<div class="log-head">
					<h1 tabIndex={-1}>Live log</h1>
					<span class="quiet num">
						{shown.length === lines.length
							? number(lines.length)
							: `${number(shown.length)} of ${number(lines.length)}`}{' '}
						lines
					</span>
					<div class="actions">
						<button
							type="button"
							class="small"
							aria-pressed={paused}
							onClick={() => (paused ? log.resume() : log.pause())}
						>
							{paused ? `Resume${held ? ` (${number(held)} new)` : ''}` : 'Pause'}
						</button>
						<button
							type="button"
							class="small"
							onClick={() => {
								setChosen(null);
								log.clear();
							}}
						>
							Clear
						</button>
					</div>
				</div>
				<Tools filter={filter} setFilter={setFilter} />
				{shown.length ? (
					<List lines={shown} arrived={arrived} chosen={chosen} onChoose={setChosen} />
				) : (
					<Nothing
						filtered={lines.length > 0}
						onClear={() => setFilter({ kinds: new Set(Object.keys(KINDS)), status: '', words: '', own: true })}
					/>
				)}
			</div>
			{chosen && (
				<Detail
					key={chosen.id}
					line={chosen}
					onClose={() => {
						setChosen(null);
						document.querySelector('[data-log]')?.focus();
					}}
				/>
			)}
		</div>
	);
}
