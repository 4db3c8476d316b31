// answers.mjs: reads the answers of queries into plain rows, so that the tests name the shape in one place.

/** A trend: [{ start: 'YYYY-MM-DD', by: text or null, value }], value a number or, of a sum, its exact text. */
export function trend(answer) {
	return answer.rows.map((row) => ({ start: String(row.time).slice(0, 10), by: row.by ?? null, value: row.value }));
}

/** A retention table: [{ cohort: 'YYYY-MM-DD', size, cells }], cells of null where the interval has not ended. */
export function retention(answer) {
	return answer.cohorts.map((cohort) => ({ cohort: String(cohort.start).slice(0, 10), size: cohort.size, cells: cohort.cells }));
}
