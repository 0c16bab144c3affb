// Signing in.  The secret goes to the server once and is forgotten; the page asked for stays in the address.
import { useState } from 'preact/hooks';
import { signIn, whyEnded } from '../lib/api.js';
import { useTitle } from '../lib/hooks.js';
import { Command, Field } from '../ui/parts.jsx';

const SHAPE = /^(AC|SK)[0-9a-fA-F]{32}$/;

export function SignIn() {
	const [user, setUser] = useState(''),
		[secret, setSecret] = useState(''),
		[error, setError] = useState(null),
		[busy, setBusy] = useState(false);
	useTitle('Sign in');
	const submit = async (event) => {
		event.preventDefault();
		if (!SHAPE.test(user.trim()))
			return setError({
				field: 'user',
				message: 'A SID has two letters, AC for an account or SK for an API key, and 32 digits from 0 to f.',
			});
		if (!secret.trim()) return setError({ field: 'secret', message: 'Give the auth token, or the secret of the key.' });
		setBusy(true);
		setError(null);
		try {
			await signIn(user.trim(), secret.trim());
		} catch (refusal) {
			setError({
				field: 'secret',
				code: refusal.code,
				message:
					refusal.status === 0
						? 'The server cannot be reached. Is it running?'
						: refusal.status === 401
							? 'The SID and the secret do not belong together, or have been revoked.'
							: refusal.message,
			});
		}
		setBusy(false);
	};
	return (
		<main class="signin" id="main">
			<form onSubmit={submit} noValidate>
				<h1>
					<img src="/docs/icon.svg" alt="" width="28" height="28" />
					Strowger console
				</h1>
				{whyEnded() && (
					<p class="notice" role="status">
						{whyEnded()}
					</p>
				)}
				<Field label="Account SID or API key SID" error={error?.field === 'user' && error.message}>
					{(props) => (
						<input
							{...props}
							class="mono"
							value={user}
							onInput={(e) => setUser(e.target.value)}
							autocomplete="username"
							autocapitalize="off"
							spellcheck={false}
							autofocus
							placeholder="AC… or SK…"
						/>
					)}
				</Field>
				<Field label="Auth token or key secret">
					{(props) => (
						<input
							{...props}
							class="mono"
							type="password"
							value={secret}
							onInput={(e) => setSecret(e.target.value)}
							autocomplete="current-password"
						/>
					)}
				</Field>
				{error?.field === 'secret' && (
					<p class="problem" role="alert">
						{error.message}{' '}
						{error.code && (
							<>
								Error <a href={`/docs/errors/${error.code}`}>{error.code}</a>.
							</>
						)}
					</p>
				)}
				<button class="primary" disabled={busy}>
					{busy ? 'Signing in' : 'Sign in'}
				</button>
				<details>
					<summary>Where do I find them?</summary>
					<p>The server prints the SID and the token of its first account when it starts:</p>
					<Command text="make run" />
					<p>
						The console keeps neither. It sends them to the server once and then uses a session token, which
						stays in this tab and expires after twelve hours.
					</p>
				</details>
			</form>
		</main>
	);
}
