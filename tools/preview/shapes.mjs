// shapes.mjs: reads the ```shape blocks of pages/SHAPES.md, and wraps a fixture's JSON in those types, so that a field
// that no shape names, or that a shape promises and the fixture lacks, is an error before anybody writes C for it.
import fs from 'node:fs';

export function readShapes(file) {
	const shapes = {};
	for (const [, name, body] of fs.readFileSync(file, 'utf8').matchAll(/```shape (\w+)\n([\s\S]*?)```/g)) {
		const fields = shapes[name] = {};
		for (const line of body.split('\n')) {
			const m = line.match(/^(\w+)\s+(enum\([^)]*\)|\[?[\w?]+(?:\(\w+\))?\]?\??)/);
			if (m) fields[m[1]] = readType(m[2]);
		}
	}
	for (const [name, fields] of Object.entries(shapes))
		for (const [field, type] of Object.entries(fields)) {
			const leaf = type.item ?? type;
			if (leaf.kind === 'struct' && !shapes[leaf.of]) throw Error(`${name}.${field}: no shape ${leaf.of}`);
		}
	return shapes;
}

const SCALARS = new Set(['bool', 'int', 'real', 'share', 'str', 'id', 'time', 'date', 'duration', 'decimal', 'money', 'msg', 'raw']);

function readType(text) {
	if (text.startsWith('[')) return { kind: 'list', item: readType(text.slice(1, -1)) };
	const e = text.match(/^enum\((\w+): ([^)]*)\)/);
	if (e) return { kind: 'enum', prefix: e[1], names: e[2].split(' ') };
	const name = text.replace(/[?]$|\(.*/g, '');
	return SCALARS.has(name) ? { kind: name } : { kind: 'struct', of: name, isOptional: text.endsWith('?') };
}

// { type, value } with children wrapped as they are asked for.
export function wrap(shapes, type, value, where) {
	if (value === undefined || value === null) return { type, value: null };
	if (type.kind === 'list') {
		if (!Array.isArray(value)) throw Error(`${where}: not a list`);
		return { type, value: value.map((v, i) => wrap(shapes, type.item, v, `${where}[${i}]`)) };
	}
	if (type.kind === 'enum' && !type.names.includes(value)) throw Error(`${where}: "${value}" is none of ${type.names}`);
	if (type.kind !== 'struct') return { type, value };
	const fields = shapes[type.of], fitted = {};
	for (const name of Object.keys(value)) if (!fields[name]) throw Error(`${where}.${name}: not in shape ${type.of}`);
	for (const [name, t] of Object.entries(fields)) fitted[name] = wrap(shapes, t, value[name], `${where}.${name}`);
	return { type, value: fitted };
}
