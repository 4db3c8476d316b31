/* hospes.js: what a site includes to show surveys and a chat on its pages:
     <script async src="https://cx.example.com/hospes.js" data-key="sit_…"></script>
   Nothing is stored on the visitor's machine before hospes('consent', true), or before they write the first message of a chat, which the
   chat then needs to find its way back to them. Where the page is and what its
   visitor does on it is judged here and told to nobody. What is shown is a page of Hospes in a frame: neither can the site read what is
   answered nor can its styles reach it. Around the frame stands a shadow tree with a sheet of its own, which needs no style-src.
   A policy of the site has to allow this script, its connections and its frames: script-src, connect-src and frame-src HOST. */
(() => {
	'use strict';
	const DAY_MS = 86_400_000, PATIENCE_MS = 15_000, STORE = 'hospes', TOP = 2147483000;
	const own = document.currentScript ?? document.querySelector('script[data-key][src*="hospes.js"]');
	if (!own || window.hospes?.ready) return;
	const home = new URL(own.src, location.href).origin, { key = '', theme = '', trial = '', kind = '', chat: chatWish = '' } = own.dataset;
	const say = (text) => console.warn(`Hospes: ${text}`);
	const lang = () => document.documentElement.lang || navigator.language || '';
	let consent = false, person = {}, config, popup, address, asked = new Set(), pending = [];

	/* ---- what this browser may remember: until when each survey rests ---- */
	const read = () => { try { return JSON.parse(localStorage.getItem(STORE)) ?? {}; } catch { return {}; } };
	const rests = (survey) => consent && read()[survey] > Date.now();
	const until = {}; // of this page alone
	const keep = () => { try { localStorage.setItem(STORE, JSON.stringify({ ...read(), ...until })); } catch { /* nothing is kept where nothing may be */ } };
	const rest = (survey, days) => {
		if (days) until[survey] = Date.now() + days * DAY_MS;
		if (consent) keep();
	};
	const agree = (granted) => {
		consent = granted === true;
		if (consent && Object.keys(until).length) keep();
		if (!consent) try { localStorage.removeItem(STORE); } catch { /* there is none */ }
		for (const panel of panels) panel.tell({ hospes: 'consent', granted: consent });
	};

	/* ---- the server ---- */
	async function call(path, body) {
		const answer = await fetch(`${home}/site/${encodeURIComponent(key)}${path}`, { method: body ? 'POST' : 'GET', body: body && JSON.stringify(body), credentials: 'omit', headers: { accept: 'application/json' } });
		const said = await answer.json().catch(() => ({}));
		if (!answer.ok) throw Object.assign(new Error(said.detail || `the server answered ${answer.status}`), { status: answer.status });
		return said;
	}
	const complain = (error) => say(error.status ? error.message : `${home} cannot be reached from this page (${error.message})`);

	/* ---- a page of ours in a frame ---- */
	const panels = new Set();
	const SHEET = `:host{all:initial}
.box{display:block;background:light-dark(#fff,#1a1d1f);color:light-dark(#1b1e20,#e9ebec)}
iframe{display:block;inline-size:100%;border:0;block-size:100%}
.popup{position:fixed;z-index:${TOP};inset-block-end:1rem;inset-inline-end:1rem;inline-size:min(25rem,calc(100vw - 2rem));max-block-size:min(40rem,calc(100vh - 2rem));display:flex;flex-direction:column;border:1px solid GrayText;border-radius:.75rem;overflow:hidden;box-shadow:0 .5rem 2rem rgb(0 0 0/.25);font:600 1rem/1.5 system-ui,sans-serif}
.popup[hidden]{display:flex;visibility:hidden}
.popup:focus{outline:none}
.popup:focus-visible{outline:3px solid Highlight;outline-offset:2px}
header{display:flex;align-items:center;justify-content:space-between;gap:.5rem;padding-inline-start:1rem;flex:none}
h2{margin:0;font:inherit}
button{all:unset;box-sizing:border-box;inline-size:2.75rem;block-size:2.75rem;display:grid;place-items:center;cursor:pointer;border-radius:.75rem;font:1.5rem/1 system-ui,sans-serif}
button:focus-visible{outline:3px solid Highlight;outline-offset:-4px}
.frame{display:flex;flex:0 1 auto;flex-direction:column;min-block-size:0}
.frame iframe{flex:0 1 auto;min-block-size:0}
.unseen{position:fixed;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.chat{block-size:min(40rem,calc(100vh - 7rem));inset-block-end:5.5rem}
.chat .frame,.chat .frame iframe{flex:1 1 auto}
.open{position:fixed;z-index:${TOP};inset-block-end:1rem;inset-inline-end:1rem;display:flex;gap:.5rem;inline-size:auto;block-size:3.25rem;padding-inline:1.25rem;border-radius:2rem;background:light-dark(#1b1e20,#e9ebec);color:light-dark(#fff,#131516);font:600 1rem/1.2 system-ui,sans-serif;box-shadow:0 .25rem 1rem rgb(0 0 0/.25)}
.open:focus-visible{outline:3px solid Highlight;outline-offset:2px}
.n{min-inline-size:1.5rem;padding:.125rem .375rem;border-radius:1rem;background:#b3261e;color:#fff;text-align:center;box-sizing:border-box}
.n:empty{display:none}
@media (max-width:30rem){.popup.chat{inset:0;block-size:100%;max-block-size:none;border:0;border-radius:0}.popup{inset-inline:0;inset-block-end:0;inline-size:100%;max-block-size:75vh;border-width:1px 0 0;border-radius:1rem 1rem 0 0}}
@media (prefers-reduced-motion:no-preference){.popup{transition:opacity .2s,transform .2s}.popup[hidden]{opacity:0;transform:translateY(1rem)}}
.light{color-scheme:light}.dark{color-scheme:dark}.auto{color-scheme:light dark}`;
	const looks = () => (['light', 'dark'].includes(theme) ? theme : `${getComputedStyle(document.documentElement).colorScheme} ${document.querySelector('meta[name=color-scheme]')?.content}`.includes('dark') ? 'auto' : 'light');
	const make = (name, attributes = {}, ...children) => {
		const element = document.createElement(name);
		for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
		element.append(...children);
		return element;
	};

	function frame(path, title) {
		const url = new URL(path, home);
		url.searchParams.set('lang', config.lang);
		url.searchParams.set('theme', looks());
		if (consent) url.searchParams.set('keep', '1');
		return make('iframe', { src: url.href, title, referrerpolicy: 'origin' });
	}

	function dress(host, ...children) {
		const root = host.attachShadow({ mode: 'open' });
		try {
			const sheet = new CSSStyleSheet();
			sheet.replaceSync(SHEET);
			root.adoptedStyleSheets = [sheet];
		} catch {
			root.append(make('style', {}, SHEET));
		}
		root.append(...children);
	}

	/** The messages of a panel's frame, until it goes. `heard` has a function for each of them. */
	function listen(inner, heard) {
		const panel = {
			is_waiting: false, // an answer has not reached the server yet
			tell: (message) => inner.contentWindow?.postMessage(message, home),
			end() { removeEventListener('message', take); panels.delete(panel); },
		};
		const take = ({ source, origin, data }) => {
			if (source !== inner.contentWindow || origin !== home || typeof data?.hospes !== 'string') return;
			if (data.hospes === 'size') inner.style.blockSize = `${Math.min(Math.max(Number(data.height) || 0, 40), 5000)}px`;
			if (data.hospes === 'waiting') panel.is_waiting = true;
			if (data.hospes === 'arrived') panel.is_waiting = false;
			heard[data.hospes]?.(panel, data);
		};
		addEventListener('message', take);
		panels.add(panel);
		return panel;
	}

	function showPopup(path, isAskedFor) {
		const inner = frame(path, config.title), before = document.activeElement;
		const close = make('button', { type: 'button', 'aria-label': config.close }, '×');
		const box = make('div', { class: `box popup ${looks()}`, role: 'dialog', 'aria-labelledby': 'title', tabindex: '-1', hidden: '', dir: config.dir, lang: config.lang },
			make('header', {}, make('h2', { id: 'title' }, config.title), close), make('div', { class: 'frame' }, inner));
		const status = make('p', { class: 'unseen', role: 'status', dir: config.dir, lang: config.lang }), host = make('div', { 'data-hospes': 'popup' });
		const gone = () => { panel.end(); host.remove(); };
		const shut = () => {
			const hadFocus = document.activeElement === host;
			popup = null;
			removeEventListener('keydown', onKey);
			if (panel.is_waiting) host.style.display = 'none'; // it goes on trying until the answer has arrived
			else gone();
			if (hadFocus && before instanceof HTMLElement && before.isConnected) before.focus();
		};
		const onKey = (event) => { if (event.key === 'Escape' && !event.defaultPrevented) shut(); };
		const appear = () => {
			if (!box.hidden) return;
			clearTimeout(late);
			box.hidden = false;
			status.textContent = config.opened;
			if (isAskedFor) box.focus(); // what comes by itself takes nobody's focus away
		};
		const panel = listen(inner, { size: appear, escape: shut, arrived: () => { if (host.style.display === 'none') gone(); } });
		const late = setTimeout(() => { say('the survey did not come: does the policy of this page allow frames of ' + home + '?'); shut(); }, PATIENCE_MS);
		close.addEventListener('click', shut);
		addEventListener('keydown', onKey);
		dress(host, box, status);
		document.body.append(host);
		popup = { shut };
	}

	/* ---- the chat: a button, and a panel that keeps its frame once it was opened ---- */
	const BEGUN = `${STORE}-chat`;
	const wasBegun = () => { try { return localStorage.getItem(BEGUN) === key; } catch { return false; } };
	const begin = () => { try { localStorage.setItem(BEGUN, key); } catch { /* the next page asks anew */ } };
	let chat;
	function addChat() {
		if (chat || !config.chat) return;
		const n = make('span', { class: 'n' }), more = make('span', { class: 'unseen', role: 'status' });
		const button = make('button', { type: 'button', class: 'open', 'aria-expanded': 'false', 'aria-haspopup': 'dialog' }, config.chat, n);
		const host = make('div', { 'data-hospes': 'chat' }), root = make('div', { class: looks(), dir: config.dir, lang: config.lang }, button, more);
		let box, panel;
		const isOpen = () => box && !box.hidden;
		const toggle = (will) => {
			if (will) load();
			if (will === isOpen() || !box) return;
			box.hidden = !will;
			box.inert = !will;
			button.setAttribute('aria-expanded', String(will));
			panel.tell({ hospes: 'shown', is_shown: will });
			if (will) box.querySelector('iframe').focus();
			else button.focus();
		};
		const load = () => {
			if (box) return;
			const inner = frame(`/site/${encodeURIComponent(key)}/chat`, config.chat_title);
			const close = make('button', { type: 'button', 'aria-label': config.close }, '×');
			box = make('div', { class: `box popup chat ${looks()}`, role: 'dialog', 'aria-label': config.chat_title, hidden: '' }, make('header', {}, make('h2', {}, config.chat_title), close), make('div', { class: 'frame' }, inner));
			box.inert = true;
			close.addEventListener('click', () => toggle(false));
			panel = listen(inner, {
				ready: () => { panel.tell({ hospes: 'person', person }); if (isOpen()) panel.tell({ hospes: 'shown', is_shown: true }); },
				escape: () => toggle(false), begun: begin,
				unread: (_, { n: count }) => { n.textContent = count || ''; more.textContent = count ? config.chat_unread : ''; },
			});
			root.append(box);
		};
		button.addEventListener('click', () => toggle(!isOpen()));
		root.addEventListener('keydown', (event) => { if (event.key === 'Escape') toggle(false); });
		dress(host, root);
		document.body.append(host);
		chat = { toggle, named: () => panel?.tell({ hospes: 'person', person }) };
		if (wasBegun()) setTimeout(load, 1000); // whoever wrote before hears of the answer on the next page, too
		if (chatWish === 'open') toggle(true);
	}

	function showInline(path, place) {
		const inner = frame(path, config.title);
		place.replaceChildren();
		const box = make('div', { class: `box ${looks()}`, dir: config.dir, lang: config.lang }, inner), host = make('div', { 'data-hospes': 'inline' });
		listen(inner, {});
		dress(host, box);
		place.append(host);
	}

	/* ---- when ---- */
	const isHere = (places) => {
		const patterns = places.split('\n').map((line) => line.trim()).filter(Boolean);
		return !patterns.length || patterns.some((pattern) => new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}/?$`).test(location.pathname));
	};

	async function ask(each, place) {
		const was = address, id = each.survey;
		if (asked.has(id) || rests(id) || (!place && popup)) return;
		asked.add(id);
		try {
			const { path } = await call('/ask', { survey: id, ...person });
			rest(id, each.gap_days);
			if (!path || was !== address || (!place && popup)) return;
			if (place) showInline(path, place);
			else showPopup(path, each.isAskedFor);
		} catch (error) {
			complain(error);
			if (!error.status) asked.delete(id);
		}
	}

	/** Calls go once when a page's listener says so; everything that listens is taken away with the page. */
	const wait = (target, event, test, go) => {
		const heard = (e) => { if (!test(e)) return; target.removeEventListener(event, heard); go(); };
		target.addEventListener(event, heard, { passive: true });
		pending.push(() => target.removeEventListener(event, heard));
	};
	const START = {
		arrival: (each, go) => go(),
		scroll: (each, go) => {
			const far = () => { const page = document.documentElement; return (scrollY + innerHeight) / page.scrollHeight * 100 >= each.scroll_pct; };
			if (far() && scrollY > 0) go();
			else wait(window, 'scroll', far, go);
		},
		exit: (each, go) => {
			// with a mouse: it leaves upwards. On a phone nothing tells; whoever comes back had been away.
			if (matchMedia('(hover: hover)').matches) wait(document.documentElement, 'mouseleave', (e) => e.clientY <= 0, go);
			else wait(document, 'visibilitychange', () => document.visibilityState === 'visible', go);
		},
		event: () => {},
	};
	const later = (each, place) => { const timer = setTimeout(() => ask(each, place), each.delay_s * 1000); pending.push(() => clearTimeout(timer)); };

	function watch(each) {
		if (each.kind === 'popup') return START[each.starts](each, () => later(each));
		for (const place of document.querySelectorAll(`[data-hospes-survey="${CSS.escape(each.survey)}"]`)) {
			if (place.querySelector('[data-hospes]')) continue;
			const near = new IntersectionObserver((seen) => { if (!seen.some((one) => one.isIntersecting)) return; near.disconnect(); ask(each, place); }, { rootMargin: '200px' });
			near.observe(place);
			pending.push(() => near.disconnect());
		}
	}

	/** A page begins: this one, or another one of an application that loads none. */
	function arrive() {
		address = location.href;
		asked = new Set();
		for (const stop of pending.splice(0)) stop();
		if (!config) return;
		if (!trial) addChat();
		if (trial) return kind === 'inline' ? showInline(trial, document.querySelector('[data-hospes-survey]')) : showPopup(trial, false);
		const here = config.surveys.filter((each) => isHere(each.places));
		here.forEach(watch);
		for (const place of document.querySelectorAll('[data-hospes-survey]')) {
			const id = place.dataset.hospesSurvey;
			if (!config.surveys.some((each) => each.survey === id && each.kind === 'inline')) say(`${id} is not shown in pages of this site: see “On your site” of the survey`);
		}
	}
	const moved = () => { if (address && location.href.split('#')[0] !== address.split('#')[0]) arrive(); };
	addEventListener('popstate', moved);
	window.navigation?.addEventListener('navigatesuccess', moved);

	/* ---- what the page says: hospes('consent', true), hospes('event', name), hospes('identify', user, proof), hospes('open', survey) … ---- */
	const WORDS = {
		consent: agree,
		identify: (user, proof) => { person = user ? { user: String(user), proof: String(proof ?? '') } : {}; chat?.named(); },
		chat: (will = 'open') => chat?.toggle(will !== 'close'),
		event: (name) => config?.surveys.filter((each) => each.starts === 'event' && each.event === name && each.kind === 'popup' && isHere(each.places)).forEach((each) => later(each)),
		open: (id) => config?.surveys.filter((each) => each.survey === id).forEach((each) => { asked.delete(id); ask({ ...each, isAskedFor: true }); }),
		close: () => popup?.shut(),
		page: () => config && arrive(),
	};
	const early = [...window.hospes?.q ?? []];
	const hospes = (word, ...rest) => {
		if (!WORDS[word]) return say(`there is no hospes('${word}')`);
		if (!config && !['consent', 'identify'].includes(word)) return void early.push([word, ...rest]);
		WORDS[word](...rest);
	};
	hospes.ready = true;
	window.hospes = hospes;
	for (const [word, ...rest] of early) if (['consent', 'identify'].includes(word)) hospes(word, ...rest);

	(async () => {
		try {
			config = await call(`?lang=${encodeURIComponent(lang())}`);
		} catch (error) {
			return complain(error);
		}
		if (document.readyState === 'loading') await new Promise((done) => document.addEventListener('DOMContentLoaded', done, { once: true }));
		arrive();
		for (const [word, ...rest] of early.splice(0)) if (!['consent', 'identify'].includes(word)) hospes(word, ...rest);
	})();
})();
