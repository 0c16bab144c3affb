// Charts drawn by hand as SVG, and the frame around every chart: its figures can be seen as a table instead.
import { useState } from 'preact/hooks';
import { Table } from './table.jsx';
import { number } from '../lib/format.js';

/** table: {head: [names], rows: [[cells]]} */
export function Figure({ title, table, children, note }) {
	const [asTable, setAsTable] = useState(false);
	return (
		<figure class="figure">
			<figcaption>
				<span>{title}</span>
				<button type="button" class="small" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
					View as table
				</button>
			</figcaption>
			{asTable ? (
				<Table
					label={title}
					rows={table.rows}
					columns={table.head.map((name, i) => ({ name, right: i > 0, cell: (row) => row[i] }))}
				/>
			) : (
				children
			)}
			{note && <p class="quiet note">{note}</p>}
		</figure>
	);
}

/** Shares of a whole. parts: [{name, n, tone}] */
export function Shares({ title, parts }) {
	const total = parts.reduce((sum, part) => sum + part.n, 0),
		shown = parts.filter((part) => part.n);
	let at = 0;
	const percent = (n) => (total ? `${((100 * n) / total).toFixed(n === total ? 0 : 1)} %` : '');
	return (
		<Figure
			title={title}
			table={{ head: ['Status', 'Messages', 'Share'], rows: parts.map((part) => [part.name, number(part.n), percent(part.n)]) }}
		>
			<svg
				class="shares"
				viewBox="0 0 100 8"
				preserveAspectRatio="none"
				role="img"
				aria-label={shown.map((part) => `${part.name} ${percent(part.n)}`).join(', ') || 'nothing yet'}
			>
				<rect class="tone-none" width="100" height="8" />
				{shown.map((part) => {
					const width = (100 * part.n) / total,
						x = at;
					at += width;
					return (
						<rect
							key={part.name}
							class={`tone-${part.tone}`}
							x={x}
							width={Math.max(0.4, width - (at < 100 ? 0.35 : 0))}
							height="8"
						/>
					);
				})}
			</svg>
			<ul class="legend">
				{shown.map((part) => (
					<li key={part.name}>
						<i class={`tone-${part.tone}`} />
						{part.name} <b class="num">{number(part.n)}</b> <span class="quiet">{percent(part.n)}</span>
					</li>
				))}
			</ul>
		</Figure>
	);
}

/** Bars that lie, longest first. rows: [{label, n, href, text}] */
export function Bars({ title, rows, unit }) {
	const most = Math.max(1, ...rows.map((row) => row.n));
	return (
		<Figure title={title} table={{ head: ['', unit], rows: rows.map((row) => [row.text ?? row.label, number(row.n)]) }}>
			<ul class="bars">
				{rows.map((row) => (
					<li key={row.label}>
						<a href={row.href} data-row>
							{row.label}
						</a>
						<b class="num right">{number(row.n)}</b>
						<svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
							<rect class="tone-none" width="100" height="6" rx="1" />
							<rect class={`tone-${row.tone ?? 'accent'}`} width={(100 * row.n) / most} height="6" rx="1" />
						</svg>
					</li>
				))}
			</ul>
		</Figure>
	);
}

/** How much of a limit is used. */
export function Meter({ used, limit, label }) {
	const share = limit ? Math.min(1, used / limit) : 0;
	const tone = share > 0.9 ? 'bad' : share > 0.7 ? 'warn' : 'accent';
	/* Half a circle of radius 40. */
	const length = Math.PI * 40;
	return (
		<svg class="meter" viewBox="0 0 100 58" role="img" aria-label={`${label}: ${number(used)} of ${number(limit)} used`}>
			<path class="meter-back" d="M10 50 A40 40 0 0 1 90 50" />
			<path class={`meter-front stroke-${tone}`} d="M10 50 A40 40 0 0 1 90 50" stroke-dasharray={`${share * length} ${length}`} />
			<text x="50" y="46" text-anchor="middle">
				{share > 0 && share < 0.01 ? '<1' : Math.round(100 * share)} %
			</text>
		</svg>
	);
}

/** A line of values, oldest first; bad marks those that failed. values: [{y, bad}] */
export function Spark({ values, label, width = 120, height = 28 }) {
	if (!values.length) return <span class="quiet">no requests yet</span>;
	const most = Math.max(1, ...values.map((v) => v.y)),
		step = values.length > 1 ? (width - 6) / (values.length - 1) : 0;
	const x = (i) => 3 + i * step,
		y = (v) => height - 3 - ((height - 6) * v.y) / most;
	return (
		<svg class="spark" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label}>
			<polyline points={values.map((v, i) => `${x(i).toFixed(1)},${y(v).toFixed(1)}`).join(' ')} />
			{values.map((v, i) =>
				v.bad || i === values.length - 1 ? (
					<circle key={i} class={v.bad ? 'bad' : 'last'} cx={x(i)} cy={y(v)} r="2.2" />
				) : null,
			)}
		</svg>
	);
}

/** Steps along a time: [{at, label, tone, room}], at in microseconds from the first. */
export function Steps({ title, steps, head }) {
	const end = Math.max(1, ...steps.map((s) => s.at));
	const text = (us) => (us < 1000 ? `${us} µs` : `${(us / 1000).toFixed(us < 10000 ? 2 : 1)} ms`);
	return (
		<Figure title={title} table={{ head, rows: steps.map((s) => [s.label, s.room ?? '', text(s.at)]) }}>
			<ol class="steps">
				{steps.map((s, i) => (
					<li key={i}>
						<span class="step-name">
							{s.label}
							{s.room && <span class="quiet"> {s.room}</span>}
						</span>
						<svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
							<rect class="tone-none" y="2.5" width="100" height="1" />
							<rect
								class={`tone-${s.tone ?? 'accent'}`}
								x={Math.min(98.8, (100 * s.at) / end)}
								width="1.2"
								height="6"
							/>
						</svg>
						<span class="num right">{text(s.at)}</span>
					</li>
				))}
			</ol>
		</Figure>
	);
}
