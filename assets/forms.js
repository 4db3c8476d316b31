// forms.js: conveniences of single forms: those that send themselves when a choice changes, files that are dropped,
// texts that are copied. Each form has its button and works without this.
document.addEventListener('change', (event) => {
	const form = event.target.closest('form[data-now]:not([hx-get], [hx-post])');
	if (form) form.requestSubmit();
});

// A key or a snippet: the button copies the text of the element that it names and says so in its own label.
document.addEventListener('click', async (event) => {
	const button = event.target.closest('[data-copy]');
	if (!button) return;
	const text = document.getElementById(button.dataset.copy).textContent.trim();
	const label = button.textContent;
	try {
		await navigator.clipboard.writeText(text);
		button.textContent = button.dataset.copied;
		setTimeout(() => { button.textContent = label; }, 2000);
	} catch {
		getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
	}
});

// A link that shows its page in the frames beside it; by itself it leads to where they show it.
document.addEventListener('click', (event) => {
	const link = event.target.closest('a[data-frames]');
	if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
	event.preventDefault();
	for (const frame of link.closest('section').querySelectorAll('iframe')) frame.contentWindow.location.replace(link.dataset.frames);
	for (const other of link.parentElement.children) other.toggleAttribute('aria-current', false);
	link.setAttribute('aria-current', 'true');
});

// A drop field: the label is the target, the input stays the control.
for (const zone of document.querySelectorAll('[data-drop]')) {
	const input = zone.querySelector('input[type=file]');
	for (const type of ['dragenter', 'dragover']) zone.addEventListener(type, (event) => { event.preventDefault(); zone.classList.add('is-over'); });
	for (const type of ['dragleave', 'drop']) zone.addEventListener(type, () => zone.classList.remove('is-over'));
	zone.addEventListener('drop', (event) => {
		event.preventDefault();
		input.files = event.dataTransfer.files;
		zone.closest('form[data-upload]')?.requestSubmit();
	});
}

// A form with a file of any size says how far it is, and can be stopped.
function sendUpload(form) {
	const part = (name) => form.querySelector(`[data-upload-${name}]`), fault = part('fault'), bar = form.querySelector('.progress');
	const lang = document.documentElement.lang, unit = (name, digits, value) => new Intl.NumberFormat(lang, { style: 'unit', unit: name, maximumFractionDigits: digits }).format(value);
	const size = (bytes) => unit('megabyte', bytes < 10 << 20 ? 1 : 0, bytes / (1 << 20));
	const duration = (s) => (s < 60 ? unit('second', 0, s) : `${unit('minute', 0, Math.floor(s / 60))} ${unit('second', 0, Math.floor(s % 60))}`);
	const file = form.querySelector('input[type=file]').files[0], request = new XMLHttpRequest(), marks = [];
	const show = (isSending) => { part('progress').hidden = !isSending; part('choice').hidden = isSending; part('taking').hidden = true; };
	const refuse = (text) => { show(false); fault.textContent = text; fault.hidden = false; fault.scrollIntoView({ block: 'nearest' }); };
	const advance = ({ loaded, total }) => {
		const pct = (100 * loaded) / total;
		marks.push({ at: performance.now(), loaded });
		while (marks.length > 2 && marks.at(-1).at - marks[0].at > 5000) marks.shift();
		const spent = (marks.at(-1).at - marks[0].at) / 1000, rate = spent > 0.2 ? (loaded - marks[0].loaded) / spent : 0;
		bar.setAttribute('aria-valuenow', pct.toFixed(0));
		bar.firstElementChild.setAttribute('width', `${pct}%`);
		part('sent').textContent = `${new Intl.NumberFormat(lang, { style: 'percent' }).format(loaded / total)} · ${size(loaded)} / ${size(total)}`;
		part('rate').textContent = rate ? size(rate) : '';
		part('left').textContent = rate ? duration(Math.ceil((total - loaded) / rate)) : '';
		part('taking').hidden = loaded < total;
	};
	fault.hidden = true;
	if (file.size > Number(form.dataset.maxBytes)) return refuse(form.dataset.saysLarge);
	part('name').textContent = file.name;
	advance({ loaded: 0, total: file.size });
	show(true);
	request.upload.addEventListener('progress', advance);
	request.addEventListener('load', () => { // the page that it leads to, or that says why not, in the reader's language
		if (request.status < 300 && new URL(request.responseURL).pathname !== new URL(form.action).pathname) return location.assign(request.responseURL);
		const answer = new DOMParser().parseFromString(request.responseText, 'text/html');
		refuse(request.status === 413 ? form.dataset.saysLarge : (answer.querySelector('.faults li') ?? answer.querySelector('.lead-second'))?.textContent ?? form.dataset.saysBroke);
	});
	request.addEventListener('error', () => refuse(form.dataset.saysBroke));
	request.addEventListener('abort', () => show(false));
	part('stop').onclick = () => request.abort();
	request.open('POST', form.action);
	request.setRequestHeader('Accept', 'text/html');
	request.send(new FormData(form));
}
for (const form of document.querySelectorAll('form[data-upload]')) form.addEventListener('submit', (event) => { event.preventDefault(); sendUpload(form); });

// Time zone of the reader, offered where nothing was chosen yet.
const zone = document.querySelector('[data-guess-zone] select[name=time_zone]');
if (zone) {
	const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
	if ([...zone.options].some((o) => o.value === own)) zone.value = own;
}

// ---- what is being written is kept on the server a moment after the last key, so that nothing is lost with the page
for (const form of document.querySelectorAll('[data-draft]')) {
	let due = 0, told = 0;
	const keep = () => {
		const body = new URLSearchParams({ csrf: form.elements.csrf.value, text: form.elements.text.value });
		fetch(form.dataset.draft, { method: 'POST', body, headers: { accept: 'application/json' } });
	};
	form.addEventListener('input', () => { clearTimeout(due); due = setTimeout(keep, 1500); });
	if (form.dataset.typing) form.addEventListener('input', () => {
		if (Date.now() - told < 3000) return;
		told = Date.now();
		fetch(form.dataset.typing, { method: 'POST', body: new URLSearchParams({ csrf: form.elements.csrf.value }), headers: { accept: 'application/json' } });
	});
	form.addEventListener('submit', () => clearTimeout(due));
}

// ---- a saved answer goes where the cursor stands in what is being written; nothing of that is replaced, and Ctrl+Z takes it back
document.addEventListener('click', (event) => {
	const button = event.target.closest('[data-insert]'), field = button?.form.elements.text;
	if (!field) return;
	event.preventDefault();
	const text = button.closest('li').querySelector('.message-text').textContent, before = field.value.slice(0, field.selectionEnd), behind = field.value.slice(before.length);
	field.focus();
	field.setSelectionRange(before.length, before.length);
	document.execCommand('insertText', false, (before.trim() && !before.endsWith('\n') ? '\n\n' : '') + text + (behind.trim() && !behind.startsWith('\n') ? '\n\n' : ''));
});
