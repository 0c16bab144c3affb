// The account's messages, newest first, by number.
import { useState } from 'preact/hooks';
import { get } from '../lib/api.js';
import { useEvents, useLoad, useTitle } from '../lib/hooks.js';
import { money } from '../lib/format.js';
import { Table } from '../ui/table.jsx';
import { Command, Empty, ErrorCode, Heading, Problem, Sid, State, Time } from '../ui/parts.jsx';

const COLUMNS = [
	{ name: 'Message', cell: (m) => <Sid sid={m.sid} row /> },
	{
		name: 'Status',
		cell: (m) => (
			<>
				<State state={m.status} /> <ErrorCode code={m.error_code} />
			</>
		),
	},
	{ name: 'From', cell: (m) => <span class="num">{m.from}</span> },
	{ name: 'To', cell: (m) => <span class="num">{m.to}</span> },
	{
		name: 'Text',
		grow: true,
		cell: (m) => (
			<span class="one-line" title={m.body}>
				{m.body}
			</span>
		),
	},
	{ name: 'Price', right: true, cell: (m) => (m.price === null ? <span class="quiet">–</span> : money(m.price, m.price_unit)) },
	{ name: 'Created', right: true, cell: (m) => <Time value={m.date_created} /> },
];

export function Messages() {
	const [numbers, setNumbers] = useState({ to: '', from: '' }),
		[pages, setPages] = useState([null]);
	const cursor = pages.at(-1);
	const { data, error, loading, reload } = useLoad(
		() => get('/v1/messages', { ...numbers, limit: 50, cursor }),
		[numbers.to, numbers.from, cursor],
	);
	useTitle('Messages');
	useEvents((event) => cursor === null && event.type.startsWith('message.'), reload, 300);
	const search = (event) => {
		event.preventDefault();
		const form = new FormData(event.target);
		setPages([null]);
		setNumbers({ to: form.get('to').trim(), from: form.get('from').trim() });
	};
	const filtered = numbers.to || numbers.from;
	return (
		<>
			<Heading title="Messages">
				<a class="button" href="/console/explorer/SendMessage">
					Send a message
				</a>
			</Heading>
			<form class="tools" role="search" onSubmit={search}>
				<input name="to" type="search" data-search aria-label="To" placeholder="To +15005550010" />{' '}
				<input name="from" type="search" aria-label="From" placeholder="From" /> <button>Find</button>
			</form>
			<Problem error={error} what="The list" />
			{data?.data.length === 0 &&
				(filtered ? (
					<Empty title="No message has these numbers">
						<p>Numbers are written as the message has them, with + and country.</p>
					</Empty>
				) : (
					<Empty title="No messages yet">
						<p>
							Write one with the <a href="/console/phone">phone</a>, the{' '}
							<a href="/console/explorer/SendMessage">API explorer</a>, or in a terminal:
						</p>
						<Command
							text={`curl -u $SID:$TOKEN ${location.origin}/v1/messages \\\n  -H 'Content-Type: application/json' \\\n  -d '{"from": "+15005550006", "to": "+15005550010", "body": "hello"}'`}
						/>
					</Empty>
				))}
			{data?.data.length > 0 && <Table label="Messages" columns={COLUMNS} rows={data.data} keyOf={(m) => m.sid} />}
			{data && (
				<p class="pager">
					<button type="button" class="small" disabled={pages.length < 2} onClick={() => setPages(pages.slice(0, -1))}>
						Newer
					</button>{' '}
					<button
						type="button"
						class="small"
						disabled={!data.next_cursor || loading}
						onClick={() => setPages([...pages, data.next_cursor])}
					>
						Older
					</button>
				</p>
			)}
		</>
	);
}
