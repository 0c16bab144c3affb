// Usage by day, with the days on which nothing happened.
import { account, get } from './api.js';
import { day } from './format.js';

const DAY = 86400000;
export const lastDays = (n, now = Date.now()) => Array.from({ length: n }, (_, i) => new Date(now - (n - 1 - i) * DAY).toISOString().slice(0, 10));

/** Numbers of a category, one a day: {count, price}. */
export async function daily(category, days) {
	const { usage_records: records } = await get(account('Usage/Records/Daily'), {
		Category: category,
		StartDate: days[0],
		EndDate: days.at(-1),
		PageSize: 1000,
	});
	const by = new Map(records.map((record) => [record.start_date, record]));
	return days.map((date) => ({ count: Number(by.get(date)?.count ?? 0), price: Number(by.get(date)?.price ?? 0) }));
}
export const label = (seconds) => day(seconds * 1000);
