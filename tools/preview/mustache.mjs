// mustache.mjs: as much of src/template as the pages use: variables, sections, inverted sections, partials (dynamic
// too), inheritance, the virtual names of template.h, and {{t.key}}. It is stricter than the server: asking whether a
// number is there is an error, since 0 would be read as absent by one reader and as present by another.
const TAG = /\{\{(?:(\{)([\s\S]*?)\}\}\}|([#^/<$>&!]?)\s*([\s\S]*?)\s*\}\})/g;

export function parse(source, name) {
	const root = { nodes: [] }, stack = [root];
	let at = 0;
	const lineStart = (i) => source.lastIndexOf('\n', i - 1) + 1;
	for (const m of source.matchAll(TAG)) {
		if (m[1] || m[3] === '&') throw Error(`${name}: unescaped ${m[0]}`);
		let from = m.index, to = m.index + m[0].length;
		const kind = m[3];
		if (kind && kind !== '&') { // a tag alone on its line takes the line with it
			const start = lineStart(from), end = source.indexOf('\n', to);
			if (!source.slice(start, from).trim() && !source.slice(to, end < 0 ? undefined : end).trim() && start >= at && kind !== '>') { from = start; to = end < 0 ? source.length : end + 1; }
		}
		const top = stack.at(-1);
		if (from > at) top.nodes.push({ kind: 'text', text: source.slice(at, from) });
		at = to;
		const tag = m[4];
		if (kind === '!') continue;
		if (kind === '/') {
			if (top.name !== tag) throw Error(`${name}: {{/${tag}}} closes {{${top.kind}${top.name}}}`);
			stack.pop();
		} else {
			const node = { kind: kind || 'var', name: tag, nodes: [] };
			top.nodes.push(node);
			if ('#^<$'.includes(kind) && kind) stack.push(node);
		}
	}
	if (stack.length > 1) throw Error(`${name}: {{${stack.at(-1).kind}${stack.at(-1).name}}} stays open`);
	if (at < source.length) root.nodes.push({ kind: 'text', text: source.slice(at) });
	return root.nodes;
}

const escape = (s) => s.replace(/[&<>"'`]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '`': '&#96;' })[c]);

export class Renderer {
	constructor(load, words) { this.load = load; this.words = words; this.cache = new Map(); }
	nodes(name) {
		if (!this.cache.has(name)) this.cache.set(name, parse(this.load(name), name));
		return this.cache.get(name);
	}
	render(name, stack) { this.at = name; return this.run(this.nodes(name), stack, {}); }
	run(nodes, stack, blocks) {
		return nodes.map((n) => {
			switch (n.kind) {
			case 'text': return n.text;
			case 'var': return escape(this.show(n.name, stack));
			case '#': return this.section(n, stack, blocks);
			case '^': return this.isThere(this.find(n.name, stack), n.name) ? '' : this.run(n.nodes, stack, blocks);
			case '>': return this.run(this.nodes(n.name.startsWith('*') ? this.show(n.name.slice(1).trim(), stack) : n.name), stack, {});
			case '$': return this.run(blocks[n.name] ?? n.nodes, stack, blocks);
			case '<': {
				const inner = { };
				for (const c of n.nodes) if (c.kind === '$') inner[c.name] = c.nodes;
				return this.run(this.nodes(n.name), stack, { ...inner, ...blocks });
			}
			}
		}).join('');
	}
	section(n, stack, blocks) {
		const v = this.find(n.name, stack);
		if (!this.isThere(v, n.name)) return '';
		if (v.type.kind === 'list') return v.value.map((item, i) => this.run(n.nodes, [...stack, { ...item, index: i, count: v.value.length }], blocks)).join('');
		return this.run(n.nodes, v.type.kind === 'struct' ? [...stack, v] : stack, blocks);
	}
	isThere(v, name) {
		if (!v) throw Error(`{{${name}}}: no such name`);
		if (['int', 'real', 'share', 'decimal'].includes(v.type.kind) && v.value !== null) throw Error(`{{#${name}}}: a number`);
		return !(v.value === null || v.value === false || v.value === '' || (Array.isArray(v.value) && !v.value.length));
	}
	find(path, stack) {
		if (path === '.') return stack.at(-1);
		const parts = path.split('.');
		if (parts[0].startsWith('@')) {
			const item = stack.findLast((s) => s.index !== undefined);
			if (parts[0] === '@first') return { type: { kind: 'bool' }, value: item.index === 0 };
			if (parts[0] === '@last') return { type: { kind: 'bool' }, value: item.index === item.count - 1 };
			return { type: { kind: 'int' }, value: item.index + 1 };
		}
		const holder = stack.findLast((s) => s.type.kind === 'struct' && s.value && parts[0] in s.value);
		if (!holder) return undefined;
		let v = holder.value[parts[0]];
		for (const p of parts.slice(1)) {
			if (p === 'n' && v.type.kind === 'list') return { type: { kind: 'int' }, value: v.value?.length ?? 0 };
			if (p.startsWith('is_') && v.type.kind === 'enum') {
				if (!v.type.names.includes(p.slice(3))) throw Error(`{{${path}}}: ${v.type.names}`);
				return { type: { kind: 'bool' }, value: v.value === p.slice(3) };
			}
			if (['raw', 'iso', 'text', 'day', 'clock', 'ago'].includes(p) && v.type.kind !== 'struct') return { type: { kind: p }, of: v, value: v.value };
			if (v.value === null) return { type: { kind: 'str' }, value: null };
			v = v.value[p];
			if (!v) return undefined;
		}
		return v;
	}
	show(path, stack) {
		if (path.startsWith('t.')) {
			let key = path.slice(2);
			if (key.startsWith('@')) key = this.show(key.slice(1), stack);
			return this.words.text(key, (name) => this.find(name, stack));
		}
		const v = this.find(path, stack);
		if (!v) throw Error(`{{${path}}}: no such name`);
		if (v.value === null || v.value === undefined) return '';
		if (v.type.kind === 'raw' && v.of) return v.of.type.kind === 'money' ? String(v.value.amount) : String(v.value);
		if (v.type.kind === 'iso') return String(v.value);
		if (v.type.kind === 'text') return this.words.format(v.of.type, v.value);
		if (['struct', 'list'].includes(v.type.kind)) throw Error(`{{${path}}}: a ${v.type.kind}`);
		return this.words.format(v.type, v.value);
	}
}
