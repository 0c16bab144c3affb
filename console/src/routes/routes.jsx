// The one list of routes.  What few open is loaded when it is opened.
import { useEffect, useState } from 'preact/hooks';
import { Attempt } from './attempt.jsx';
import { Errors } from './errors.jsx';
import { ErrorPage } from './error.jsx';
import { Keys } from './keys.jsx';
import { Limits } from './limits.jsx';
import { LogPage } from './log.jsx';
import { Message } from './message.jsx';
import { Messages } from './messages.jsx';
import { Numbers } from './numbers.jsx';
import { Overview } from './overview.jsx';
import { Phone } from './phone.jsx';
import { Usage } from './usage.jsx';
import { Endpoint } from './endpoint.jsx';
import { DeadLetter } from './dead.jsx';
import { Webhooks } from './webhooks.jsx';

const later = (load, name) =>
	function Later(props) {
		const [Route, setRoute] = useState(null);
		useEffect(() => {
			load().then((module) => setRoute(() => module[name]));
		}, []);
		return Route ? (
			<Route {...props} />
		) : (
			<p class="quiet" role="status">
				Loading
			</p>
		);
	};
const Explorer = later(() => import('./explorer.jsx'), 'Explorer');

export const ROUTES = [
	['/console', Overview],
	['/console/log', LogPage],
	['/console/messages', Messages],
	['/console/messages/:sid', Message],
	['/console/webhooks', Webhooks],
	['/console/webhooks/:id', Endpoint],
	['/console/attempts/:id', Attempt],
	['/console/dead/:id', DeadLetter],
	['/console/errors', Errors],
	['/console/errors/:code', ErrorPage],
	['/console/phone', Phone],
	['/console/explorer', Explorer],
	['/console/explorer/:operation', Explorer],
	['/console/numbers', Numbers],
	['/console/keys', Keys],
	['/console/limits', Limits],
	['/console/usage', Usage],
];
