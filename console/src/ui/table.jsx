// A table that scrolls inside itself.  columns: [{name, cell(row), right, grow, quiet, silent: its head is heard, not seen}]; the first cell with a link is where j and k stop.
export function Table({ label, columns, rows, keyOf = (row, i) => i }) {
	return (
		<div class="table" role="region" aria-label={label} tabIndex={0}>
			<table>
				<caption class="unseen">{label}</caption>
				<thead>
					<tr>
						{columns.map((c) => (
							<th scope="col" key={c.name} class={c.right ? 'right' : undefined}>
								{c.silent ? <span class="unseen">{c.name}</span> : c.name}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map((row, i) => (
						<tr key={keyOf(row, i)}>
							{columns.map((c) => (
								<td
									key={c.name}
									class={
										[c.right && 'right', c.grow && 'grow', c.quiet && 'quiet']
											.filter(Boolean)
											.join(' ') || undefined
									}
								>
									{c.cell(row)}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
