// The limits of the account and how much of them is in use now.
import { useEffect, useRef } from 'preact/hooks';
import { ask, get } from '../lib/api.js';
import { useLoad, useSend, useTitle } from '../lib/hooks.js';
import { number } from '../lib/format.js';
import { Figure, Meter, Spark } from '../ui/charts.jsx';
import { Table } from '../ui/table.jsx';
import { Card, Heading, Problem, Sure } from '../ui/parts.jsx';

const per = (limit) =>
	limit.window_s === null
		? 'at once'
		: ({ 1: 'a second', 60: 'a minute', 3600: 'an hour', 86400: 'a day' }[limit.window_s] ?? `in ${number(limit.window_s)} s`);
const NAMES = ['read', 'write', 'send', 'bulk', 'concurrent', 'daily_send', 'monthly_send'];

function Limit({ limit, past }) {
	return (
		<li class="limit">
			<h2>
				{limit.name.replaceAll('_', ' ')} <span class="quiet">{limit.scope === 'key' ? 'of this key' : ''}</span>
			</h2>
			<Meter used={limit.used} limit={limit.limit} label={limit.name} />
			<p class="num">
				<b>{number(limit.used)}</b> of {number(limit.limit)} {per(limit)}
			</p>
			{past.some((used) => used !== past[0]) && (
				<Spark
					values={past.map((y) => ({ y }))}
					label={`Use of ${limit.name} in the last ${past.length * 2} seconds, at most ${Math.max(...past)}`}
				/>
			)}
		</li>
	);
}

export function Limits() {
	const limits = useLoad(() => get('/v1/limits', { limit: 100 }), [], 2000),
		tiers = useLoad(() => get('/v1/tiers', { limit: 100 }));
	const past = useRef(new Map()),
		key = (l) => `${l.scope}.${l.name}`;
	useTitle('Limits');
	useEffect(() => {
		for (const l of limits.data?.data ?? []) past.current.set(key(l), [...(past.current.get(key(l)) ?? []), l.used].slice(-30));
	}, [limits.data]);
	const rows = limits.data?.data ?? [],
		tier = rows.find((l) => l.tier)?.tier,
		mine = tiers.data?.data.find((t) => t.name === tier);
	const { send: upgrade, error } = useSend(async (name) => {
		await ask('POST', '/v1/limits/upgrade', { json: { tier: name }, shown: true });
		limits.reload();
	});
	return (
		<>
			<Heading
				title="Limits"
				sub={
					tier ? (
						<>
							Tier <b>{tier}</b>. A request beyond a limit is answered with 429 and Retry-After:{' '}
							<a href="/docs/limits" target="_blank" rel="noreferrer">
								how limits are counted
							</a>
							.
						</>
					) : undefined
				}
			/>
			<Problem error={limits.error ?? error} what="The limits" />
			{rows.length > 0 && (
				<Card wide>
					<Figure
						title="In use now"
						table={{
							head: ['Limit', 'Used', 'Of', 'Window'],
							rows: rows.map((l) => [
								`${l.name}${l.scope === 'key' ? ' of this key' : ''}`,
								number(l.used),
								number(l.limit),
								per(l),
							]),
						}}
					>
						<ul class="limits">
							{rows.map((l) => (
								<Limit key={key(l)} limit={l} past={past.current.get(key(l)) ?? []} />
							))}
						</ul>
					</Figure>
				</Card>
			)}
			{tiers.data && (
				<Card title="Tiers" wide>
					<Table
						label="Tiers"
						rows={tiers.data.data}
						keyOf={(t) => t.name}
						columns={[
							{ name: 'Tier', cell: (t) => (t.name === tier ? <b>{t.name} (yours)</b> : t.name) },
							...NAMES.map((name) => ({
								name: name.replaceAll('_', ' '),
								right: true,
								cell: (t) =>
									t[name] === null || t[name] === undefined ? (
										<span class="quiet">–</span>
									) : typeof t[name] === 'number' ? (
										number(t[name])
									) : (
										t[name]
									),
							})),
							{
								name: 'Upgrade',
								silent: true,
								right: true,
								cell: (t) =>
									t.self_serve &&
									mine &&
									t.rank > mine.rank && (
										<Sure
											label="Upgrade"
											question={`Upgrade to ${t.name}?`}
											onSure={() => upgrade(t.name)}
										/>
									),
							},
						]}
					/>
				</Card>
			)}
		</>
	);
}
