import uPlot from 'uplot';

const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const two = (n) => String(n).padStart(2, '0');
/* 24 hours a day; days by month and day; below a second by milliseconds. */
function ticks(splits) {
	const step = splits.length > 1 ? splits[1] - splits[0] : 60;
	return splits.map((s) => {
		const d = new Date(s * 1000);
		return step >= 86400
			? `${two(d.getMonth() + 1)}-${two(d.getDate())}`
			: `${two(d.getHours())}:${two(d.getMinutes())}${step < 60 ? `:${two(d.getSeconds())}` : ''}${step < 1 ? `.${String(d.getMilliseconds()).padStart(3, '0')}` : ''}`;
	});
}

/** Draws into node; see ui/plot.jsx. @return the plot */
export function draw(node, { xs, series, format, height, times, color, onPoint }) {
	const quiet = color('quiet'),
		line = color('line');
	/* Counts have no halves. */
	const whole = series.every((s) => s.values.every((value) => Number.isInteger(value ?? 0)));
	const axis = { stroke: quiet, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
	return new uPlot(
		{
			width: node.clientWidth,
			height,
			padding: [8, 8, 0, 0],
			legend: { show: false },
			cursor: { drag: { x: false, y: false }, points: { show: false } },
			scales: {
				x: {
					time: times,
					range: series.some((s) => s.bars)
						? (plot, low, high) => {
								const half = xs.length > 1 ? (xs[1] - xs[0]) / 2 : 43200;
								return [low - half, high + half];
							}
						: undefined,
				},
				y: { range: (plot, low, high) => [0, Math.max(high ?? 0, 1e-9) * 1.1 || 1] },
			},
			axes: [
				{ ...axis, grid: { show: false }, size: 28, space: 70, values: (plot, splits) => ticks(splits) },
				{ ...axis, size: 56, ...(whole && { incrs: WHOLE }), values: (plot, values) => values.map((value) => format(value)) },
			],
			series: [
				{},
				...series.map((s) => ({
					label: s.name,
					stroke: color(s.tone),
					fill: s.bars ? color(s.tone) : undefined,
					width: s.bars ? 0 : s.points ? 0 : 1.5,
					points: { show: !!s.points, size: 5, fill: color(s.tone), stroke: color(s.tone) },
					paths: s.bars ? uPlot.paths.bars({ size: [0.7, 40], radius: 0.1 }) : s.points ? () => null : undefined,
				})),
			],
			hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
		},
		[xs, ...series.map((s) => s.values)],
		node,
	);
}
