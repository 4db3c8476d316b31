// preview.mjs: the pages without the server. Draws every pages/**/*.fixture.json with its template in the languages
// asked for, under the server's security policy, and either serves them, photographs them, or only checks them.
//
//   node tools/preview/preview.mjs check              every fixture fits its shape, every text exists, every page is small
//   node tools/preview/preview.mjs serve 18180
//   node tools/preview/preview.mjs shoot DIR [page…]  [--lang en,fa] [--width 360,768,1440] [--theme light,dark] [--axe]
//
// Needs the packages of package.json; shoot needs Chromium ($CHROMIUM, else /usr/bin/chromium-headless-shell).
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import zlib from 'node:zlib';
import { createRequire } from 'node:module';
import { readShapes, wrap } from './shapes.mjs';
import { Words } from './words.mjs';
import { Renderer } from './mustache.mjs';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const shapes = readShapes(path.join(root, 'pages/SHAPES.md'));
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const LANGS = ['en', 'th', 'zh-Hant', 'el', 'fa'].filter((l) => fs.existsSync(path.join(root, `i18n/${l}.json`)));
const OWN_NAMES = { en: 'English', th: 'ไทย', 'zh-Hant': '繁體中文', el: 'Ελληνικά', fa: 'فارسی' };
const STYLES = ['base', 'layout', 'parts'].map((s) => `/assets/${s}.css`);
const SCRIPTS = ['vendor/htmx.min', 'console', 'live', 'forms'].map((s) => `/assets/${s}.js`);

const words = Object.fromEntries(LANGS.map((l) => [l, new Words(l, JSON.parse(fs.readFileSync(path.join(root, `i18n/${l}.json`))))]));

export function fixtures() {
	const found = [];
	for (const dir of fs.readdirSync(path.join(root, 'pages'), { withFileTypes: true }).filter((d) => d.isDirectory()))
		for (const f of fs.readdirSync(path.join(root, 'pages', dir.name)).filter((n) => n.endsWith('.fixture.json')))
			found.push(`${dir.name}/${f.replace('.fixture.json', '')}`);
	return found.sort();
}

const SECTIONS = [...fs.readFileSync(path.join(root, 'tables/sections.def'), 'utf8').matchAll(/^(DOMAIN|TAB)\((\w+), "([^"]+)", (\w+),/gm)].map(([, kind, domain, address, label]) => ({ kind, domain, address, label }));

function envelope(lang, meta) {
	const w = words[lang];
	const links = (kind, isAsked, isCurrent) => SECTIONS.filter((x) => x.kind === kind && isAsked(x)).map(({ domain, address, label }) => ({ key: domain, label: w.text(label, () => undefined), address, is_current: isCurrent({ domain, address }) }));
	const nav = links('DOMAIN', () => true, (x) => x.domain === meta.nav), tabs = links('TAB', (x) => x.domain === meta.nav, (x) => x.address === meta.path);
	return {
		lang, dir: lang === 'fa' ? 'rtl' : 'ltr', theme: meta.theme ?? 'auto', accent: meta.accent ?? 'teal',
		organisation: meta.no_organisation ? null : 'Harbour Lane Gifts',
		person: meta.nobody ? null : { id: 'per_06q5x2m8k9c3v', name: 'Ada Whitcombe', email: 'ada@example.com', role: meta.role ?? 'owner' },
		nav: meta.nobody ? [] : nav, tabs: meta.nobody ? [] : tabs, domain: nav.find((x) => x.is_current)?.label ?? null,
		languages: LANGS.map((l) => ({ key: l, label: OWN_NAMES[l], address: '/preferences', is_current: l === lang })),
		csrf: 'Vb2k1cVYw0h9Qe7s', path: meta.path, json: `${meta.path}.json`, notice: meta.notice ?? null, topics: meta.topics ?? [], drawn_after: 0,
		styles: STYLES, scripts: SCRIPTS, live_worker: '/assets/live-worker.js', icons: '/assets/icons.svg', favicon: '/assets/favicon.svg', manifest: '/assets/manifest.webmanifest',
	};
}

// A fixture is {"page": {…of the preview: template, shape, path, nav}, "answer": {…}}.
export function draw(name, lang, theme) {
	const { page, answer } = JSON.parse(fs.readFileSync(path.join(root, `pages/${name}.fixture.json`)));
	const w = words[lang];
	w.missing.clear();
	const load = (n) => fs.readFileSync(path.join(root, `pages/${n}.html`), 'utf8');
	const stack = [
		wrap(shapes, { kind: 'struct', of: 'envelope' }, { page: envelope(lang, { ...page, theme }) }, 'page'),
		wrap(shapes, { kind: 'struct', of: page.shape }, localise(answer, w), name),
	];
	const html = new Renderer(load, w).render(page.template ?? name, stack);
	return { html, missing: [...w.missing] };
}

// "@key" in a fixture stands for text that the server writes in the reader's language ("@key:argument" with one).
function localise(v, w) {
	if (Array.isArray(v)) return v.map((x) => localise(x, w));
	if (v && typeof v === 'object') return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, localise(x, w)]));
	if (typeof v !== 'string' || !v.startsWith('@')) return v;
	if (v.startsWith('@country:')) return new Intl.DisplayNames(w.tag, { type: 'region' }).of(v.slice(9));
	if (v.startsWith('@month:')) return w.date(v.slice(7), { ...(w.lang === 'fa' && { calendar: 'gregory' }), month: 'long', year: 'numeric' });
	if (v.startsWith('@int:')) return w.number(Number(v.slice(5)));
	const [key, ...args] = v.slice(1).split(':');
	return w.text(key, (name) => {
		const given = args.find((a) => a.startsWith(`${name}=`))?.slice(name.length + 1);
		if (given === undefined) return undefined;
		const value = given.startsWith('country.') ? new Intl.DisplayNames(w.tag, { type: 'region' }).of(given.slice(8)) : given.startsWith('key.') ? w.text(given.slice(4), () => undefined) : given;
		return /^\d+$/.test(value) ? { type: { kind: 'int' }, value: Number(value) } : { type: { kind: 'str' }, value };
	});
}

const TYPES = { '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml', '.webmanifest': 'application/manifest+json' };
function answer(request, response) {
	const url = new URL(request.url, 'http://x');
	if (url.pathname.startsWith('/assets/')) {
		const file = path.join(root, path.normalize(url.pathname));
		if (!fs.existsSync(file)) return response.writeHead(404).end();
		return response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'text/plain' }).end(fs.readFileSync(file));
	}
	const lang = url.searchParams.get('lang') ?? 'en', theme = url.searchParams.get('theme') ?? 'auto';
	const name = fixtures().find((f) => f === url.pathname.slice(1)) ?? fixtures().find((f) => JSON.parse(fs.readFileSync(path.join(root, `pages/${f}.fixture.json`))).page.path === url.pathname);
	if (!name) return response.writeHead(404, { 'content-type': 'text/html' }).end(fixtures().map((f) => `<p><a href="/${f}">${f}</a> ${LANGS.map((l) => `<a href="/${f}?lang=${l}">${l}</a>`).join(' ')}`).join(''));
	const { html, missing } = draw(name, lang, theme);
	if (missing.length) console.error(`${name} ${lang}: missing ${missing.join(' ')}`);
	response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY }).end(html);
}

function check() {
	let faults = 0;
	const shared = [...STYLES, ...SCRIPTS].reduce((sum, s) => sum + zlib.gzipSync(fs.readFileSync(path.join(root, s))).length, 0);
	for (const name of fixtures())
		for (const lang of LANGS) {
			const { html, missing } = draw(name, lang);
			const size = zlib.gzipSync(html).length + shared;
			const inline = html.match(/<(?:[^>]*\sstyle=|[^>]*\son\w+=|style|script(?! type="module" src=))[^>]*>/)?.[0];
			const problems = [...missing.map((m) => `no text ${m}`), ...(size > 100_000 ? [`${size} bytes compressed`] : []), ...(inline ? [`inline: ${inline}`] : [])];
			for (const p of problems) { faults++; console.error(`${name} ${lang}: ${p}`); }
		}
	const keys = Object.keys(words.en.catalogue);
	for (const lang of LANGS) for (const k of new Set([...keys, ...Object.keys(words[lang].catalogue)]))
		if (!words.en.has(k) || !words[lang].has(k)) { faults++; console.error(`${lang}: ${k} is not in both catalogues`); }
	console.log(`${fixtures().length} pages in ${LANGS.length} languages, ${keys.length} texts, style and scripts ${shared} bytes compressed, ${faults} faults`);
	process.exitCode = faults ? 1 : 0;
}

async function shoot(dir, options) {
	const require = createRequire(import.meta.url);
	const { chromium } = await import('playwright-core');
	const axe = options.axe && fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
	fs.mkdirSync(dir, { recursive: true });
	const server = http.createServer(answer).listen(0, '127.0.0.1');
	await new Promise((r) => server.on('listening', r));
	const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell', args: ['--no-sandbox'] });
	for (const width of options.widths) for (const theme of options.themes) {
		const context = await browser.newContext({ viewport: { width, height: width < 600 ? 780 : 900 }, colorScheme: theme, bypassCSP: Boolean(axe) });
		const tab = await context.newPage();
		tab.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.error(`  console: ${m.text()}`));
		tab.on('pageerror', (e) => console.error(`  error: ${e.message}`));
		for (const name of options.pages) for (const lang of options.langs) {
			await tab.goto(`http://127.0.0.1:${server.address().port}/${name}?lang=${lang}`);
			const file = path.join(dir, `${name.replace('/', '-')}-${lang}-${width}-${theme}.png`);
			await tab.screenshot({ path: file, fullPage: !options.fold });
			const wide = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
			if (wide > 0) console.error(`${file}: scrolls ${wide} px sideways`);
			if (axe) {
				await tab.evaluate(axe);
				const result = await tab.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
				for (const v of result.violations) console.error(`${name} ${lang} ${width} ${theme}: ${v.id}: ${v.help}\n    ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary.split('\n')[1] ?? ''}`).join('\n    ')}`);
			}
		}
		await context.close();
	}
	await browser.close();
	server.close();
}

const [command, ...rest] = process.argv.slice(2);
const flag = (name, otherwise) => { const i = rest.indexOf(`--${name}`); return i < 0 ? otherwise : rest.splice(i, 2)[1].split(','); };
const isSet = (name) => { const i = rest.indexOf(`--${name}`); return i >= 0 && Boolean(rest.splice(i, 1)); };
if (command === 'check') check();
else if (command === 'serve') http.createServer(answer).listen(Number(rest[0] ?? 18180), '127.0.0.1', () => console.log(`http://127.0.0.1:${rest[0] ?? 18180}/`));
else if (command === 'shoot') {
	const options = { langs: flag('lang', ['en', 'fa']), widths: flag('width', ['360', '768', '1440']).map(Number), themes: flag('theme', ['light', 'dark']), axe: isSet('axe'), fold: isSet('fold') };
	const [dir, ...pages] = rest;
	await shoot(dir, { ...options, pages: pages.length ? pages : fixtures() });
} else console.error('preview.mjs check | serve PORT | shoot DIR [page…]');
