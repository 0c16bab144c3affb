// uPlot in a figure; loaded when the first chart is shown.  Its colours are no CSS, so it is drawn again when the scheme changes.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useScheme } from '../lib/hooks.js';
import { Figure } from './charts.jsx';

const color = (name) => getComputedStyle(document.querySelector(`.probe-${name}`)).color;
const loading = () => import('../lib/uplot.js');

/**
 * xs: seconds; series: [{name, values, tone, bars}]; format(value) for the axis and the table; label(x) for the table
 */
export function Plot({ title, xs, series, format = String, label, height = 180, note, times = true }) {
	const place = useRef(),
		dark = useScheme(),
		[parts, setParts] = useState(null);
	const [at, setAt] = useState(null);
	useEffect(() => {
		loading().then((module) => setParts(module));
	}, []);
	useEffect(() => {
		const node = place.current;
		if (!parts || !node || !xs.length) return undefined;
		const plot = parts.draw(node, { xs, series, format, height, times, color, onPoint: setAt });
		const watch = new ResizeObserver(() => plot.setSize({ width: node.clientWidth, height }));
		watch.observe(node);
		return () => {
			watch.disconnect();
			plot.destroy();
		};
	}, [parts, dark, xs, series]);
	const rows = xs.map((x, i) => [label(x), ...series.map((s) => (s.values[i] === null ? '' : format(s.values[i])))]);
	const said = at === null || !rows[at] ? null : rows[at];
	return (
		<Figure title={title} note={note} table={{ head: ['When', ...series.map((s) => s.name)], rows }}>
			<p class="plot-legend">
				{series.map((s, i) => (
					<span key={s.name}>
						<i class={`tone-${s.tone}`} />
						{s.name}
						{said && <b class="num"> {said[i + 1]}</b>}
					</span>
				))}
				{said && <span class="quiet">{said[0]}</span>}
			</p>
			<div
				ref={place}
				class="plot"
				style={{ height: `${height}px` }}
				role="img"
				aria-label={`${title}; the same as a table by the button above`}
			/>
		</Figure>
	);
}
