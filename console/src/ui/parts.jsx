// Small parts that every route uses.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { levelOfState } from '../lib/lines.js';
import { shortSid, when } from '../lib/format.js';

export const Badge = ({ level = 'info', children }) => <span class={`badge ${level}`}>{children}</span>;
export const State = ({ state }) => <Badge level={levelOfState(state)}>{state}</Badge>;
export const Status = ({ status }) => (
	<Badge level={!status ? 'bad' : status >= 500 ? 'bad' : status >= 400 ? 'warn' : 'ok'}>{status || 'no answer'}</Badge>
);
export const Time = ({ value }) =>
	value ? (
		<time dateTime={value} title={value}>
			{when(value)}
		</time>
	) : (
		<span class="quiet">never</span>
	);

const PAGES = { SM: 'messages', MM: 'messages', HA: 'attempts', HE: 'webhooks', HD: 'dead' };
/** A SID that leads to its page when it has one. */
export function Sid({ sid, full = false, row = false }) {
	if (!sid) return null;
	const page = PAGES[sid.slice(0, 2)];
	const text = full ? sid : shortSid(sid);
	return page ? (
		<a class="sid" href={`/console/${page}/${sid}`} title={sid} data-row={row || undefined}>
			{text}
		</a>
	) : (
		<span class="sid" title={sid}>
			{text}
		</span>
	);
}
export const ErrorCode = ({ code }) =>
	code ? (
		<a href={`/console/errors/${code}`} class="num">
			{code}
		</a>
	) : null;

export function Copy({ text, label = 'Copy' }) {
	const [done, setDone] = useState(false),
		timer = useRef();
	useEffect(() => () => clearTimeout(timer.current), []);
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(typeof text === 'function' ? text() : text);
		} catch {
			return; /* refused by the browser: the text can be selected */
		}
		setDone(true);
		timer.current = setTimeout(() => setDone(false), 1500);
	};
	return (
		<button type="button" class="small" onClick={copy}>
			{done ? 'Copied' : label}
		</button>
	);
}

export function Code({ text, label, empty = 'empty' }) {
	if (!text)
		return (
			<p class="quiet">
				{label ? `${label}: ` : ''}
				{empty}
			</p>
		);
	return (
		<div class="code">
			{label && (
				<div class="code-head">
					<span>{label}</span>
					<Copy text={text} />
				</div>
			)}
			<pre tabIndex={0} role="region" aria-label={label ?? 'Text'}>
				{text}
			</pre>
		</div>
	);
}

/** Name and value, line by line; what is null or undefined is left out. */
export const Facts = ({ rows }) => (
	<dl class="facts">
		{rows
			.filter((row) => row && row[1] !== null && row[1] !== undefined && row[1] !== '')
			.map(([name, value]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{value}</dd>
				</div>
			))}
	</dl>
);

export function Problem({ error, what = 'This' }) {
	if (!error) return null;
	const text =
		error.status === 0
			? error.sent
				? `${what} was not answered: the server cannot be reached. Try again when it is back.`
				: `${what} cannot be loaded: the server cannot be reached. It is tried again.`
			: `${what} was refused: ${error.message.replace(/\.?$/, '.')}`;
	return (
		<p class="problem" role="alert">
			{text}{' '}
			{error.code ? (
				<>
					Error <ErrorCode code={error.code} />.
				</>
			) : null}
		</p>
	);
}

/** The rows of what useLoad() gave: nothing before it is there, why it is not, none, or children(rows). */
export function Loaded({ load, what, rows, none, children }) {
	const list = load.data && rows(load.data);
	return !list ? <Problem error={load.error} what={what} /> : list.length ? children(list) : none;
}

export const Empty = ({ title, children }) => (
	<div class="empty">
		<h2>{title}</h2>
		{children}
	</div>
);
export const Command = ({ text }) => (
	<div class="command">
		<pre tabIndex={0} role="region" aria-label="Command">
			{text}
		</pre>
		<Copy text={text} />
	</div>
);

export const Heading = ({ title, children, sub }) => (
	<div class="heading">
		<div>
			<h1 tabIndex={-1}>{title}</h1>
			{sub && <p class="quiet sub">{sub}</p>}
		</div>
		<div class="actions">{children}</div>
	</div>
);
export const Card = ({ title, children, tools, wide }) => (
	<section class={wide ? 'card wide' : 'card'}>
		{title && (
			<header>
				<h2>{title}</h2>
				<div class="actions">{tools}</div>
			</header>
		)}
		{children}
	</section>
);

export const Tile = ({ label, value, note, level, href }) => (
	<div class={`tile ${level ?? ''}`}>
		<span class="quiet">{label}</span>
		<strong class="num">{value ?? '–'}</strong>
		{href ? <a href={href}>{note}</a> : <span class="quiet note">{note}</span>}
	</div>
);

/** A labelled field; children is the control's function of its id. */
export function Field({ label, hint, children, error }) {
	const id = useId();
	return (
		<div class="field">
			<label for={id}>{label}</label>
			{children({ id, 'aria-describedby': hint || error ? `${id}-hint` : undefined, 'aria-invalid': error ? true : undefined })}
			{(hint || error) && (
				<p id={`${id}-hint`} class={error ? 'bad-text hint' : 'quiet hint'}>
					{error || hint}
				</p>
			)}
		</div>
	);
}

/** Buttons of which one is pressed. */
export const Choice = ({ label, options, value, onChange }) => (
	<div class="choice" role="group" aria-label={label}>
		{options.map(([key, text]) => (
			<button type="button" key={key} aria-pressed={key === value} onClick={() => onChange(key)}>
				{text}
			</button>
		))}
	</div>
);

/** A native dialog, open while it is there. */
export function Dialog({ title, onClose, children }) {
	const dialog = useRef(),
		id = useId();
	useEffect(() => {
		dialog.current.showModal();
		const node = dialog.current,
			back = document.activeElement;
		return () => {
			node.open && node.close();
			back?.focus?.();
		};
	}, []);
	return (
		<dialog ref={dialog} aria-labelledby={id} onClose={onClose} onClick={(event) => event.target === dialog.current && onClose()}>
			<header>
				<h2 id={id}>{title}</h2>
				<button type="button" class="small" onClick={onClose}>
					Close
				</button>
			</header>
			{children}
		</dialog>
	);
}

/** A button that asks once more before it does what cannot be undone. */
export function Sure({ label, question, onSure }) {
	const [asked, setAsked] = useState(false);
	if (!asked)
		return (
			<button type="button" class="small" onClick={() => setAsked(true)}>
				{label}
			</button>
		);
	return (
		<span class="sure" role="group" aria-label={question}>
			{question}{' '}
			<button
				type="button"
				class="small danger"
				onClick={() => {
					setAsked(false);
					onSure();
				}}
			>
				Yes
			</button>{' '}
			<button type="button" class="small" autoFocus onClick={() => setAsked(false)}>
				No
			</button>
		</span>
	);
}
