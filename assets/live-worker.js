// live-worker.js: the one event stream of a browser, since HTTP/1.1 allows six connections to a host. It listens to the
// union of what its tabs listen to and tells each tab of its own topics. Ids of what is published only grow; each tab has
// one up to which it was told all, so a stream that is opened anew begins where the tab that knows least stands.
const tabs = new Map(); // port → { topics: Set, after: BigInt }
const last = new Map(); // topic → id of its last change heard
let stream = null, listened = '';

function tell(data, isFor) {
	for (const [port, { topics }] of tabs) if (isFor(topics)) port.postMessage(data);
}

function listen() {
	const all = [...new Set([...tabs.values()].flatMap((tab) => [...tab.topics]))].sort();
	const wanted = all.map(encodeURIComponent).join(',');
	if (wanted === listened) return;
	listened = wanted;
	stream?.close();
	const after = [...tabs.values()].reduce((least, tab) => (tab.after < least ? tab.after : least), tabs.values().next().value?.after);
	stream = wanted ? new EventSource(`/live?topics=${wanted}&after=${after}`) : null;
	if (!stream) return;
	stream.addEventListener('changed', ({ data, lastEventId }) => {
		const id = BigInt(lastEventId);
		last.set(data, id);
		for (const tab of tabs.values()) if (tab.after < id) tab.after = id;
		tell({ type: 'changed', topic: data }, (topics) => topics.has(data));
	});
	stream.onopen = () => tell({ type: 'state', isOpen: true }, () => true);
	stream.onerror = () => tell({ type: 'state', isOpen: false }, () => true);
}

self.onconnect = (event) => {
	const port = event.ports[0];
	port.onmessage = ({ data }) => {
		tabs.delete(port);
		if (data.topics.length) {
			const after = BigInt(data.after);
			tabs.set(port, { topics: new Set(data.topics), after });
			for (const topic of data.topics) if (last.get(topic) > after) port.postMessage({ type: 'changed', topic });
		}
		listen();
	};
};
