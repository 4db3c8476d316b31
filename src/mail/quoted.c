/* Read from the end, as people answer above: each step takes what is no writing of the sender's off the end, until nothing is. A
 * marker of a forwarded or quoted message (Outlook quotes without a mark on each line) ends the text wherever it stands. */
#include "mail/quoted.h"

#include <string.h>

#include "base/utf8.h"
#include "base/vec.h"

enum { SIGNATURE_LINES = 12, INTRODUCTION_LINES = 3, HEADER_LINES = 4, LINES_MOST = 20000, SENT_FROM_WORDS = 9, RULE_LEAST = 10 };

struct lines {
	VEC(str) v;
};

static bool starts_with_any(str line, const char *const *words)
{
	for (; *words; words++) {
		str word = str_of(*words);
		if (str_eq_nocase(str_sub(line, 0, word.n), word)) return true;
	}
	return false;
}

static bool ends_with_any(str line, const char *const *words)
{
	for (; *words; words++) {
		str word = str_of(*words);
		if (line.n >= word.n && str_eq_nocase(str_sub(line, line.n - word.n, word.n), word)) return true;
	}
	return false;
}

static bool contains_any(str line, const char *const *words)
{
	for (; *words; words++)
		if (str_contains(line, str_of(*words))) return true;
	return false;
}

static bool is_quote(str line)
{
	return line.n && line.p[0] == '>';
}

/* "On Monday Ann <a@b> wrote:", in the languages of mail programs. */
static bool ends_introduction(str line)
{
	static const char *const ends[] = {"wrote:", "writes:", "schrieb:", "a écrit :", "a écrit:", "a écrit\xc2\xa0:", "escribió:", "ha scritto:", "escreveu:", "schreef:", "έγραψε:", "написал:", "написал(а):",
		"เขียนว่า:", "写道：", "写道:", "寫道：", "寫道:", "نوشت:", "نوشته است:", "كتب:", "skrev:", "napisał(a):", "napsal(a):", "yazdı:", NULL};
	static const char *const within[] = {" wrote:", " schrieb ", NULL};
	return ends_with_any(line, ends) || (line.n && line.p[line.n - 1] == ':' && contains_any(line, within)) || (ends_with_any(line, (const char *const[]){">:", NULL}) && contains_any(line, (const char *const[]){"@", NULL}));
}

static bool starts_introduction(str line)
{
	static const char *const starts[] = {"On ", "Am ", "Le ", "El ", "Il ", "Em ", "Op ", "Den ", "Στις ", "Στις\xc2\xa0", "В ", "เมื่อ", "ใน", "在", "於", "于", "در ", "\xe2\x80\x8fدر", "في ", "Dnia ", "Dne ", NULL};
	return starts_with_any(line, starts);
}

static bool is_rule(str line, char of, size_t least)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] != of) return false;
	return line.n >= least;
}

/* "-----Original Message-----", and the like. */
static bool is_marker(str line)
{
	static const char *const words[] = {"Original Message", "Original message", "Forwarded message", "Forwarded Message", "Reply above this line", "Ursprüngliche Nachricht", "Message d'origine", "Message original", "Mensaje original",
		"Αρχικό μήνυμα", "ข้อความดั้งเดิม", "ข้อความต้นฉบับ", "原始郵件", "原始邮件", "پیام اصلی", "پیام اصلي", NULL};
	return line.n > 6 && (str_starts(line, S("---")) || str_starts(line, S("___"))) && contains_any(line, words);
}

/* Outlook's block of fields: one of the sender, and below it one of the time. */
static bool is_header_block(const struct lines *l, size_t at)
{
	static const char *const from[] = {"From:", "Von:", "De :", "De:", "Da:", "Van:", "Από:", "จาก:", "寄件者:", "寄件者：", "发件人:", "发件人：", "از:", NULL};
	static const char *const sent[] = {"Sent:", "Date:", "Gesendet:", "Datum:", "Envoyé :", "Envoyé:", "Enviado:", "Inviato:", "Verzonden:", "Στάλθηκε:", "Ημερομηνία:", "ส่ง:", "ส่งเมื่อ:", "วันที่:", "寄件日期:", "寄件日期：", "日期:", "日期：",
		"发送时间:", "发送时间：", "ارسال شده:", "تاریخ:", NULL};
	str line = str_trim(l->v.v[at]);
	if (str_starts(line, S("*"))) line = str_sub(line, 1, line.n);
	if (!starts_with_any(line, from)) return false;
	for (size_t i = at + 1; i < l->v.n && i <= at + HEADER_LINES; i++) {
		line = str_trim(l->v.v[i]);
		if (str_starts(line, S("*"))) line = str_sub(line, 1, line.n);
		if (starts_with_any(line, sent)) return true;
	}
	return false;
}

static bool is_sent_from(str line)
{
	static const char *const starts[] = {"Sent from my ", "Sent from a ", "Sent from Mail for", "Sent from Outlook", "Get Outlook for", "Sent via ", "Von meinem ", "Gesendet von ", "Envoyé de mon ", "Enviado desde mi ", "Στάλθηκε από ", "ส่งจาก", "從我的", "从我的", "傳自我的", "发自我的",
		"ارسال شده از", NULL};
	size_t words = 1;
	for (size_t i = 0; i < line.n; i++) words += line.p[i] == ' ';
	return words <= SENT_FROM_WORDS && starts_with_any(line, starts);
}

static size_t trimmed(const struct lines *l, size_t n)
{
	while (n && !str_trim(l->v.v[n - 1]).n) n--;
	return n;
}

/* A quotation at the end, with the line above that introduces it. */
static size_t without_quote(const struct lines *l, size_t n)
{
	if (!n || !is_quote(str_trim(l->v.v[n - 1]))) return n;
	while (n && (is_quote(str_trim(l->v.v[n - 1])) || !str_trim(l->v.v[n - 1]).n)) n--;
	n = trimmed(l, n);
	if (!n || !ends_introduction(str_trim(l->v.v[n - 1]))) return n;
	for (size_t i = 0; i < INTRODUCTION_LINES && n > i; i++) {
		str line = str_trim(l->v.v[n - 1 - i]);
		if (!line.n) break;
		if (starts_introduction(line)) return n - 1 - i;
	}
	return n - 1;
}

static size_t without_signature(const struct lines *l, size_t n)
{
	for (size_t i = 0; i < SIGNATURE_LINES && i < n; i++) {
		str raw = l->v.v[n - 1 - i], line = str_trim(raw);
		if (str_eq(line, S("--")) || str_eq(raw, S("-- ")) || is_rule(line, '_', RULE_LEAST) || str_eq(line, S("__"))) return n - 1 - i;
	}
	return n && is_sent_from(str_trim(l->v.v[n - 1])) ? n - 1 : n;
}

static size_t first_marker(const struct lines *l)
{
	for (size_t i = 0; i < l->v.n; i++)
		if (is_marker(str_trim(l->v.v[i])) || is_header_block(l, i)) return i;
	return l->v.n;
}

struct quoted quoted_fold(struct arena *a, str text)
{
	struct lines l = {0};
	for (str rest = text; str_given(rest) && l.v.n < LINES_MOST;) VEC_PUSH(&l.v, a, str_cut(&rest, '\n'));
	size_t n = first_marker(&l), before;
	do {
		before = n;
		n = trimmed(&l, n);
		n = without_quote(&l, n);
		n = without_signature(&l, n);
	} while (n != before);
	if (n == l.v.n) return (struct quoted){str_trim(text), S("")};
	size_t at = (size_t)(l.v.v[n].p - text.p);
	/* spaces before its first line tell something in code and tables */
	str said = str_sub(text, 0, at);
	while (said.n && strchr("\r\n\t ", said.p[said.n - 1])) said.n--;
	while (said.n && (said.p[0] == '\n' || said.p[0] == '\r')) said = str_sub(said, 1, said.n);
	return (struct quoted){said, str_trim(str_sub(text, at, text.n))};
}
