// API keys: made, shown once, revoked.
import { useState } from 'preact/hooks';
import { account, ask, get, getSession } from '../lib/api.js';
import { useLoad, useSend, useTitle } from '../lib/hooks.js';
import { Table } from '../ui/table.jsx';
import { Card, Code, Command, Empty, Field, Heading, Problem, Sid, Sure, Time } from '../ui/parts.jsx';

function Create({ onMade }) {
	const [name, setName] = useState(''),
		[made, setMade] = useState(null); /* its secret stays when a later one is refused */
	const { send: create, error, busy } = useSend(async (event) => {
		event.preventDefault();
		setMade(await ask('POST', account('Keys'), { form: { FriendlyName: name }, shown: true }));
		setName('');
		onMade();
	});
	return (
		<Card title="New key">
			<form onSubmit={create}>
				<Field label="Name" hint="The program that will use it.">
					{(props) => (
						<input
							{...props}
							value={name}
							maxLength={64}
							onInput={(e) => setName(e.target.value)}
							placeholder="backend"
						/>
					)}
				</Field>
				<p>
					<button disabled={busy || !name.trim()}>Create</button>
				</p>
			</form>
			<Problem error={error} what="The key" />
			{made && (
				<div class="notice" role="status">
					<p>
						<b>{made.friendly_name}</b> was created. Its secret is shown this once: copy it now.
					</p>
					<Code label="Key SID" text={made.sid} />
					<Code label="Secret" text={made.secret} />
				</div>
			)}
		</Card>
	);
}

export function Keys() {
	const session = getSession();
	const keys = useLoad(() => get('/iam/v1/Keys', { AccountSid: session.account_sid, PageSize: 100 }));
	useTitle('API keys');
	const { send: revoke, error } = useSend(async (sid) => {
		await ask('DELETE', account(`Keys/${sid}`), { shown: true });
		keys.reload();
	});
	const rows = keys.data?.keys;
	return (
		<>
			<Heading title="API keys" sub="Credentials for programs: each can be revoked without touching the auth token or the other keys." />
			{session.key_sid && (
				<p class="notice">You signed in by a key. A key cannot manage keys: sign in with the auth token to make or revoke one.</p>
			)}
			<Problem error={keys.error ?? error} what="The keys" />
			<div class="cards">
				{rows && (
					<Card title="Keys" wide>
						{rows.length ? (
							<Table
								label="Keys"
								rows={rows}
								keyOf={(k) => k.sid}
								columns={[
									{
										name: 'Name',
										grow: true,
										cell: (k) => k.friendly_name || <i class="quiet">no name</i>,
									},
									{ name: 'SID', cell: (k) => <Sid sid={k.sid} full /> },
									{
										name: 'Created',
										right: true,
										cell: (k) => <Time value={k.date_created} />,
									},
									{
										name: 'Revoke',
										silent: true,
										right: true,
										cell: (k) => (
											<Sure
												label="Revoke"
												question={`Revoke ${k.friendly_name || k.sid}?`}
												onSure={() => revoke(k.sid)}
											/>
										),
									},
								]}
							/>
						) : (
							<Empty title="No key yet">
								<p>
									Programs should have keys of their own, not the auth token. Make one below, or
									in a terminal:
								</p>
								<Command
									text={`curl -u $SID:$TOKEN ${location.origin}/2010-04-01/Accounts/$SID/Keys.json -d FriendlyName=backend`}
								/>
							</Empty>
						)}
					</Card>
				)}
				<Create onMade={keys.reload} />
				<Card title="Restricted keys">
					<p>
						A restricted key may do only what its policy allows.{' '}
						<a href="/console/explorer/CreateIamKey">Create one in the API explorer</a>, with{' '}
						<a href="/docs/authentication#restricted-keys" target="_blank" rel="noreferrer">
							these permissions
						</a>
						.
					</p>
				</Card>
			</div>
		</>
	);
}
