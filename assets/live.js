// live.js: brings what happens to the page that shows it. One stream a browser, held by live-worker.js and shared by all
// tabs; where there are no shared workers the page holds its own. A message is only "topic T changed": the parts of the
// page that live on T are asked for again from the page's own address, so there is one way of drawing them.
// Modules import nothing from each other, since their addresses carry hashes; words to say go by an event.
const say = (text) => document.dispatchEvent(new CustomEvent('say', { detail: text }));

const topics = document.body.dataset.topics.split(' ').filter(Boolean);
const waiting = new Map();

function refresh(topic) {
	for (const part of document.querySelectorAll(`[data-live="${CSS.escape(topic)}"]`)) {
		if (document.hidden) { waiting.set(topic, true); continue; }
		part.dispatchEvent(new CustomEvent('live'));
		say(part.dataset.liveSays);
	}
}

// Bursts are drawn once a second at most.
const due = new Map();
function changed(topic) {
	if (due.has(topic)) return;
	due.set(topic, setTimeout(() => { due.delete(topic); refresh(topic); }, 400));
}

document.addEventListener('visibilitychange', () => {
	if (document.hidden) return;
	for (const topic of waiting.keys()) { waiting.delete(topic); refresh(topic); }
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
	worker.port.postMessage({ type: 'topics', topics });
	addEventListener('pagehide', () => worker.port.postMessage({ type: 'topics', topics: [] }));
	addEventListener('pageshow', (event) => event.persisted && worker.port.postMessage({ type: 'topics', topics }));
} else if (topics.length && window.EventSource) {
	const stream = new EventSource(`/live?topics=${topics.map(encodeURIComponent).join(',')}`);
	stream.addEventListener('changed', (event) => hear({ type: 'changed', topic: event.data }));
	stream.onopen = () => state(true);
	stream.onerror = () => state(false);
	addEventListener('pagehide', () => stream.close());
}
