// What was used and what it cost: by day, by category, and the balance with what changed it.
import { useMemo, useState } from 'preact/hooks';
import { account, get } from '../lib/api.js';
import { useEvents, useLoad, useTitle } from '../lib/hooks.js';
import { daily, label, lastDays } from '../lib/usage.js';
import { money, number } from '../lib/format.js';
import { Plot } from '../ui/plot.jsx';
import { Table } from '../ui/table.jsx';
import { Card, Choice, Heading, Loaded, Problem, Sid, Tile, Time } from '../ui/parts.jsx';

const SPANS = [
	[7, '7 days'],
	[30, '30 days'],
	[90, '90 days'],
];

function Days({ title, days, values, tone, format, name }) {
	const xs = useMemo(() => days.map((date) => Date.parse(`${date}T00:00:00`) / 1000), [days]),
		series = useMemo(() => [{ name, tone, values, bars: true }], [values]);
	return <Plot title={title} xs={xs} series={series} format={format} label={label} />;
}

export function Usage() {
	const [n, setN] = useState(30);
	const use = useLoad(
		async () => {
			const days = lastDays(n),
				[out, incoming, all] = await Promise.all([
					daily('sms-outbound', days),
					daily('sms-inbound', days),
					daily('totalprice', days),
				]);
			return { days, out: out.map((d) => d.count), incoming: incoming.map((d) => d.count), spent: all.map((d) => d.price) };
		},
		[n],
		10000,
	);
	const balance = useLoad(() => get(account('Balance')), [], 5000),
		ledger = useLoad(() => get('/v1/ledger', { limit: 20 }), [], 10000);
	const month = useLoad(
		async () =>
			(await get(account('Usage/Records/ThisMonth'), { PageSize: 1000 })).usage_records.filter(
				(r) => Number(r.count) || Number(r.price),
			),
		[],
		10000,
	);
	useTitle('Usage');
	useEvents(
		(event) => event.type.startsWith('message.'),
		() => {
			balance.reload();
			ledger.reload();
		},
		1000,
	);
	const sum = (values) => values?.reduce((a, b) => a + b, 0);
	return (
		<>
			<Heading title="Usage">
				<Choice label="Span" options={SPANS} value={n} onChange={setN} />
			</Heading>
			<Problem error={use.error ?? balance.error} what="Usage" />
			<div class="tiles">
				<Tile
					label="Balance"
					value={balance.data && money(balance.data.balance, balance.data.currency)}
					level={Number(balance.data?.balance) < 1 ? 'bad' : ''}
					note="of the account that pays"
				/>
				<Tile label={`Spent in ${n} days`} value={use.data && money(sum(use.data.spent))} note="all products" />
				<Tile label="Segments sent" value={use.data && number(sum(use.data.out))} note={`in ${n} days`} />
				<Tile label="Segments received" value={use.data && number(sum(use.data.incoming))} note={`in ${n} days`} />
			</div>
			{use.data && (
				<div class="cards">
					<Card>
						<Days
							title="Segments sent, by day"
							days={use.data.days}
							values={use.data.out}
							name="sent"
							tone="accent"
							format={(v) => number(Math.round(v))}
						/>
					</Card>
					<Card>
						<Days
							title="Spent, by day"
							days={use.data.days}
							values={use.data.spent}
							name="spent, USD"
							tone="ok"
							format={(v) => v.toFixed(v < 1 ? 3 : 2)}
						/>
					</Card>
					<Card title="This month, by category" wide>
						<Loaded
							load={month}
							what="The list"
							rows={(all) => all}
							none={
								<p class="quiet">
									Nothing was used this month. Usage is counted from the event log, a moment
									behind it.
								</p>
							}
						>
							{(rows) => (
								<Table
									label="This month"
									rows={rows}
									keyOf={(r) => r.category}
									columns={[
										{
											name: 'Category',
											cell: (r) => <span class="mono">{r.category}</span>,
										},
										{ name: 'What', grow: true, cell: (r) => r.description },
										{
											name: 'Count',
											right: true,
											cell: (r) => `${number(r.count)} ${r.count_unit ?? ''}`,
										},
										{
											name: 'Price',
											right: true,
											cell: (r) => money(r.price, r.price_unit),
										},
									]}
								/>
							)}
						</Loaded>
					</Card>
					<Card title="What changed the balance" wide>
						<Loaded load={ledger} what="The ledger" rows={(d) => d.data} none={<p class="quiet">Nothing yet.</p>}>
							{(rows) => (
								<Table
									label="Ledger"
									rows={rows}
									keyOf={(l, i) => `${l.sid}.${l.reason}.${i}`}
									columns={[
										{ name: 'When', cell: (l) => <Time value={l.date_created} /> },
										{ name: 'Why', grow: true, cell: (l) => l.reason },
										{ name: 'About', cell: (l) => <Sid sid={l.sid} row /> },
										{
											name: 'Made of',
											right: true,
											cell: (l) =>
												l.price_unit_amount &&
												`${l.price_quantity} × ${l.price_unit_amount}`,
										},
										{
											name: 'Amount',
											right: true,
											cell: (l) => <b class="num">{money(l.amount, l.currency)}</b>,
										},
									]}
								/>
							)}
						</Loaded>
					</Card>
				</div>
			)}
		</>
	);
}
