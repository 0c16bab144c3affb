// The account's numbers, and where their messages go.
import { useState } from 'preact/hooks';
import { account, ask, get } from '../lib/api.js';
import { useLoad, useSend, useTitle } from '../lib/hooks.js';
import { Command, Empty, Field, Heading, Problem } from '../ui/parts.jsx';

const FIELDS = [
	['SmsUrl', 'sms_url', 'Asked when a message comes in; its TwiML is the answer.'],
	['SmsFallbackUrl', 'sms_fallback_url', 'Asked when the first one fails.'],
	['StatusCallback', 'status_callback', 'Told of changes.'],
];

function Number({ number, onSaved }) {
	const [values, setValues] = useState(() => Object.fromEntries(FIELDS.map(([param, key]) => [param, number[key] ?? ''])));
	const changed = FIELDS.filter(([param, key]) => values[param] !== (number[key] ?? ''));
	const {
		send: save,
		said,
		error,
		busy,
	} = useSend(async (event) => {
		event.preventDefault();
		const saved = await ask('POST', account(`IncomingPhoneNumbers/${number.sid}`), {
			form: Object.fromEntries(changed.map(([param]) => [param, values[param]])),
			shown: true,
		});
		onSaved();
		return saved;
	});
	return (
		<section class="card">
			<header>
				<h2 class="num">{number.phone_number}</h2>
				<div class="actions">
					<a class="button small" href={`/console/phone?to=${encodeURIComponent(number.phone_number)}`} data-row>
						Write to it
					</a>
				</div>
			</header>
			<form onSubmit={save}>
				{FIELDS.map(([param, , hint]) => (
					<Field key={param} label={param} hint={hint}>
						{(props) => (
							<input
								{...props}
								class="mono"
								value={values[param]}
								placeholder="https://"
								onInput={(e) => setValues({ ...values, [param]: e.target.value })}
							/>
						)}
					</Field>
				))}
				<p>
					<button disabled={busy || !changed.length}>Save</button>{' '}
					<span role="status" class="quiet">
						{said && !changed.length && 'Saved.'}
					</span>
				</p>
				<Problem error={error} what="The change" />
			</form>
			<p class="quiet sid">{number.sid}</p>
		</section>
	);
}

export function Numbers() {
	const { data, error, reload } = useLoad(() => get(account('IncomingPhoneNumbers'), { PageSize: 100 }));
	useTitle('Numbers');
	const rows = data?.incoming_phone_numbers;
	return (
		<>
			<Heading title="Numbers" sub="What the account sends from, and where messages to it go." />
			<Problem error={error} what="The list" />
			{rows?.length === 0 && (
				<Empty title="The account has no number">
					<p>The operator gives it one:</p>
					<Command text={`curl -u $SID:$TOKEN ${location.origin}/v1/senders --data-urlencode sender=+15005550006`} />
				</Empty>
			)}
			<div class="cards">
				{rows?.map((number) => (
					<Number key={number.sid} number={number} onSaved={reload} />
				))}
			</div>
		</>
	);
}
