#!/usr/bin/env node
// Makes assets/vendor/echarts.min.js of the packages that package-lock.json pins: build.mjs [--check]. The file is committed, so
// that the program is built without node; --check fails when it is not what these packages give (a browser test asks it).
import { build } from 'esbuild';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url)), root = join(here, '../..');
const out = join(root, 'assets/vendor/echarts.min.js');

// What no page uses is left out: tooltips written as HTML (the security policy allows no inline style, ours are drawn), a second
// language, the forms of options of older releases, layouts and themes that we have our own of.
const LEFT_OUT = /[/](component[/]tooltip[/]TooltipHTMLContent|i18n[/]langZH|preprocessor[/]backwardCompat|theme[/]dark|chart[/]graph[/](force|circular)Layout|chart[/]heatmap[/]HeatmapLayer|loading[/]default)[.]js$/;
const lean = { name: 'lean', setup: ({ onLoad }) => onLoad({ filter: LEFT_OUT }, () => ({
	contents: 'export default function () {}\nexport const graphForceLayoutStageHandler = { overallReset() {} }, graphCircularLayoutStageHandler = { overallReset() {} };',
})) };

export async function bundle() {
	const made = await build({ entryPoints: [join(here, 'entry.js')], bundle: true, minify: true, format: 'esm', target: 'es2020', charset: 'utf8', legalComments: 'none', write: false,
		plugins: [lean], define: { 'process.env.NODE_ENV': '"production"' }, banner: { js: '/* Apache ECharts, zrender, tslib: licences beside this file, made by tools/charts/build.mjs */' } });
	return made.outputFiles[0].text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const text = await bundle();
	if (process.argv[2] === '--check') process.exit(readFileSync(out, 'utf8') === text ? 0 : (console.error(`${out} is not what the packages give: run tools/charts/build.mjs`), 1));
	writeFileSync(out, text);
}
