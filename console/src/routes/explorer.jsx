// The API explorer: every operation as a form, the code that does the same, and the answer.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ask, call, getSession } from '../lib/api.js';
import { useLoad, useSend, useSettled, useTitle } from '../lib/hooks.js';
import { hasMoved, navigate } from '../lib/router.js';
import { operationsOf, parse, searchOperations } from '../lib/operations.js';
import { LANGUAGES, fill } from '../lib/samples.js';
import { pretty } from '../lib/format.js';
import { Choice, Code, ErrorCode, Field, Heading, Problem, Sid, Status } from '../ui/parts.jsx';

const SETTLED_MS = 150;
let kept = null;
const load = async () => (kept ??= operationsOf(await (await fetch('/openapi.json')).json()));
/* What one would begin with here: the simulated carrier delivers these. */
const FIRST = {
	SendMessage: { from: '+15005550006', to: '+15005550010', body: 'hello' },
	CreateMessage: { From: '+15005550006', To: '+15005550010', Body: 'hello' },
	SimulateInbound: { name: 'sim', from: '+14155550100', to: '+15005550006', body: 'hello' },
};

function Control({ p, value, onChange, ...props }) {
	const { schema } = p,
		change = (e) => onChange(e.target.value);
	if (schema.enum || schema.type === 'boolean')
		return (
			<select {...props} value={value} onChange={change}>
				<option value="">{p.required ? 'choose' : 'not given'}</option>
				{(schema.enum ?? ['true', 'false']).map((one) => (
					<option key={one} value={one}>
						{one}
					</option>
				))}
			</select>
		);
	if (schema.type === 'array' || schema.type === 'object' || schema.maxLength > 500)
		return (
			<textarea
				{...props}
				rows={schema.type === 'object' ? 4 : 2}
				value={value}
				onInput={change}
				placeholder={schema.type === 'array' ? 'one a line' : schema.type === 'object' ? '{ }' : ''}
				spellcheck={false}
			/>
		);
	return (
		<input
			{...props}
			value={value}
			onInput={change}
			inputMode={schema.type === 'integer' ? 'numeric' : undefined}
			placeholder={schema.default ?? ''}
			spellcheck={false}
			autocomplete="off"
		/>
	);
}

function Params({ params, values, errors, onChange }) {
	return params.map((p) => (
		<Field
			key={`${p.in}.${p.name}`}
			error={errors[p.name]}
			hint={p.inert ? `${p.hint} Has no effect: ${p.inert}` : p.hint}
			label={
				<>
					<span class="mono">{p.name}</span> {p.required && <em class="required">required</em>}{' '}
					<span class="quiet">{p.in === 'body' ? '' : `in the ${p.in}`}</span>
				</>
			}
		>
			{(props) => <Control {...props} p={p} value={values[p.name] ?? ''} onChange={(value) => onChange(p.name, value)} />}
		</Field>
	));
}

function Answer({ reply }) {
	const { json } = reply,
		sid = json?.sid ?? json?.id;
	return (
		<section class="answer" aria-label="Answer">
			<p>
				<Status status={reply.status} /> <span class="num quiet">{reply.ms.toFixed(0)} ms</span>{' '}
				{typeof sid === 'string' && /^(SM|MM|HA|HE)/.test(sid) && <Sid sid={sid} full />}
			</p>
			{json?.code && !reply.ok && (
				<p class="problem" role="alert">
					{json.message} Error <ErrorCode code={json.code} />:{' '}
					<a href={`/docs/errors/${json.code}`}>its cause and what to do</a>.
				</p>
			)}
			<Code label="Body" text={pretty(reply.text)} />
			<details>
				<summary>Headers</summary>
				<Code text={[...reply.headers].map(([name, value]) => `${name}: ${value}`).join('\n')} label="Headers" />
			</details>
		</section>
	);
}

/** Typed values, and what is wrong with them. */
function read(operation, values) {
	const parsed = {},
		errors = {};
	for (const p of operation.params) {
		try {
			const value = parse(p, values[p.name] ?? '');
			if (value !== undefined) parsed[p.name] = value;
			else if (p.required) errors[p.name] = `${p.name} is required.`;
		} catch (wrong) {
			errors[p.name] = wrong.message;
		}
	}
	return { parsed, errors };
}

/* A list in a form is a parameter that comes more than once. */
const bodyOf = ({ json }, body) =>
	!Object.keys(body).length
		? {}
		: json
			? { json: body }
			: {
					form: new URLSearchParams(
						Object.entries(body).flatMap(([name, value]) =>
							[value].flat().map((one) => [name, typeof one === 'object' ? JSON.stringify(one) : String(one)]),
						),
					),
				};

function Operation({ operation, query }) {
	const start = () => ({
		...(operation.params.some((p) => p.name === 'AccountSid' && p.in === 'path') && { AccountSid: getSession().account_sid }),
		...FIRST[operation.id],
		...Object.fromEntries([...query].filter(([name]) => operation.params.some((p) => p.name === name))),
	});
	const [values, setValues] = useState(start),
		[language, setLanguage] = useState('curl'),
		[tried, setTried] = useState(false);
	const { parsed, errors } = read(operation, values),
		form = useRef(),
		head = useRef();
	useEffect(() => {
		/* Chosen in the list: the reader goes on here, not behind the title of the page. */
		if (hasMoved() && document.activeElement?.matches('body, main h1, .operations *')) head.current.focus();
	}, []);
	const given = useSettled(JSON.stringify(parsed), SETTLED_MS),
		written = useLoad(
			() => ask('POST', '/v1/samples', { json: { operation: operation.id, values: JSON.parse(given) } }),
			[given],
		);
	const required = operation.params.filter((p) => p.required || FIRST[operation.id]?.[p.name]),
		optional = operation.params.filter((p) => !required.includes(p));
	const change = (name, value) => setValues({ ...values, [name]: value });
	const {
		send,
		said: reply,
		error: failed,
		busy,
	} = useSend(() => {
		const { path, query: search, body } = fill(operation, parsed, getSession().account_sid);
		return call(operation.method, path, { query: Object.fromEntries(search), shown: true, ...bodyOf(operation, body) });
	});
	const submit = (event) => {
		event.preventDefault();
		setTried(true);
		if (Object.keys(errors).length) requestAnimationFrame(() => form.current?.querySelector('[aria-invalid]')?.focus());
		else send();
	};
	return (
		<article class="operation">
			<header>
				<h2 ref={head} tabIndex={-1}>
					<span class={`verb verb-${operation.method}`}>{operation.method}</span>{' '}
					<span class="mono">{operation.path}</span>
				</h2>
				<p>
					{operation.summary}{' '}
					<a href={`/docs/reference/${operation.id}`} target="_blank" rel="noreferrer">
						Reference
					</a>
				</p>
			</header>
			<div class="operation-body">
				<form ref={form} onSubmit={submit} noValidate>
					<Params params={required} values={values} errors={tried ? errors : {}} onChange={change} />
					{optional.length > 0 && (
						<details open={optional.some((p) => values[p.name])}>
							<summary>
								{optional.length} more parameter{optional.length > 1 && 's'}
							</summary>
							<Params params={optional} values={values} errors={tried ? errors : {}} onChange={change} />
						</details>
					)}
					{operation.stream ? (
						<p class="quiet">
							A stream has no end: follow it with the code beside, or in the{' '}
							<a href="/console/log">live log</a>.
						</p>
					) : (
						<button class={operation.method === 'DELETE' ? 'danger' : 'primary'} disabled={busy}>
							{busy ? 'Sending' : 'Send'}
						</button>
					)}
				</form>
				<div class="operation-code">
					<Choice label="Language" options={LANGUAGES} value={language} onChange={setLanguage} />
					<Code
						label={`${LANGUAGES.find(([key]) => key === language)[1]}, with $SID and $TOKEN from the environment`}
						text={written.data?.[language] ?? ''}
					/>
					<Problem error={written.error} what="The code" />
					<Problem error={failed} what="The request" />
					{reply && <Answer reply={reply} />}
				</div>
			</div>
		</article>
	);
}

function Operations({ all, current }) {
	const [words, setWords] = useState(''),
		found = useMemo(() => searchOperations(all, words), [all, words]);
	const groups =
		Map.groupBy?.(found, (o) => o.group) ?? found.reduce((map, o) => map.set(o.group, [...(map.get(o.group) ?? []), o]), new Map());
	useEffect(() => {
		document.querySelector('.operations [aria-current]')?.scrollIntoView({ block: 'nearest' });
	}, [current?.id, all]);
	return (
		<nav class="operations" aria-label="Operations">
			<input
				type="search"
				data-search
				aria-label="Search operations"
				placeholder={`Search ${all.length} operations`}
				value={words}
				onInput={(e) => setWords(e.target.value)}
				onKeyDown={(e) => e.key === 'Enter' && found[0] && navigate(`/console/explorer/${found[0].id}`)}
			/>
			<div class="operations-list" tabIndex={0} role="region" aria-label="Operations found">
				{found.length === 0 && <p class="quiet">No operation has these words.</p>}
				{[...groups].map(([group, list]) => (
					<details key={group} open={!!words || list.includes(current) || (!current && group === 'Messages')}>
						<summary>
							{group} <span class="quiet num">{list.length}</span>
						</summary>
						<ul>
							{list.map((o) => (
								<li key={o.id}>
									<a
										data-row
										href={`/console/explorer/${o.id}`}
										aria-current={o === current ? 'page' : undefined}
									>
										<span class={`verb verb-${o.method}`}>{o.method}</span>
										{o.id}
									</a>
								</li>
							))}
						</ul>
					</details>
				))}
			</div>
		</nav>
	);
}

export function Explorer({ operation, query }) {
	const { data, error } = useLoad(load),
		current = data?.find((o) => o.id === operation) ?? null;
	useTitle(operation ?? 'API explorer');
	return (
		<>
			<Heading title="API explorer" sub="Every operation of this server as a form, with the same request as code." />
			<Problem error={error} what="The description" />
			{data && (
				<div class={current ? 'explorer chosen' : 'explorer'}>
					<Operations all={data} current={current} />
					{current ? (
						<Operation key={current.id} operation={current} query={query} />
					) : (
						<div class="empty">
							<h2>{operation ? `There is no operation ${operation}` : 'Choose an operation'}</h2>
							<p>
								Begin with <a href="/console/explorer/SendMessage">SendMessage</a>: the simulated
								carrier delivers it, and the <a href="/console/log">live log</a> shows how.
							</p>
						</div>
					)}
				</div>
			)}
		</>
	);
}
