// words.mjs: what src/i18n does, by Intl: the catalogues' ICU messages and the formats of typed values.
import { IntlMessageFormat } from 'intl-messageformat';

const TAGS = { en: 'en-GB', fa: 'fa-IR-u-ca-persian', th: 'th-TH-u-ca-buddhist', 'zh-Hant': 'zh-Hant-TW', el: 'el-GR' };

export class Words {
	constructor(lang, catalogue) {
		this.lang = lang;
		this.tag = TAGS[lang];
		this.catalogue = catalogue;
		this.missing = new Set();
		this.used = new Set();
	}
	has(key) { return key in this.catalogue; }
	// args: name → { type, value } or undefined
	text(key, arg) {
		this.used.add(key);
		const pattern = this.catalogue[key];
		if (pattern === undefined) { this.missing.add(key); return key; }
		return this.walk(IntlMessageFormat.__parse(pattern, { requiresOtherClause: false }), arg, null);
	}
	walk(nodes, arg, pound) {
		return nodes.map((n) => {
			const isPlain = n.type === 0, isArgument = n.type >= 1 && n.type <= 4, isSelect = n.type === 5, isPlural = n.type === 6;
			if (isPlain) return n.value;
			if (n.type === 7) return new Intl.NumberFormat(this.tag).format(pound);
			const a = arg(n.value);
			if (!a || a.value === null) { this.missing.add(`{${n.value}}`); return `{${n.value}}`; }
			if (isArgument) return this.format(a.type, a.value, arg);
			if (isSelect) return this.walk((n.options[String(a.value.key ?? a.value)] ?? n.options.other).value, arg, pound);
			if (isPlural) {
				const number = Number(a.value) - (n.offset ?? 0);
				const rule = new Intl.PluralRules(this.tag, { type: n.pluralType }).select(number);
				return this.walk((n.options[`=${a.value}`] ?? n.options[rule] ?? n.options.other).value, arg, number);
			}
			return '';
		}).join('');
	}
	message(m) {
		return this.text(m.key, (name) => {
			const v = m.args?.[name];
			return v === undefined ? undefined : { type: guess(v), value: v };
		});
	}
	number(value, options) { return new Intl.NumberFormat(this.tag, options).format(value); }
	date(value, options) { return new Intl.DateTimeFormat(this.tag, { timeZone: 'UTC', ...options }).format(new Date(value)); }
	format(type, value, arg) {
		switch (type.kind) {
		case 'int': return this.number(value, { maximumFractionDigits: 0 });
		case 'real': case 'decimal': return this.number(value, { maximumFractionDigits: 2 });
		case 'share': return this.number(value, { style: 'percent', maximumFractionDigits: 1 });
		case 'money': return this.number(value.amount, { style: 'currency', currency: value.currency ?? 'GBP' });
		case 'day': return this.date(value, { dateStyle: 'medium' });
		case 'clock': return this.date(value, { timeStyle: 'short' });
		case 'ago': return this.date(value, { dateStyle: 'medium' });
		case 'time': return this.date(value, { dateStyle: 'medium', timeStyle: 'short' });
		case 'date': return this.date(value, { dateStyle: 'medium' });
		case 'duration': return `${this.number(Math.round(value / 60))} min`;
		case 'msg': return this.message(value);
		case 'key': return this.text(value.$key, arg);
		case 'enum': return this.text(`${type.prefix}_${value}`, () => undefined);
		default: return String(value);
		}
	}
}

// A message's argument carries its type in C; in JSON it is told by its form. Shares are written as {"share": 0.25}.
function guess(v) {
	if (typeof v === 'number') return { kind: Number.isInteger(v) ? 'int' : 'real' };
	if (v && typeof v === 'object') return 'share' in v ? { kind: 'shareobject' } : 'key' in v ? { kind: 'msg' } : { kind: 'money' };
	if (/^\d{4}-\d\d-\d\dT.*Z$/.test(v)) return { kind: 'time' };
	if (/^\d{4}-\d\d-\d\d$/.test(v)) return { kind: 'date' };
	return { kind: 'str' };
}
const formatTyped = Words.prototype.format;
Words.prototype.format = function (type, value, arg) {
	return type.kind === 'shareobject' ? formatTyped.call(this, { kind: 'share' }, value.share, arg) : formatTyped.call(this, type, value, arg);
};
