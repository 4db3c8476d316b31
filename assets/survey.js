// survey.js: an answer outlives the network. What is sent is kept in this browser until the server has it, and sent again when
// the network is back, under the same submission, so that it counts once. The form works without this.
const DAYS = 7, PAUSE_MS = 10_000, key = `answer ${location.pathname}`;
// In a page of another site (/hospes.js) nothing is kept on the visitor's machine before that site says that they agree; until
// then an answer waits in memory, as long as its page stands.
const isFramed = document.querySelector('main[data-framed]') !== null && parent !== window;
const tell = (what, more) => { if (isFramed) parent.postMessage({ hospes: what, ...more }, '*'); };
let timer, mayKeep = !isFramed || new URLSearchParams(location.search).has('keep'), inMemory = null;

function kept() {
	if (inMemory) return inMemory;
	if (!mayKeep) return null;
	try {
		const { at, fields } = JSON.parse(localStorage.getItem(key));
		return Date.now() - at < DAYS * 86_400_000 ? fields : null;
	} catch {
		return null;
	}
}
const forget = () => { inMemory = null; try { localStorage.removeItem(key); } catch { /* nothing is kept where nothing may be */ } };
const keep = (fields) => { inMemory = fields; if (mayKeep) try { localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields })); } catch { /* sent all the same */ } };

function show(text) {
	const next = new DOMParser().parseFromString(text, 'text/html').querySelector('main');
	document.querySelector('main').replaceWith(next);
	(next.querySelector('[data-focus]') ?? next).focus();
	scrollTo(0, 0);
	measure();
}

async function send(fields) {
	const form = document.querySelector('form.answers'), body = new URLSearchParams(fields), waiting = document.querySelector('[data-kept]');
	clearTimeout(timer);
	if (form?.elements.csrf) body.set('csrf', form.elements.csrf.value);
	try {
		const answer = await fetch(form?.action ?? location.href, { method: 'POST', body, headers: { accept: 'text/html' } });
		if (answer.status === 429 || answer.status >= 500) throw new Error(String(answer.status));
		const text = await answer.text();
		forget();
		tell('arrived');
		if (answer.redirected) remember();
		if (answer.redirected) location.replace(answer.url);
		else show(text);
	} catch {
		if (waiting && !mayKeep) waiting.textContent = waiting.dataset.keptOpen;
		if (waiting) waiting.hidden = false;
		tell('waiting');
		measure();
		timer = setTimeout(() => send(fields), PAUSE_MS);
	}
}

// The frame is as high as what stands in it.
function measure() {
	tell('size', { height: document.documentElement.offsetHeight });
}
if (isFramed) {
	new ResizeObserver(measure).observe(document.body);
	document.addEventListener('keydown', (event) => { if (event.key === 'Escape') tell('escape'); });
	addEventListener('message', ({ source, data }) => {
		if (source !== parent || data?.hospes !== 'consent') return;
		mayKeep = data.granted === true;
		if (!mayKeep) try { localStorage.removeItem(key); } catch { /* there is none */ }
	});
	measure();
}

document.addEventListener('submit', (event) => {
	if (!event.target.matches('form.answers[data-keeps]')) return;
	event.preventDefault();
	const fields = [...new FormData(event.target, event.submitter)];
	keep(fields);
	send(fields);
});
addEventListener('online', () => { const fields = kept(); if (fields) send(fields); });
if (document.querySelector('form.answers[data-keeps]') && kept()) send(kept());

// Once a browser: that this survey was answered is kept here and told to nobody. Whoever takes another browser may answer again.
const once = `answered ${location.pathname}`;
function remember() {
	if (document.querySelector('form[data-once]') && mayKeep) try { localStorage.setItem(once, '1'); } catch { /* then it may be answered again */ }
}
function isAnswered() {
	try { return localStorage.getItem(once) !== null; } catch { return false; }
}
const onceForm = document.querySelector('form[data-once]');
if (onceForm && isAnswered() && !kept()) {
	const said = onceForm.querySelector('[data-answered]');
	said.hidden = false;
	onceForm.replaceWith(said);
}

// a customer's own survey says that it was opened and begun. Programs that scan mail load pages and run no script;
// answers need none.
const asked = document.querySelector('form[data-steps]');
if (asked) {
	const say = (step) => navigator.sendBeacon(`${asked.dataset.steps}/${step}`);
	const seen = () => { if (document.visibilityState === 'visible') { document.removeEventListener('visibilitychange', seen); say('opened'); } };
	document.addEventListener('visibilitychange', seen);
	seen();
	asked.addEventListener('input', () => say('started'), { once: true });
}
