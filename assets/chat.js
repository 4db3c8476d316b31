// chat.js: the page in the chat's frame. What is written stands there at once and waits until the server has it; each message bears an id
// of ours, so that one sent twice is kept once. The stream only says that something is new: what it is, is asked for from a cursor, and
// what came twice is left out, so a connection that breaks loses nothing. Nothing is stored before the first message is sent.
const main = document.querySelector('[data-chat]'), { chat: home, ...words } = main.dataset, key = `chat ${home}`;
const one = (name) => main.querySelector(`[data-${name}]`);
const log = one('log'), list = one('messages'), form = one('write'), box = form.elements.text, asked = one('asked'), fault = one('fault'), rating = one('rating');
const isFramed = parent !== window, tell = (what, more) => { if (isFramed) parent.postMessage({ hospes: what, ...more }, '*'); };
const lang = document.documentElement.lang, clock = new Intl.DateTimeFormat(lang, { timeStyle: 'short' }), day = new Intl.DateTimeFormat(lang, { dateStyle: 'medium' });
const PAUSE_MS = 4000, POLL_MS = 15_000, TYPING_MS = 3000, SHOWN_MS = 5000;
let token = '', isNamed = false, isKnown = false, cursor = 0, seenAt = 0, stream = null, isLost = false, person = {}, isShown = !isFramed, unread = 0, lastTyped = 0, typing = 0, timer = 0, isAsking = false, askAgain = false;
const shown = new Map(); // id or client id → its element
let waiting = []; // sent by the visitor and not yet kept: { client, text, name, email, subject, file }

// ---- what this browser keeps: the token and what waits, from the first message on ----
const keep = () => {
	if (isNamed || (!isKnown && !waiting.length)) return;
	try { localStorage.setItem(key, JSON.stringify({ token, waiting: waiting.filter((each) => !each.file) })); } catch { /* it lasts as long as the page then */ }
};
const kept = () => { try { return JSON.parse(localStorage.getItem(key)) ?? {}; } catch { return {}; } };
const forget = () => { try { localStorage.removeItem(key); } catch { /* there is none */ } };

async function call(path, body) {
	const isForm = body instanceof FormData;
	const answer = await fetch(`${home}${path}${path.includes('?') ? '&' : '?'}lang=${lang}`, { method: body ? 'POST' : 'GET', body: isForm ? body : body && JSON.stringify(body), credentials: 'omit', headers: { accept: 'application/json', ...(body && !isForm && { 'content-type': 'application/json' }) } });
	const said = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
	if (!answer.ok) throw Object.assign(new Error(said.detail), { status: answer.status, field: said.faults?.[0]?.field ?? said.field });
	return said;
}
const say = (text) => { one('says').textContent = text; };

// ---- messages ----
const make = (name, className, ...children) => { const element = document.createElement(name); if (className) element.className = className; element.append(...children); return element; };
let lastDay = '';

function draw({ at, author, text, is_ours, files }, note) {
	const when = new Date(at ?? Date.now()), time = make('time', '', clock.format(when));
	time.dateTime = when.toISOString();
	const item = make('li', `chat-message${is_ours ? '' : ' chat-own'}`), foot = make('p', 'fine');
	item.append(make('p', 'unseen', is_ours ? author : words.saysYou));
	if (text) { const body = make('p', 'chat-text', text); body.dir = 'auto'; item.append(body); }
	for (const file of files ?? []) {
		const link = make('a', '', file.name);
		if (file.id) Object.assign(link, { href: `${home}/files/${file.id}?token=${encodeURIComponent(token)}`, download: file.name });
		item.append(make('p', 'chat-text', link));
	}
	if (is_ours) foot.append(make('bdi', '', author), ' · ');
	foot.append(time);
	if (!is_ours) { const mark = make('span', '', note ?? ''); mark.dataset.mark = ''; foot.append(' · ', mark); }
	item.append(foot);
	return item;
}
function addDay(at) {
	const text = day.format(new Date(at));
	if (text === lastDay) return;
	lastDay = text;
	list.append(make('li', 'chat-day fine', text));
}
const mark = (item, text) => { const place = item.querySelector('[data-mark]'); if (place) place.textContent = text; };
const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 60;
const toEnd = () => { log.scrollTop = log.scrollHeight; };

function take(state) {
	const wasAtEnd = isAtEnd();
	let isNew = false;
	for (const message of state.messages) {
		const known = shown.get(message.id) ?? shown.get(message.client);
		waiting = waiting.filter((each) => each.client !== message.client);
		const item = known?.dataset.at ? known : draw(message, words.saysSent);
		if (item !== known) {
			if (!known) addDay(message.at);
			item.dataset.at = Date.parse(message.at);
			if (known) known.replaceWith(item); else list.append(item);
			if (message.is_ours) { isNew = true; typed(false); }
		}
		shown.set(message.id, item);
		if (message.client) shown.set(message.client, item);
	}
	seenAt = Math.max(seenAt, Date.parse(state.seen_at ?? 0) || 0);
	for (const item of list.querySelectorAll('.chat-own[data-at]')) mark(item, Number(item.dataset.at) <= seenAt ? words.saysRead : words.saysSent);
	cursor = Math.max(cursor, state.cursor ?? 0); // an answer to what was just written knows nothing of what came before it
	isKnown = state.is_known || isKnown;
	asked.hidden = isKnown;
	const presence = one('presence');
	presence.textContent = state.presence_text;
	presence.dataset.state = state.presence;
	main.toggleAttribute('data-is-rated-now', state.is_rating_due);
	if (rating.hidden === state.is_rating_due) { rating.hidden = !state.is_rating_due; isNew ||= state.is_rating_due; }
	one('rated').hidden = state.rated === null;
	keep();
	if (wasAtEnd || isNew) toEnd();
	if (isNew && (document.hidden || !isShown)) tell('unread', { n: unread += 1 });
	else read(isNew);
}
let readUp = 0;
function read(isNew) {
	const last = [...list.querySelectorAll('[data-at]:not(.chat-own)')].pop();
	if (!last || document.hidden || !isShown || Number(last.dataset.at) <= readUp) return;
	readUp = Number(last.dataset.at);
	if (isNew || isKnown) call('/read', { token }).catch(() => { readUp = 0; });
}

for (const label of rating.querySelectorAll('.chat-scores span')) label.textContent = new Intl.NumberFormat(lang).format(Number(label.textContent));

// ---- the stream ----
async function refresh() {
	if (isAsking) { askAgain = true; return; }
	isAsking = true;
	try {
		do { askAgain = false; take(await call(`/state?token=${encodeURIComponent(token)}&since=${cursor}`)); } while (askAgain);
	} catch (error) {
		if (error.status === 403) open();
	}
	isAsking = false;
}
function typed(isTyping) {
	clearTimeout(typing);
	say(isTyping ? words.saysTyping : '');
	if (isTyping) typing = setTimeout(() => say(''), SHOWN_MS);
}
function listen() {
	stream?.close();
	stream = null;
	if (!isKnown && !waiting.length) return; // whoever has written nothing is told nothing
	stream = new EventSource(`${home}/live?token=${encodeURIComponent(token)}`);
	stream.addEventListener('changed', ({ data }) => (data.startsWith('typing:') ? typed(true) : refresh()));
	stream.onopen = () => { if (isLost) say(words.saysBack); isLost = false; refresh(); flush(); };
	stream.onerror = () => { if (!isLost) say(words.saysLost); isLost = true; if (stream.readyState === EventSource.CLOSED) { clearTimeout(timer); timer = setTimeout(open, PAUSE_MS); } };
}
setInterval(() => { if (stream && stream.readyState !== EventSource.OPEN && navigator.onLine) { refresh(); flush(); } }, POLL_MS);

async function open() {
	const stored = person.user ? {} : kept();
	if (stored.waiting?.length && !waiting.length) waiting = stored.waiting;
	try {
		const state = await call('/open', { token: stored.token ?? token, ...person });
		if (state.token !== token) { list.replaceChildren(); shown.clear(); lastDay = ''; cursor = 0; isKnown = false; }
		token = state.token;
		isNamed = state.is_named;
		if (isNamed) forget();
		take(state);
		for (const message of waiting) pend(message);
		listen();
		flush();
	} catch (error) {
		say(error.status && error.status < 500 && error.status !== 429 ? words.saysAgain : words.saysLost);
		if (!error.status || error.status >= 500 || error.status === 429) { clearTimeout(timer); timer = setTimeout(open, PAUSE_MS); }
	}
}

// ---- writing ----
const newId = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(36).padStart(2, '0')).join('');
function pend(message) {
	if (shown.has(message.client)) return;
	addDay(Date.now());
	const item = draw({ text: message.text, files: message.file && [{ name: message.file.name }] }, words.saysSending);
	shown.set(message.client, item);
	list.append(item);
	toEnd();
}
function drop(message, text) {
	waiting = waiting.filter((each) => each !== message);
	shown.get(message.client)?.remove();
	shown.delete(message.client);
	if (message.text && !box.value) box.value = message.text;
	fault.textContent = text;
	fault.hidden = false;
	keep();
}
async function post({ file, ...message }) {
	if (!file) return call('/messages', { token, ...message });
	const body = new FormData();
	for (const [name, value] of Object.entries({ token, ...message })) body.set(name, value);
	body.set('file', file);
	return call('/files', body);
}
let isFlushing = false;
/** In their order, one after the other. */
async function flush() {
	if (isFlushing || !token) return;
	isFlushing = true;
	clearTimeout(timer);
	while (waiting.length) {
		const [message] = waiting;
		try {
			const wasKnown = isKnown;
			const state = await post(message);
			isKnown = true;
			take(state);
			waiting = waiting.filter((each) => each !== message);
			keep();
			tell('begun');
			if (!wasKnown || !stream) listen();
		} catch (error) {
			if (error.status === 403) { isFlushing = false; await open(); return; }
			if (error.status && error.status < 500 && error.status !== 429) { drop(message, message.file && [413, 415].includes(error.status) ? words.saysFile : words.saysAgain); continue; }
			const item = shown.get(message.client);
			if (item) mark(item, error.status === 429 ? words.saysMany : words.saysKept);
			timer = setTimeout(flush, PAUSE_MS);
			break;
		}
	}
	isFlushing = false;
}
function send(more) {
	const fields = isKnown || waiting.length ? {} : Object.fromEntries([...asked.querySelectorAll('input')].map((input) => [input.name, input.value.trim()]));
	const message = { client: newId(), text: '', ...fields, ...more };
	waiting.push(message);
	fault.hidden = true;
	asked.hidden = true;
	pend(message);
	keep();
	flush();
}
const isAnswered = () => {
	if (isKnown || waiting.length) return true;
	const missing = [...asked.querySelectorAll('input')].find((input) => !input.checkValidity());
	if (missing) { missing.reportValidity(); missing.focus(); }
	return !missing;
};
form.addEventListener('submit', (event) => {
	event.preventDefault();
	const text = box.value.trim();
	if (!text) { box.focus(); return; }
	if (!isAnswered()) return;
	box.value = '';
	send({ text });
	box.focus();
});
box.addEventListener('keydown', (event) => {
	if (event.key !== 'Enter' || event.shiftKey || event.isComposing || matchMedia('(pointer: coarse)').matches) return;
	event.preventDefault();
	form.requestSubmit();
});
box.addEventListener('input', () => {
	if (!isKnown || Date.now() - lastTyped < TYPING_MS) return;
	lastTyped = Date.now();
	call('/typing', { token }).catch(() => {});
});
one('file').addEventListener('change', ({ target }) => {
	const [file] = target.files;
	if (file && isAnswered()) {
		if (file.size > Number(words.fileBytes)) { fault.textContent = words.saysFile; fault.hidden = false; } else send({ file });
	}
	target.value = '';
});
rating.addEventListener('submit', async (event) => {
	event.preventDefault();
	const { score, comment } = Object.fromEntries(new FormData(rating));
	try { take(await call('/rating', { token, score, comment })); one('rated').focus?.(); } catch (error) { say(error.status ? words.saysAgain : words.saysLost); }
});

// ---- the page around ----
addEventListener('online', () => { if (stream) { refresh(); flush(); } else open(); });
document.addEventListener('visibilitychange', () => { if (!document.hidden) { unread = 0; tell('unread', { n: 0 }); read(true); } });
document.addEventListener('keydown', (event) => { if (event.key === 'Escape') tell('escape'); });
addEventListener('message', ({ source, data }) => {
	if (source !== parent) return;
	if (data?.hospes === 'shown') {
		isShown = data.is_shown === true;
		if (isShown) { unread = 0; tell('unread', { n: 0 }); toEnd(); read(true); (asked.hidden ? box : asked.querySelector('input') ?? box).focus(); }
	}
	if (data?.hospes === 'person') {
		const { user, proof } = data.person;
		if (token && user === person.user) return;
		person = user ? { user, proof } : {};
		token = '';
		open();
	}
});
if (isFramed) tell('ready');
else open();
