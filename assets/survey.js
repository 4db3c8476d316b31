// survey.js: an answer outlives the network. What is sent is kept in this browser until the server has it, and sent again when
// the network is back, under the same submission, so that it counts once. The form works without this.
const DAYS = 7, PAUSE_MS = 10_000, key = `answer ${location.pathname}`;
let timer;

function kept() {
	try {
		const { at, fields } = JSON.parse(localStorage.getItem(key));
		return Date.now() - at < DAYS * 86_400_000 ? fields : null;
	} catch {
		return null;
	}
}
const forget = () => { try { localStorage.removeItem(key); } catch { /* nothing is kept where nothing may be */ } };
const keep = (fields) => { try { localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields })); } catch { /* sent all the same */ } };

function show(text) {
	const next = new DOMParser().parseFromString(text, 'text/html').querySelector('main');
	document.querySelector('main').replaceWith(next);
	(next.querySelector('[data-focus]') ?? next).focus();
	scrollTo(0, 0);
}

async function send(fields) {
	const form = document.querySelector('form.answers'), body = new URLSearchParams(fields), waiting = document.querySelector('[data-kept]');
	clearTimeout(timer);
	if (form?.elements.csrf) body.set('csrf', form.elements.csrf.value);
	try {
		const answer = await fetch(location.pathname, { method: 'POST', body, headers: { accept: 'text/html' } });
		if (answer.status === 429 || answer.status >= 500) throw new Error(String(answer.status));
		const text = await answer.text();
		forget();
		if (answer.redirected) location.replace(answer.url);
		else show(text);
	} catch {
		if (waiting) waiting.hidden = false;
		timer = setTimeout(() => send(fields), PAUSE_MS);
	}
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
