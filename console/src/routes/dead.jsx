// A callback that was given up.
import { get } from '../lib/api.js';
import { useLoad, useTitle } from '../lib/hooks.js';
import { Card, Code, Heading, Problem } from '../ui/parts.jsx';
import { Replay } from './attempt.jsx';

export function DeadLetter({ id }) {
	const { data, error } = useLoad(() => get(`/v1/webhooks/dead_letters/${id}`), [id]);
	useTitle('Dead letter');
	return (
		<>
			<Heading title="Dead letter" sub={<span class="sid">{id}</span>} />
			<Problem error={error} what="The dead letter" />
			{data && (
				<Card>
					<Replay attempt={data} />
					<Code label="All that is kept of it" text={JSON.stringify(data, null, 2)} />
				</Card>
			)}
		</>
	);
}
