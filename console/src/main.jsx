// The console begins: who is signed in, which route, and the page around it.
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import './css/base.css';
import './css/layout.css';
import './css/parts.css';
import './css/charts.css';
import './css/log.css';
import './css/routes.css';
import 'uplot/dist/uPlot.min.css';
import './lib/keys.js';
import { getSession, onSession } from './lib/api.js';
import { begin, end } from './lib/live.js';
import { fits, navigate, usePath } from './lib/router.js';
import { Layout, setScheme } from './ui/layout.jsx';
import { ROUTES } from './routes/routes.jsx';
import { SignIn } from './routes/signin.jsx';

setScheme(localStorage.getItem('strowger.scheme') ?? '');

function App() {
	const [session, setSession] = useState(getSession()),
		{ pathname, query } = usePath(),
		first = useRef(true);
	useEffect(() => onSession(setSession), []);
	useEffect(() => {
		if (session) begin();
		return end;
	}, [session?.token]);
	useEffect(() => {
		if (!first.current) document.querySelector('main h1')?.focus();
		first.current = false;
	}, [pathname]);
	/* /console/signin?to=… is where a bookmark of nobody may lead: whoever is signed in goes on. */
	useEffect(() => {
		if (session && pathname === '/console/signin') navigate('/console', { replace: true });
	}, [session, pathname]);
	if (!session) return <SignIn />;
	for (const [pattern, Route] of ROUTES) {
		const params = fits(pattern, pathname);
		if (params)
			return (
				<Layout pathname={pathname}>
					<Route key={pathname} {...params} query={query} />
				</Layout>
			);
	}
	return (
		<Layout pathname={pathname}>
			<div class="heading">
				<h1 tabIndex={-1}>There is no such page</h1>
			</div>
			<p>
				The console has no page {pathname}. <a href="/console">Go to the overview</a>.
			</p>
		</Layout>
	);
}

render(<App />, document.getElementById('app'));
