// chart.js: draws each figure marked data-chart from the table that stands in it, so a chart can say nothing that its table does
// not. The drawing library comes after the page, when the first chart is near. Without it, or without JavaScript, the table
// stands there. What a table says to be drawn, by its attributes:
//   kinds bar, line, ranking (bars across), heat:  <thead> th data-series ["bar", "line" or ""], with data-unit ["share", "money", or
//     none], data-currency, data-tone ["warning"], data-target and data-target-label; in <tbody> th data-time [a day, as 2011-12-25] and
//     td data-value [a plain number], with data-low and data-high for its interval. Series of several units are chosen among.
//   kind map:  two data-series columns: what stands across and what upwards; each row a point with its name, the means drawn as lines.
//   kinds sankey, flow:  tr data-from data-to [names; empty: begins, ends] data-value, with data-from-id and data-to-id where one name
//     stands at several places.
//   marks on time:  anything in the figure with data-mark, data-from, data-to and data-label, numbered in their order.
// Colours, patterns and sizes are the style sheet's. Nothing is written as HTML, and nothing moves.
const root = document.documentElement;
const isRtl = root.dir === 'rtl', lang = root.lang || 'en';
const say = (text) => document.dispatchEvent(new CustomEvent('say', { detail: text }));
const isolated = (text) => `\u2068${text}\u2069`;
const SERIES = 6, LABELLED_BARS = 14, HEAT_STEPS = 6;
const DASHES = ['solid', 'dashed', 'dotted', [8, 3, 2, 3], [2, 2], [10, 4]];
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'emptyCircle', 'emptyRect'];
// As the patterns of .series-1 … in parts.css.
const decals = (ink) => [
	{ color: 'transparent' },
	{ color: ink, dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 },
	{ color: ink, symbol: 'circle', dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], symbolSize: 0.6 },
	{ color: ink, dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: Math.PI / 4 },
	{ color: ink, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: 0 },
	{ color: ink, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: Math.PI / 2 },
];

// ---- colours, as the style sheet has them now: light or dark, with the accent chosen

function colours(figure) {
	const probe = figure.appendChild(document.createElement('span'));
	const of = (name) => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
	const found = { text: of('--text'), quiet: of('--quiet'), line: of('--line'), surface: of('--surface'), ground: of('--ground'), warning: of('--warning'), tint: of('--tint'), series: [] };
	for (let i = 1; i <= SERIES; i++) found.series.push(of(`--series-${i}`));
	found.font = getComputedStyle(figure).fontFamily;
	probe.remove();
	return found;
}

function mixed(from, to, share) {
	const [a, b] = [from, to].map((each) => each.match(/[\d.]+/g).map(Number));
	return `rgb(${[0, 1, 2].map((i) => Math.round(a[i] + (b[i] - a[i]) * share)).join(',')})`;
}

// ---- what the table holds

const number = (text) => (text === undefined || text === '' || Number.isNaN(Number(text)) ? null : Number(text));
const words = (cell) => { const copy = cell.cloneNode(true); for (const each of copy.querySelectorAll('svg, .unseen, [data-not-drawn]')) each.remove(); return copy.textContent.trim().replace(/\s+/g, ' '); };

function readColumns(table) {
	return [...table.tHead.rows[0].cells].map((cell, at) => ({ at, name: words(cell), ...cell.dataset })).filter((each) => each.series !== undefined);
}

function readRows(table) {
	return [...table.tBodies].flatMap((body) => [...body.rows]).map((row) => ({
		row, name: words(row.cells[0]), short: row.cells[0].dataset.short ?? words(row.cells[0]), time: row.cells[0].dataset.time ? Date.parse(`${row.cells[0].dataset.time.slice(0, 10)}T00:00:00Z`) : null,
		href: row.querySelector('a')?.href, cells: [...row.cells].map((cell) => ({ text: words(cell), value: number(cell.dataset.value), low: number(cell.dataset.low), high: number(cell.dataset.high) })),
	}));
}

function readMarks(figure) {
	return [...figure.querySelectorAll('[data-mark]')].map((each, i) => ({ number: new Intl.NumberFormat(lang).format(i + 1), label: each.dataset.label, kind: each.dataset.mark,
		from: Date.parse(`${each.dataset.from.slice(0, 10)}T00:00:00Z`), to: each.dataset.to ? Date.parse(`${each.dataset.to.slice(0, 10)}T00:00:00Z`) : null }));
}

function readLinks(table) {
	return [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => row.dataset.value !== undefined).map((row) => ({
		row, from: row.dataset.from, to: row.dataset.to, fromId: row.dataset.fromId ?? row.dataset.from, toId: row.dataset.toId ?? row.dataset.to,
		value: Number(row.dataset.value), text: words(row), href: row.querySelector('a')?.href,
	}));
}

// ---- numbers on axes; the values themselves are in the table's own words

function axisNumbers(column) {
	const style = column.unit === 'share' ? { style: 'percent', maximumFractionDigits: 1 } : column.unit === 'money' && column.currency ? { style: 'currency', currency: column.currency, notation: 'compact', maximumFractionDigits: 1 } : { notation: 'compact', maximumFractionDigits: 1 };
	const format = new Intl.NumberFormat(lang, style);
	return (value) => format.format(value);
}

// ---- over time and by category

const isLine = (chart, column) => (column.series || chart.kind) === 'line';

/** Every how many rows a label has room on the axis. */
function everyNth(chart) {
	const longest = Math.max(...chart.rows.map((row) => row.name.length)) * 6.75 + 16;
	return Math.max(1, Math.ceil((chart.rows.length * longest) / Math.max(1, chart.width - 70)));
}

function placeAxis(chart, c) {
	const label = { color: c.quiet, hideOverlap: true, fontFamily: c.font };
	const common = { inverse: isRtl, axisLine: { lineStyle: { color: c.line } }, axisTick: { show: false }, splitLine: { show: false } };
	if (!chart.isTime) return { ...common, type: 'category', data: chart.rows.map((row) => row.name), axisLabel: { ...label, interval: everyNth(chart) - 1 } };
	const nth = everyNth(chart), last = chart.rows.length - 1;
	const names = new Map(chart.rows.map((row) => [row.place, row.name]));
	const shown = chart.rows.filter((_, i) => (last - i) % nth === 0).map((row) => row.place);
	return { ...common, type: 'time', ...chart.reach(), axisLabel: { ...label, customValues: shown, formatter: (value) => names.get(value) ?? '' }, axisTick: { show: false, customValues: shown } };
}

function bandSeries(chart, column, i, c) {
	if (!chart.rows.some((row) => row.cells[column.at].low !== null)) return [];
	const part = (pick, more) => ({ type: 'line', stack: `band-${i}`, stackStrategy: 'all', silent: true, symbol: 'none', lineStyle: { opacity: 0 }, tooltip: { show: false }, data: chart.rows.map((row) => at(chart, row, pick(row.cells[column.at]))), ...more });
	return [part((cell) => cell.low, {}), part((cell) => (cell.low === null ? null : cell.high - cell.low), { areaStyle: { color: chart.colour(column, i, c), opacity: 0.15 } })];
}

const at = (chart, row, value) => (chart.isTime ? [row.place, value] : value);

function oneSeries(chart, column, i, c) {
	const colour = chart.colour(column, i, c);
	const data = chart.rows.map((row) => at(chart, row, row.cells[column.at].value));
	const base = { name: column.name, data, itemStyle: { color: colour }, emphasis: { focus: 'none' } };
	const isAlone = chart.columns.length === 1;
	if (isLine(chart, column)) return { ...base, type: 'line', lineStyle: { color: colour, width: 2.5, type: DASHES[i] }, symbol: SYMBOLS[i], symbolSize: chart.rows.length > 40 ? 0 : 7, connectNulls: false,
		endLabel: { show: !isAlone, formatter: column.name, color: colour, fontFamily: c.font, fontWeight: 600, width: 90, overflow: 'truncate' } };
	const hasRoom = chart.rows.length * chart.columns.length <= LABELLED_BARS && chart.width / (chart.rows.length * chart.columns.length) > 52;
	return { ...base, type: 'bar', barMaxWidth: 44, barMinHeight: 1, barGap: '10%', itemStyle: { color: colour, decal: decals(c.surface)[i] },
		label: { show: hasRoom, position: 'top', color: c.text, fontFamily: c.font, formatter: (p) => chart.rows[p.dataIndex].cells[column.at].text } };
}

function marked(chart, c) {
	const DAY = 86400000;
	const points = chart.marks.filter((mark) => mark.to === null || mark.to <= mark.from), spans = chart.marks.filter((mark) => mark.to > mark.from);
	const label = (mark) => ({ formatter: mark.number, color: c.text, fontFamily: c.font, fontWeight: 600 });
	return {
		markLine: { silent: true, symbol: 'none', animation: false, lineStyle: { color: c.text, type: 'dashed', width: 1 }, data: points.map((mark) => ({ xAxis: mark.from + DAY / 2, label: { ...label(mark), position: 'end' } })) },
		markArea: { silent: true, animation: false, itemStyle: { color: c.quiet, opacity: 0.18 }, data: spans.map((mark) => [{ xAxis: mark.from, label: { ...label(mark), position: 'top' } }, { xAxis: mark.to + DAY }]) },
	};
}

function targets(chart, c) {
	return chart.columns.filter((column) => column.target).map((column) => ({ yAxis: Number(column.target), lineStyle: { color: c.text, type: 'solid', width: 1.5 },
		label: { position: isRtl ? 'insideEndTop' : 'insideStartTop', formatter: column.targetLabel || column.target, color: c.text, fontFamily: c.font } }));
}

function cartesian(chart, c) {
	const format = axisNumbers(chart.columns[0]), series = [];
	// Bars of one group stand in the order of the series, which the axis does not turn round.
	const order = chart.columns.map((_, i) => i);
	if (isRtl) order.reverse();
	for (const i of order) { chart.seriesAt[i] = series.length; series.push(oneSeries(chart, chart.columns[i], i, c), ...bandSeries(chart, chart.columns[i], i, c)); }
	const { markLine, markArea } = marked(chart, c);
	const lines = [...markLine.data, ...targets(chart, c)];
	if (lines.length) series[0].markLine = { ...markLine, data: lines };
	if (markArea.data.length) series[0].markArea = markArea;
	const end = chart.columns.length > 1 && chart.columns.some((column) => isLine(chart, column)) ? 96 : 16;
	const most = Math.max(0, ...chart.columns.map((column) => Number(column.target) || 0));
	return {
		grid: { top: chart.marks.length ? 30 : 18, bottom: 8, left: isRtl ? end : 8, right: isRtl ? 8 : end, containLabel: true },
		xAxis: placeAxis(chart, c),
		yAxis: { type: 'value', position: isRtl ? 'right' : 'left', splitNumber: 4, max: most ? (v) => (v.max >= most ? null : most * 1.1) : null, axisLabel: { color: c.quiet, fontFamily: c.font, formatter: format }, splitLine: { lineStyle: { color: c.line } } },
		tooltip: { trigger: 'axis', axisPointer: { type: chart.columns.some((column) => !isLine(chart, column)) && !chart.isTime ? 'shadow' : 'line', lineStyle: { color: c.quiet }, label: { show: false } },
			formatter: (all) => chart.tell((Array.isArray(all) ? all[0] : all).dataIndex, '\n') },
		series,
	};
}

function ranking(chart, c) {
	const column = chart.columns[0];
	return {
		grid: { top: 4, bottom: 4, left: isRtl ? 72 : 8, right: isRtl ? 8 : 72, containLabel: true },
		xAxis: { type: 'value', inverse: isRtl, min: 0, show: false },
		yAxis: { type: 'category', inverse: true, position: isRtl ? 'right' : 'left', data: chart.rows.map((row) => row.name), axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: c.text, fontFamily: c.font, width: Math.min(200, chart.width * 0.4), overflow: 'truncate' } },
		tooltip: { trigger: 'item', formatter: (p) => chart.tell(p.dataIndex, '\n') },
		series: chart.columns.map((each, i) => { chart.seriesAt[i] = i; return { name: each.name, type: 'bar', barMaxWidth: 26, data: chart.rows.map((row) => row.cells[each.at].value), itemStyle: { color: chart.colour(each, i, c), decal: decals(c.surface)[i] },
			label: { show: true, position: isRtl ? 'left' : 'right', color: c.text, fontFamily: c.font, formatter: (p) => chart.rows[p.dataIndex].cells[column.at].text } }; }),
	};
}

function map(chart, c) {
	const [across, up] = chart.columns;
	const known = (column) => chart.rows.map((row) => row.cells[column.at].value).filter((value) => value !== null);
	const mean = (column) => known(column).reduce((sum, value) => sum + value, 0) / known(column).length;
	const axis = (column, more) => ({ type: 'value', scale: true, name: column.name, nameLocation: 'middle', nameTextStyle: { color: c.quiet, fontFamily: c.font }, splitNumber: 4,
		axisLabel: { color: c.quiet, fontFamily: c.font, hideOverlap: true, formatter: axisNumbers(column) }, axisLine: { show: true, lineStyle: { color: c.line } }, splitLine: { show: false }, ...more });
	// A name stands above its point, or below where another point lies close above.
	const at = (row, column) => row.cells[column.at].value, width = Math.max(...known(across)) - Math.min(...known(across));
	// At the axis it stands beside, so that it covers none of the axis's numbers.
	const isAtAxis = (row) => at(row, across) - Math.min(...known(across)) < width / 10;
	const reach = (row) => (isAtAxis(row) ? Math.max(width / 6, (width * 150) / chart.width) : width / 6);
	const isUnder = (row) => chart.rows.some((other) => other !== row && at(other, up) > at(row, up) && Math.abs(at(other, across) - at(row, across)) < reach(other));
	const labelAt = (row) => (isAtAxis(row) ? (isRtl ? 'left' : 'right') : isUnder(row) ? 'bottom' : 'top');
	chart.seriesAt = [0];
	return {
		grid: { top: 24, bottom: 34, left: isRtl ? 24 : 34, right: isRtl ? 34 : 24, containLabel: true },
		xAxis: axis(across, { inverse: isRtl, nameGap: 28 }),
		yAxis: axis(up, { position: isRtl ? 'right' : 'left', nameGap: 48 }),
		tooltip: { trigger: 'item', formatter: (p) => chart.tell(p.dataIndex, '\n') },
		series: [{ type: 'line', lineStyle: { width: 0, opacity: 0 }, symbol: 'circle', symbolSize: 13, itemStyle: { color: c.series[0] }, emphasis: { scale: 1.3 },
			data: chart.rows.map((row) => ({ value: [row.cells[across.at].value, row.cells[up.at].value], label: { position: labelAt(row) }, itemStyle: { color: row.row.dataset.tone === 'warning' ? c.warning : c.series[0] }, symbol: row.row.dataset.tone === 'warning' ? 'diamond' : 'circle' })),
			label: { show: true, color: c.text, fontFamily: c.font, width: 130, overflow: 'truncate', formatter: (p) => chart.rows[p.dataIndex].short },
			markLine: { silent: true, symbol: 'none', animation: false, label: { show: false }, lineStyle: { color: c.quiet, type: 'dashed', width: 1 }, data: [{ xAxis: mean(across) }, { yAxis: mean(up) }] } }],
	};
}

function heat(chart, c) {
	const cells = chart.rows.flatMap((row, y) => chart.columns.map((column, x) => ({ x, y, ...row.cells[column.at] }))).filter((cell) => cell.value !== null);
	const most = Math.max(...cells.map((cell) => cell.value), 0);
	const axis = { type: 'category', axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: c.quiet, fontFamily: c.font } };
	chart.seriesAt = [0];
	chart.cells = cells;
	return {
		grid: { top: 4, bottom: 4, left: 4, right: 4, containLabel: true },
		xAxis: { ...axis, inverse: isRtl, position: 'top', data: chart.columns.map((column) => column.name) },
		yAxis: { ...axis, inverse: true, position: isRtl ? 'right' : 'left', data: chart.rows.map((row) => row.name) },
		tooltip: { trigger: 'item', formatter: (p) => `${isolated(chart.rows[cells[p.dataIndex].y].name)} · ${isolated(chart.columns[cells[p.dataIndex].x].name)}\n${isolated(cells[p.dataIndex].text)}` },
		series: [{ type: 'heatmap', itemStyle: { borderColor: c.ground, borderWidth: 2 }, label: { show: chart.width / chart.columns.length > 44, fontFamily: c.font, color: c.text, formatter: (p) => cells[p.dataIndex].text },
			data: cells.map((cell) => ({ value: [cell.x, cell.y, cell.value], itemStyle: { color: mixed(c.ground, c.tint, most > 0 ? 0.03 + (0.45 * Math.ceil((HEAT_STEPS * cell.value) / most)) / HEAT_STEPS : 0.03) } })) }],
	};
}

// ---- ways: from one thing to the next

function nodesOf(links) {
	const nodes = new Map();
	const add = (id, name, value) => { if (!id) return; const node = nodes.get(id) ?? { id, name, in: 0, out: 0 }; nodes.set(id, node); return Object.assign(node, value(node)); };
	for (const link of links) {
		add(link.fromId, link.from, (node) => ({ out: node.out + link.value }));
		add(link.toId, link.to, (node) => ({ in: node.in + link.value }));
	}
	return nodes;
}

/** Rows in Persian run from right to left: the drawing is of the links turned round. */
function sankey(chart, c) {
	const nodes = [...nodesOf(chart.links).values()], links = chart.links.filter((link) => link.fromId && link.toId);
	const names = new Map(nodes.map((node) => [node.id, node.name])), shades = [...new Set(nodes.map((node) => node.name))];
	return {
		tooltip: { trigger: 'item', formatter: (p) => (p.dataType === 'edge' ? links[p.dataIndex].text : names.get(p.name)) },
		series: [{ type: 'sankey', nodeAlign: isRtl ? 'right' : 'left', draggable: false, top: 8, bottom: 8, left: isRtl ? 130 : 8, right: isRtl ? 8 : 130, nodeGap: 12, layoutIterations: 32,
			data: nodes.map((node) => ({ name: node.id, itemStyle: { color: c.series[shades.indexOf(node.name) % SERIES], decal: decals(c.surface)[shades.indexOf(node.name) % SERIES] } })),
			links: links.map((link) => ({ source: isRtl ? link.toId : link.fromId, target: isRtl ? link.fromId : link.toId, value: link.value })),
			lineStyle: { color: c.quiet, opacity: 0.3, curveness: 0.5 }, emphasis: { focus: 'adjacency' },
			label: { position: isRtl ? 'left' : 'right', color: c.text, fontFamily: c.font, width: 120, overflow: 'truncate', formatter: (p) => names.get(p.name) } }],
	};
}

/** Ranks by the fewest steps from where customers begin; within a rank those with most first, then near what they follow. */
function ranked(links, nodes) {
	const rank = new Map(), begins = links.filter((link) => !link.fromId).map((link) => link.toId);
	const queue = begins.length ? begins : [[...nodes.values()].sort((a, b) => b.out - b.in - (a.out - a.in))[0]?.id].filter(Boolean);
	for (const id of queue) rank.set(id, 0);
	const strong = [...links].filter((link) => link.fromId && link.toId && link.fromId !== link.toId).sort((a, b) => b.value - a.value);
	for (let i = 0; i < queue.length; i++) for (const link of strong) if (link.fromId === queue[i] && !rank.has(link.toId)) { rank.set(link.toId, rank.get(queue[i]) + 1); queue.push(link.toId); }
	for (const id of nodes.keys()) if (!rank.has(id)) rank.set(id, 0);
	const ranks = [];
	for (const [id, at] of rank) (ranks[at] ??= []).push(id);
	for (const ids of ranks) ids?.sort((a, b) => nodes.get(b).in + nodes.get(b).out - nodes.get(a).in - nodes.get(a).out);
	return ranks.filter(Boolean);
}

function placed(chart, ranks) {
	const isTall = chart.width < 620, places = new Map();
	ranks.forEach((ids, r) => ids.forEach((id, i) => {
		const along = ranks.length > 1 ? r / (ranks.length - 1) : 0.5, across = (i + 0.5) / ids.length;
		const x = isTall ? across : along, y = isTall ? along : across;
		places.set(id, { x: 70 + (isRtl && !isTall ? 1 - x : x) * (chart.width - 140), y: 30 + y * (chart.height - 70), rank: r });
	}));
	return places;
}

function flow(chart, c) {
	const nodes = nodesOf(chart.links), links = chart.links.filter((link) => link.fromId && link.toId);
	const places = placed(chart, ranked(chart.links, nodes));
	const most = Math.max(...chart.links.map((link) => link.value), 1), biggest = Math.max(...[...nodes.values()].map((node) => Math.max(node.in, node.out)), 1);
	const list = [...nodes.values()];
	// Places are points of the picture: two corners that are not seen keep the library from stretching them.
	const corners = [[0, 0], [chart.width, chart.height]].map(([x, y], i) => ({ id: `corner-${i}`, name: '', x, y, symbolSize: 0, label: { show: false }, silent: true }));
	const format = new Intl.NumberFormat(lang);
	return {
		tooltip: { trigger: 'item', formatter: (p) => (p.dataType === 'edge' ? links[p.dataIndex].text : (list[p.dataIndex]?.name ?? '')) },
		series: [{ type: 'graph', layout: 'none', roam: false, left: 0, right: 0, top: 0, bottom: 0, edgeSymbol: ['none', 'arrow'], edgeSymbolSize: 9, draggable: false,
			data: list.map((node) => ({ id: node.id, name: node.name, x: places.get(node.id).x, y: places.get(node.id).y, symbolSize: 12 + 22 * Math.sqrt(Math.max(node.in, node.out) / biggest), itemStyle: { color: c.series[0] } })).concat(corners),
			links: links.map((link) => ({ source: link.fromId, target: link.toId, value: link.value,
				lineStyle: { width: 1 + 7 * Math.sqrt(link.value / most), curveness: places.get(link.fromId).rank < places.get(link.toId).rank ? 0.12 : 0.35 },
				label: { show: link.value >= most / 12, formatter: format.format(link.value), color: c.text, fontFamily: c.font, fontSize: 11, backgroundColor: c.ground, padding: [0, 2] } })),
			lineStyle: { color: mixed(c.ground, c.quiet, 0.6), opacity: 1 }, emphasis: { focus: 'adjacency' },
			label: { show: true, position: 'bottom', color: c.text, fontFamily: c.font, width: 120, overflow: 'truncate', formatter: (p) => p.data.name } }],
	};
}

const KINDS = { bar: cartesian, line: cartesian, ranking, map, heat, sankey, flow };
const isOfWays = (kind) => kind === 'sankey' || kind === 'flow';

// ---- one chart

class Chart {
	constructor(figure) {
		this.figure = figure;
		this.kind = figure.dataset.chart;
		this.picture = figure.querySelector('.chart-picture');
		this.table = figure.querySelector('table');
		this.at = -1;
		this.seriesAt = [];
		this.links = isOfWays(this.kind) ? readLinks(this.table) : [];
		this.all = isOfWays(this.kind) ? [] : readColumns(this.table);
		this.rows = isOfWays(this.kind) ? [] : readRows(this.table);
		this.marks = readMarks(figure);
		this.isTime = this.rows.length > 0 && this.rows.every((row) => row.time !== null);
		// What an interval adds up to stands in its middle, so that a mark within it is drawn within it.
		this.rows.forEach((row, i) => { row.place = (row.time + (this.rows[i + 1]?.time ?? 2 * row.time - (this.rows[i - 1]?.time ?? row.time))) / 2; });
		this.chosen = this.all[0] && this.groupOf(this.all[0]);
		this.offerChoice();
	}

	/** The whole of the first and the last interval. */
	reach() {
		const first = this.rows[0], last = this.rows.at(-1);
		return this.columns.every((column) => isLine(this, column)) ? {} : { min: first.time, max: 2 * last.place - last.time };
	}

	get isEmpty() { return isOfWays(this.kind) ? !this.links.length : !this.rows.length || !this.all.length; }
	get columns() { return this.kind === 'heat' ? this.all : this.all.filter((column) => this.groupOf(column) === this.chosen).slice(0, SERIES); }
	groupOf(column) { return `${column.unit ?? ''} ${column.currency ?? ''} ${column.group ?? ''}`; }
	colour(column, i, c) { return column.tone === 'warning' ? c.warning : c.series[i]; }

	/** What stands at a place, in the table's words. */
	tell(i, between) {
		const row = this.rows[i];
		const near = this.isTime ? this.marks.filter((mark) => mark.from < (this.rows[i + 1]?.time ?? Infinity) && (mark.to ?? mark.from) >= row.time) : [];
		return [isolated(row.name), ...this.columns.map((column) => `${isolated(column.name)}: ${isolated(row.cells[column.at].text)}`), ...near.map((mark) => `${mark.number} ${isolated(mark.label)}`)].join(between);
	}

	offerChoice() {
		const place = this.figure.querySelector('.chart-choice'), groups = [...new Set(this.all.map((column) => this.groupOf(column)))];
		place.replaceChildren();
		if (this.kind === 'heat' || groups.length < 2) return;
		for (const group of groups) {
			const button = document.createElement('button');
			button.type = 'button';
			button.className = 'choice';
			button.textContent = this.all.filter((column) => this.groupOf(column) === group).map((column) => column.name).join(' · ');
			if (group === this.chosen) button.setAttribute('aria-current', 'true');
			button.addEventListener('click', () => {
				this.chosen = group;
				for (const each of place.children) each.toggleAttribute('aria-current', each === button);
				button.setAttribute('aria-current', 'true');
				this.draw();
			});
			place.append(button);
		}
	}

	explainColours() {
		const legend = this.figure.querySelector('.chart-legend');
		legend.replaceChildren();
		const bars = isOfWays(this.kind) || this.kind === 'heat' || this.kind === 'map' ? [] : this.columns;
		if (bars.length < 2 || bars.every((column) => isLine(this, column))) return;
		bars.forEach((column, i) => {
			const item = document.createElement('li'), swatch = document.createElement('span');
			swatch.className = `swatch-of series-${i + 1}${column.tone ? ` tone-${column.tone}` : ''}`;
			item.append(swatch, column.name);
			legend.append(item);
		});
	}

	draw() {
		const c = colours(this.figure);
		this.explainColours();
		if (this.kind === 'ranking') this.picture.style.blockSize = `${Math.max(5, 1 + this.rows.length * this.columns.length * 2)}rem`;
		if (this.kind === 'heat') this.picture.style.blockSize = `${3 + this.rows.length * 2}rem`;
		this.width = this.picture.clientWidth;
		this.height = this.picture.clientHeight;
		this.drawn ??= this.init(this.picture, null, { renderer: 'canvas', devicePixelRatio: Math.max(2, devicePixelRatio) });
		this.drawn.resize();
		const option = KINDS[this.kind](this, c);
		const tooltip = { renderMode: 'richText', confine: true, backgroundColor: c.surface, borderColor: c.line, borderWidth: 1, textStyle: { color: c.text, fontFamily: c.font, fontSize: 13 }, ...option.tooltip };
		this.drawn.setOption({ animation: false, useUTC: true, backgroundColor: 'transparent', textStyle: { fontFamily: c.font }, ...option, tooltip }, { notMerge: true });
		this.figure.dataset.drawn = 'true';
	}

	/** The next place by the keyboard: shown as under the pointer, and said. */
	go(step) {
		const places = isOfWays(this.kind) ? this.links.filter((link) => link.fromId && link.toId) : this.kind === 'heat' ? this.cells : this.rows;
		if (!places.length) return;
		this.at = step === 'first' ? 0 : step === 'last' ? places.length - 1 : Math.min(places.length - 1, Math.max(0, this.at + step));
		this.drawn.dispatchAction({ type: 'downplay' });
		if (isOfWays(this.kind)) {
			this.drawn.dispatchAction({ type: 'highlight', seriesIndex: 0, dataType: 'edge', dataIndex: this.at });
			say(places[this.at].text);
			return;
		}
		this.drawn.dispatchAction({ type: 'showTip', seriesIndex: this.seriesAt[0] ?? 0, dataIndex: this.at });
		say(this.kind === 'heat' ? `${this.rows[places[this.at].y].name}, ${this.columns[places[this.at].x].name}: ${places[this.at].text}` : this.tell(this.at, ', '));
	}

	press(event) {
		const forward = isRtl && this.kind !== 'ranking' ? 'ArrowLeft' : 'ArrowRight', back = forward === 'ArrowRight' ? 'ArrowLeft' : 'ArrowRight';
		const steps = { [forward]: 1, ArrowDown: 1, [back]: -1, ArrowUp: -1, Home: 'first', End: 'last' };
		if (steps[event.key] !== undefined) this.go(steps[event.key]);
		else if (event.key === 'Escape') this.drawn.dispatchAction({ type: 'hideTip' });
		else if (event.key === 'Enter' && this.at >= 0 && (this.links[this.at] ?? this.rows[this.at])?.href) location.assign((this.links[this.at] ?? this.rows[this.at]).href);
		else return false;
		return true;
	}

	listen() {
		this.figure.querySelector('[data-chart-table]')?.setAttribute('aria-expanded', String(this.figure.classList.contains('shows-table')));
		this.picture.addEventListener('keydown', (event) => { if (!event.ctrlKey && !event.metaKey && !event.altKey && this.press(event)) { event.preventDefault(); event.stopPropagation(); } });
		this.picture.addEventListener('blur', () => { this.drawn.dispatchAction({ type: 'hideTip' }); this.drawn.dispatchAction({ type: 'downplay' }); });
		this.drawn.on('click', (p) => { const href = (isOfWays(this.kind) ? p.dataType === 'edge' && this.links.filter((link) => link.fromId && link.toId)[p.dataIndex] : this.rows[p.dataIndex])?.href; if (href) location.assign(href); });
		let width = this.picture.clientWidth;
		new ResizeObserver(() => { if (this.picture.isConnected && this.picture.clientWidth && this.picture.clientWidth !== width) { width = this.picture.clientWidth; this.draw(); } }).observe(this.picture);
	}
}

// ---- what can be taken away: the table as CSV, the picture with its title

/** A cell that a spreadsheet would take for a formula is kept a text. */
const csvCell = (text) => { const safe = /^[=+\-@\t]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text; return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe; };

function csvOf(table) {
	return `\ufeff${[...table.rows].map((row) => [...row.cells].map((cell) => csvCell(cell.dataset.value || cell.dataset.time || words(cell))).join(',')).join('\r\n')}\r\n`;
}

function save(blob, name) {
	const link = document.createElement('a');
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function pictureOf(chart) {
	const c = colours(chart.figure), image = new Image(), scale = 2, edge = 24 * scale, head = 40 * scale;
	image.src = chart.drawn.getDataURL({ type: 'png', pixelRatio: scale, backgroundColor: c.ground });
	await image.decode();
	const canvas = document.createElement('canvas'), ink = canvas.getContext('2d');
	canvas.width = image.width + 2 * edge;
	canvas.height = image.height + head + 2 * edge;
	ink.fillStyle = c.ground;
	ink.fillRect(0, 0, canvas.width, canvas.height);
	ink.fillStyle = c.text;
	ink.direction = isRtl ? 'rtl' : 'ltr';
	ink.textAlign = 'start';
	ink.font = `600 ${16 * scale}px ${c.font}`;
	ink.fillText(chart.figure.dataset.title, isRtl ? canvas.width - edge : edge, edge + 16 * scale, image.width);
	ink.drawImage(image, edge, edge + head);
	ink.fillStyle = c.quiet;
	ink.font = `${11 * scale}px ${c.font}`;
	ink.fillText(document.title, isRtl ? canvas.width - edge : edge, canvas.height - 8 * scale, image.width);
	return new Promise((done) => canvas.toBlob(done, 'image/png'));
}

const charts = new WeakMap();

document.addEventListener('click', async (event) => {
	const csv = event.target.closest('[data-csv]');
	if (csv) save(new Blob([csvOf(document.getElementById(csv.dataset.csv))], { type: 'text/csv' }), `${csv.dataset.csv}.csv`);
	const figure = event.target.closest('figure[data-chart]'), button = event.target.closest('button');
	if (!figure || !button) return;
	if ('chartTable' in button.dataset) {
		const shows = button.getAttribute('aria-expanded') !== 'true';
		button.setAttribute('aria-expanded', String(shows));
		figure.classList.toggle('shows-table', shows);
	} else if ('chartCsv' in button.dataset) save(new Blob([csvOf(figure.querySelector('table'))], { type: 'text/csv' }), `${figure.dataset.name}.csv`);
	else if ('chartPng' in button.dataset && charts.has(figure)) save(await pictureOf(charts.get(figure)), `${figure.dataset.name}.png`);
});

// ---- when

let library;
const all = new Set();

async function begin(figure) {
	if (charts.has(figure)) return;
	const chart = new Chart(figure);
	charts.set(figure, chart);
	if (chart.isEmpty) { figure.classList.add('shows-table', 'is-empty'); return; }
	try {
		library ??= import(document.body.dataset.charts);
		chart.init = (await library).init;
		chart.draw();
		chart.listen();
		all.add(chart);
	} catch (error) {
		// The table says the same; a chart that cannot be drawn must not hide it.
		figure.classList.add('shows-table', 'is-empty');
		console.warn(error);
	}
}

const near = new IntersectionObserver((entries) => { for (const entry of entries) if (entry.isIntersecting) { near.unobserve(entry.target); begin(entry.target); } }, { rootMargin: '400px' });
function find(where) { for (const figure of where.querySelectorAll('figure[data-chart]')) if (!charts.has(figure)) near.observe(figure); }

function redraw() {
	for (const chart of all) {
		if (!chart.figure.isConnected) { chart.drawn.dispose(); all.delete(chart); } else chart.draw();
	}
}

find(document);
document.addEventListener('htmx:afterSettle', () => { redraw(); find(document); });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
addEventListener('beforeprint', () => { for (const figure of document.querySelectorAll('figure[data-chart]')) begin(figure); redraw(); });
addEventListener('afterprint', redraw);
