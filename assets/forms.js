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

// A drop field: the label is the target, the input stays the control.
for (const zone of document.querySelectorAll('[data-drop]')) {
	const input = zone.querySelector('input[type=file]'), name = zone.querySelector('[data-drop-name]');
	const show = () => { name.textContent = [...input.files].map((f) => f.name).join(', '); };
	input.addEventListener('change', show);
	for (const type of ['dragenter', 'dragover']) zone.addEventListener(type, (event) => { event.preventDefault(); zone.classList.add('is-over'); });
	for (const type of ['dragleave', 'drop']) zone.addEventListener(type, () => zone.classList.remove('is-over'));
	zone.addEventListener('drop', (event) => {
		event.preventDefault();
		input.files = event.dataTransfer.files;
		show();
	});
}

// Time zone of the reader, offered where nothing was chosen yet.
const zone = document.querySelector('[data-guess-zone] select[name=time_zone]');
if (zone) {
	const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
	if ([...zone.options].some((o) => o.value === own)) zone.value = own;
}
