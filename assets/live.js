// live.js: brings what happens to the page that shows it. One stream a browser, held by live-worker.js and shared by all
// tabs; where there are no shared workers the page holds its own. A message is only "topic T changed": the parts of the
// page that live on T are asked for again from the page's own address, so there is one way of drawing them.
// Modules import nothing from each other, since their addresses carry hashes; words to say go by an event.
const say = (text) => document.dispatchEvent(new CustomEvent('say', { detail: text }));

const topics = document.body.dataset.topics.split(' ').filter(Boolean);
const after = document.body.dataset.drawnAfter; // the page tells what was published until it was drawn
const waiting = new Map();

function refresh(part, topic) {
	if (part.querySelector('[data-chosen]:checked')) return; // what somebody is choosing from is not taken from under their hand
	if (document.hidden) { waiting.set(topic, true); return; }
	part.dispatchEvent(new CustomEvent('live'));
	say(part.dataset.liveSays);
}

// Bursts are drawn together; what costs the server much says after how many seconds at the soonest (data-live-gap).
const SOON_MS = 400;
const due = new Set(), drawn = new Map(); // ids of parts; drawn: when, by performance.now()
const SHOWN_MS = 5000;
/** What holds for some seconds, such as that somebody is writing. */
function show(topic) {
	for (const place of document.querySelectorAll(`[data-live-shows="${CSS.escape(topic)}"]`)) {
		clearTimeout(place.timer);
		if (place.textContent !== place.dataset.words) place.textContent = place.dataset.words;
		place.timer = setTimeout(() => { place.textContent = ''; }, SHOWN_MS);
	}
}
/** A chat that somebody has before their eyes is read. */
function see() {
	const part = document.querySelector('[data-seen]'), csrf = document.querySelector('input[name=csrf]')?.value;
	if (part && csrf && !document.hidden) fetch(part.dataset.seen, { method: 'POST', body: new URLSearchParams({ csrf }), headers: { accept: 'application/json' } });
}
see();
document.addEventListener('visibilitychange', see);
document.addEventListener('htmx:afterSettle', see);

function changed(topic) {
	show(topic);
	for (const { id, dataset } of document.querySelectorAll(`[data-live="${CSS.escape(topic)}"]`)) {
		if (due.has(id)) continue;
		due.add(id);
		const gap = 1000 * (dataset.liveGap ?? 0) - (performance.now() - (drawn.get(id) ?? 0));
		setTimeout(() => {
			due.delete(id);
			drawn.set(id, performance.now());
			const part = document.getElementById(id);
			if (part) refresh(part, topic);
		}, Math.max(SOON_MS, gap));
	}
}

document.addEventListener('visibilitychange', () => {
	if (document.hidden) return;
	for (const topic of waiting.keys()) { waiting.delete(topic); changed(topic); }
});

let isLost = false;
function state(isOpen) {
	if (isOpen && isLost) { say(document.body.dataset.saysBack); topics.forEach(changed); }
	if (!isOpen && !isLost) say(document.body.dataset.saysLost);
	isLost = !isOpen;
}

function hear({ type, topic, isOpen }) {
	if (type === 'changed') changed(topic);
	if (type === 'state') state(isOpen);
}

if (topics.length && window.SharedWorker && document.body.dataset.liveWorker) {
	const worker = new SharedWorker(document.body.dataset.liveWorker, { name: 'hospes-live' });
	worker.port.onmessage = (event) => hear(event.data);
	worker.port.postMessage({ topics, after });
	addEventListener('pagehide', () => worker.port.postMessage({ topics: [] }));
	addEventListener('pageshow', (event) => event.persisted && worker.port.postMessage({ topics, after }));
} else if (topics.length && window.EventSource) {
	const stream = new EventSource(`/live?topics=${topics.map(encodeURIComponent).join(',')}&after=${after}`);
	stream.addEventListener('changed', (event) => hear({ type: 'changed', topic: event.data }));
	stream.onopen = () => state(true);
	stream.onerror = () => state(false);
	addEventListener('pagehide', () => stream.close());
}
