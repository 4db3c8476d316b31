// console.js: what every page gets beyond HTML: keys, forms that send themselves, menus that close, one place to speak.
// Every page works without it.
document.documentElement.classList.add('js');

const says = document.getElementById('says');
let lastSaid = '';
// Tells readers of the screen what changed, once.
function say(text) {
	if (!text || text === lastSaid) return;
	lastSaid = text;
	says.textContent = text;
	setTimeout(() => { lastSaid = ''; }, 5000);
}
document.addEventListener('say', (event) => say(event.detail));
document.querySelector('.tabs [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

// ---- keys: ? shows them, / searches, g then a letter goes, n writes a contact, r an answer, m a saved one, j and k walk the rows
const GOES = { p: 'pulse', i: 'inbox', j: 'journeys', v: 'service', c: 'customers', r: 'products', s: 'sources', e: 'settings' };
const keys = document.getElementById('keys');
let isGoing = 0;

const isTyping = (el) => el.matches?.('input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]');

function walkRows(step) {
	const rows = [...document.querySelectorAll('[data-row] a:first-of-type')].filter((a, i, all) => all.findIndex((b) => b.closest('[data-row]') === a.closest('[data-row]')) === i);
	if (!rows.length) return false;
	const at = rows.findIndex((a) => a.closest('[data-row]').contains(document.activeElement));
	rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + step))].focus();
	return true;
}

function openEntry() {
	const entry = document.getElementById('entry');
	if (!entry) return false;
	entry.open = true;
	entry.querySelector('input:checked, input[type=radio]')?.focus();
	return true;
}

function openMacros() {
	const field = document.querySelector('[data-macro]');
	if (!field) return false;
	field.closest('details').open = true;
	field.focus();
	return true;
}

function press(event) {
	if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.target.form) {
		event.target.form.requestSubmit();
		return true;
	}
	if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target) || keys?.open) return false;
	const letter = event.key.length === 1 ? event.code.startsWith('Key') ? event.code.slice(3).toLowerCase() : event.key : '';
	if (Date.now() - isGoing < 1500 && GOES[letter]) {
		isGoing = 0;
		document.querySelector(`[data-go="${GOES[letter]}"]`)?.click();
		return true;
	}
	if (event.key === '?') { keys?.showModal(); return true; }
	if (event.key === '/') {
		const field = document.querySelector('[data-search]');
		if (field) { field.focus(); field.select(); } else location.assign('/customers#q');
		return true;
	}
	if (letter === 'g') { isGoing = Date.now(); return true; }
	if (letter === 'n') return openEntry();
	if (letter === 'r') { document.querySelector('[data-answer]')?.focus(); return true; }
	if (letter === 'm') return openMacros();
	if (letter === 'j') return walkRows(1);
	if (letter === 'k') return walkRows(-1);
	return false;
}

document.addEventListener('keydown', (event) => {
	if (press(event)) event.preventDefault();
	if (event.key === 'Escape') for (const menu of document.querySelectorAll('details.person[open]')) { menu.open = false; menu.querySelector('summary').focus(); }
});

document.addEventListener('click', (event) => {
	if (event.target.closest('[data-keys]')) keys.showModal();
	for (const menu of document.querySelectorAll('details.person[open]')) if (!menu.contains(event.target)) menu.open = false;
});

// ---- what a page says of itself: a search's answer, a form's faults
document.addEventListener('htmx:afterSettle', (event) => say(event.target.dataset?.says));
document.addEventListener('htmx:sendError', () => say(document.body.dataset.saysFailed));
document.addEventListener('htmx:responseError', () => say(document.body.dataset.saysFailed));
document.querySelector('[data-focus]')?.focus();
if (location.hash === '#q') document.querySelector('[data-search]')?.focus();
if (location.hash === '#entry') openEntry();

// A page on a wall is asked for again every five minutes; what is live comes as it happens.
if (document.documentElement.classList.contains('wall')) setTimeout(() => location.reload(), 300_000);
