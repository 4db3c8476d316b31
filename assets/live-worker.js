// live-worker.js: the one event stream of a browser, since HTTP/1.1 allows six connections to a host. It listens to the
// union of what its tabs listen to and tells each tab of its own topics.
const tabs = new Map(); // port → Set of topics
let stream = null, listened = '';

function tell(data, isFor) {
	for (const [port, topics] of tabs) if (isFor(topics)) port.postMessage(data);
}

function listen() {
	const all = [...new Set([...tabs.values()].flatMap((t) => [...t]))].sort();
	const address = all.length ? `/live?topics=${all.map(encodeURIComponent).join(',')}` : '';
	if (address === listened) return;
	listened = address;
	stream?.close();
	stream = address ? new EventSource(address) : null;
	if (!stream) return;
	stream.addEventListener('changed', (event) => tell({ type: 'changed', topic: event.data }, (topics) => topics.has(event.data)));
	stream.onopen = () => tell({ type: 'state', isOpen: true }, () => true);
	stream.onerror = () => tell({ type: 'state', isOpen: false }, () => true);
}

self.onconnect = (event) => {
	const port = event.ports[0];
	port.onmessage = ({ data }) => {
		if (data.topics.length) tabs.set(port, new Set(data.topics));
		else tabs.delete(port);
		listen();
	};
};
