// An error explained: what it means, why, what to do; and when it came last.
import { get } from '../lib/api.js';
import { catalogue } from '../lib/catalogue.js';
import { useEvents, useLoad, useTitle } from '../lib/hooks.js';
import { Table } from '../ui/table.jsx';
import { Card, Heading, Loaded, Problem, Sid, Time } from '../ui/parts.jsx';

export function Explained({ code }) {
	const { data, error } = useLoad(async () => (await catalogue()).get(Number(code)) ?? null, [code]);
	if (!data) return error ? <Problem error={error} what="The explanation" /> : null;
	return (
		<dl class="explained">
			<div>
				<dt>Message</dt>
				<dd>{data.message}</dd>
			</div>
			<div>
				<dt>Cause</dt>
				<dd>{data.cause}</dd>
			</div>
			<div>
				<dt>What to do</dt>
				<dd>
					<b>{data.action}</b>
				</dd>
			</div>
		</dl>
	);
}

export function ErrorPage({ code }) {
	const alerts = useLoad(
		async () => (await get('/monitor/v1/Alerts', { PageSize: 500 })).alerts.filter((alert) => alert.error_code === code),
		[code],
		5000,
	);
	const known = useLoad(async () => (await catalogue()).has(Number(code)), [code]);
	useTitle(`Error ${code}`);
	useEvents((event) => event.type === 'alert.created' && String(event.data?.error_code) === code, alerts.reload);
	return (
		<>
			<Heading title={`Error ${code}`}>
				<a class="button" href={`/console/log?q=${code}`}>
					In the live log
				</a>
				<a class="button" href={`/docs/errors/${code}`} target="_blank" rel="noreferrer">
					Documentation
				</a>
			</Heading>
			{known.data === false ? (
				<p>
					The catalogue has no error {code}. <a href="/console/errors">Search it</a>.
				</p>
			) : (
				<Card>
					<Explained code={code} />
				</Card>
			)}
			<Card title="Latest occurrences" wide>
				<Loaded
					load={alerts}
					what="The list of alerts"
					rows={(all) => all}
					none={<p class="quiet">None among the account's last 500 alerts. A new alert appears here within a second or two.</p>}
				>
					{(rows) => (
						<Table
							label="Alerts"
							rows={rows}
							keyOf={(a) => a.sid}
							columns={[
								{ name: 'When', cell: (a) => <Time value={a.date_generated} /> },
								{
									name: 'What',
									grow: true,
									cell: (a) => (
										<>
											{a.alert_text}
											{a.request_url && (
												<span
													class="one-line mono quiet"
													title={a.request_url}
												>
													{a.request_method} {a.request_url}
												</span>
											)}
										</>
									),
								},
								{ name: 'About', cell: (a) => <Sid sid={a.resource_sid} /> },
							]}
						/>
					)}
				</Loaded>
			</Card>
		</>
	);
}
