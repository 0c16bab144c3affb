// Which errors come most, what went wrong last, and the catalogue to search.
import { useState } from 'preact/hooks';
import { get } from '../lib/api.js';
import { catalogue } from '../lib/catalogue.js';
import { useEvents, useLoad, useTitle } from '../lib/hooks.js';
import { Bars } from '../ui/charts.jsx';
import { Table } from '../ui/table.jsx';
import { Card, Choice, Empty, Heading, Loaded, Problem, Sid, Time } from '../ui/parts.jsx';

const WINDOWS = [
	[3600, 'Hour'],
	[86400, 'Day'],
	[604800, 'Week'],
];

/** Those of the same code together: [{code, n, message}] */
export const byCode = (errors) =>
	[
		...errors
			.reduce((map, e) => map.set(e.code, { code: e.code, message: e.message, n: (map.get(e.code)?.n ?? 0) + e.count }), new Map())
			.values(),
	].sort((a, b) => b.n - a.n);

export function TopErrors({ errors, title }) {
	return (
		<Bars
			title={title}
			unit="Times"
			rows={byCode(errors)
				.slice(0, 10)
				.map((e) => ({
					label: (
						<>
							<b class="num">{e.code}</b> {e.message}
						</>
					),
					text: `${e.code} ${e.message}`,
					n: e.n,
					href: `/console/errors/${e.code}`,
					tone: 'bad',
				}))}
		/>
	);
}

function Search() {
	const [words, setWords] = useState(''),
		{ data, error } = useLoad(catalogue);
	const terms = words.toLowerCase().split(/\s+/).filter(Boolean);
	const found =
		data && terms.length
			? [...data.values()].filter((row) =>
					terms.every((term) => `${row.code} ${row.message} ${row.cause}`.toLowerCase().includes(term)),
				)
			: [];
	return (
		<Card title="What does it mean?" wide>
			<input
				type="search"
				data-search
				aria-label="Search errors"
				placeholder="A code or words: 21211, signature, opted out"
				value={words}
				onInput={(e) => setWords(e.target.value)}
			/>
			<Problem error={error} what="The catalogue" />
			{terms.length > 0 &&
				data &&
				(found.length ? (
					<ul class="found">
						{found.slice(0, 12).map((row) => (
							<li key={row.code}>
								<a data-row href={`/console/errors/${row.code}`}>
									<b class="num">{row.code}</b> {row.message}
								</a>
								<span class="quiet">{row.action}</span>
							</li>
						))}
					</ul>
				) : (
					<p class="quiet">No error has these words.</p>
				))}
		</Card>
	);
}

export function Errors() {
	const [span, setSpan] = useState(86400),
		top = useLoad(() => get('/v1/errors/top', { window_s: span, limit: 100 }), [span], 10000),
		alerts = useLoad(() => get('/monitor/v1/Alerts', { PageSize: 50 }), [], 10000);
	useTitle('Errors');
	useEvents(
		(event) => event.type.startsWith('alert.'),
		() => {
			top.reload();
			alerts.reload();
		},
		500,
	);
	return (
		<>
			<Heading title="Errors">
				<Choice label="Window" options={WINDOWS} value={span} onChange={setSpan} />
			</Heading>
			<Problem error={top.error} what="The list of errors" />
			<Search />
			<div class="cards">
				<Card wide>
					{top.data?.errors.length ? (
						<TopErrors title="Most frequent" errors={top.data.errors} />
					) : (
						top.data && (
							<Empty title="Nothing went wrong">
								<p>
									No request was refused and no message failed in this window. Try{' '}
									<a href="/console/explorer/SendMessage?to=%2B15005550001">
										a number that is refused
									</a>{' '}
									to see one.
								</p>
							</Empty>
						)
					)}
				</Card>
				<Card title="Latest" wide>
					<Loaded
						load={alerts}
						what="The list of alerts"
						rows={(d) => d.alerts}
						none={<p class="quiet">No alert yet.</p>}
					>
						{(rows) => (
							<Table
								label="Latest alerts"
								rows={rows}
								keyOf={(a) => a.sid}
								columns={[
									{
										name: 'Code',
										cell: (a) => (
											<a
												data-row
												class="num"
												href={`/console/errors/${a.error_code}`}
											>
												{a.error_code}
											</a>
										),
									},
									{ name: 'What', grow: true, cell: (a) => a.alert_text },
									{ name: 'About', cell: (a) => <Sid sid={a.resource_sid} /> },
									{ name: 'When', right: true, cell: (a) => <Time value={a.date_generated} /> },
								]}
							/>
						)}
					</Loaded>
				</Card>
			</div>
		</>
	);
}
