import uPlot from 'uplot';

/** Draws into node; see ui/plot.jsx. @return the plot */
export function draw(node, { xs, series, format, height, times, color, onPoint }) {
	const quiet = color('quiet'), line = color('line');
	const axis = { stroke: quiet, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
	return new uPlot({
		width: node.clientWidth, height,
		padding: [8, 8, 0, 0],
		legend: { show: false },
		cursor: { drag: { x: false, y: false }, points: { show: false } },
		scales: { x: { time: times, range: series.some((s) => s.bars) ? (plot, low, high) => {
			const half = xs.length > 1 ? (xs[1] - xs[0]) / 2 : 43200;
			return [low - half, high + half];
		} : undefined }, y: { range: (plot, low, high) => [0, Math.max(high ?? 0, 1e-9) * 1.1 || 1] } },
		axes: [{ ...axis, grid: { show: false } }, { ...axis, size: 56, values: (plot, values) => values.map((value) => format(value)) }],
		series: [{}, ...series.map((s) => ({
			label: s.name, stroke: color(s.tone), fill: s.bars ? color(s.tone) : undefined, width: s.bars ? 0 : s.points ? 0 : 1.5,
			points: { show: !!s.points, size: 5, fill: color(s.tone), stroke: color(s.tone) },
			paths: s.bars ? uPlot.paths.bars({ size: [0.7, 40], radius: 0.1 }) : s.points ? () => null : undefined,
		}))],
		hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
	}, [xs, ...series.map((s) => s.values)], node);
}
