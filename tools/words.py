#!/usr/bin/env python3
"""Makes src/i18n's table of texts from i18n/languages.json and i18n/<code>.json, and is the check of the build:
every key of en.json stands in every language that is switched on, with the same placeholders, and the reverse.

    words.py I18N_FOLDER OUT.c            writes the table; exits 1 with a list when a text is missing or differs
    words.py I18N_FOLDER --check          checks every language that has a file, switched on or not
    words.py I18N_FOLDER --unused ROOT    names keys that nothing under ROOT/{pages,src,tables} uses, and those that a page
                                          says as {{t.key}} and no language has
"""
import json
import pathlib
import re
import sys

NAME = re.compile(r"[a-z][a-z0-9_]*$")


class Problem(Exception):
    pass


def load(path):
    def pairs(items):
        seen = set()
        for key, _ in items:
            if key in seen:
                raise Problem(f"{path}: {key} stands twice")
            seen.add(key)
        return dict(items)

    try:
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=pairs)
    except ValueError as e:
        raise Problem(f"{path}: {e}") from e


class Pattern:
    """The part of ICU's MessageFormat that src/i18n/message.c fills: {name}, {name, plural|selectordinal|select, …},
    # inside plurals, and apostrophes that quote braces."""

    def __init__(self, text):
        self.text, self.at, self.names = text, 0, set()
        self.message(0)
        if self.at != len(text):
            raise Problem("a } too many")

    def message(self, depth):
        if depth > 4:
            raise Problem("more than four levels")
        while self.at < len(self.text):
            c = self.text[self.at]
            if self.text.startswith("''", self.at):
                self.at += 2
            elif c == "'" and self.text[self.at + 1:self.at + 2] in ("{", "}", "#"):
                end = self.text.find("'", self.at + 2)
                if end < 0:
                    raise Problem("a quote without an end (write '' for an apostrophe before a brace)")
                self.at = end + 1
            elif c == "}":
                return
            elif c == "{":
                self.at += 1
                self.argument(depth)
            else:
                self.at += 1

    def word(self, pattern, what):
        found = re.compile(r"\s*(" + pattern + r")\s*").match(self.text, self.at)
        if not found:
            raise Problem(f"{what} expected at character {self.at + 1}")
        self.at = found.end()
        return found.group(1)

    def argument(self, depth):
        self.names.add(self.word(r"[a-z][a-z0-9_]*", "a name in small letters"))
        if self.word(r"[,}]", ", or }") == "}":
            return
        kind = self.word(r"plural|selectordinal|select", "plural, selectordinal or select")
        self.word(r",", ",")
        chosen = set()
        while True:
            plural = r"=[0-9]+|zero|one|two|few|many|other"
            choice = self.word(plural + r"|\}" if kind != "select" else r"[a-z0-9_]+|\}", "a choice")
            if choice == "}":
                break
            if choice in chosen:
                raise Problem(f"{choice} stands twice")
            chosen.add(choice)
            self.word(r"\{", "{")
            self.at = self.text.rfind("{", 0, self.at) + 1  # spaces at the start of a choice are its own
            self.message(depth + 1)
            if self.at >= len(self.text):
                raise Problem("a } is missing")
            self.at += 1
        if "other" not in chosen:
            raise Problem(f"{kind} without other")


def placeholders(code, texts, problems):
    found = {}
    for key, text in texts.items():
        try:
            if not NAME.match(key):
                raise Problem("a key is small letters, digits and _")
            if not isinstance(text, str) or not text.strip():
                raise Problem("empty")
            found[key] = Pattern(text).names
        except Problem as e:
            problems.append(f"{code}.json: {key}: {e}")
    return found


def check(languages, catalogues):
    problems = []
    names = {code: placeholders(code, texts, problems) for code, texts in catalogues.items()}
    english = names["en"]
    for code in catalogues:
        for key in english.keys() - catalogues[code].keys():
            problems.append(f"{code}.json: {key} is missing")
        for key in catalogues[code].keys() - catalogues["en"].keys():
            problems.append(f"{code}.json: {key} is not in en.json")
        for key in english.keys() & names[code].keys():
            if names[code][key] != english[key]:
                problems.append(f"{code}.json: {key} has the placeholders {sorted(names[code][key])}, en.json {sorted(english[key])}")
    for l in languages:
        if l["code"] not in catalogues:
            problems.append(f"{l['code']}.json is missing")
    return sorted(problems)


def literal(text):
    out = []
    for byte in text.encode():
        c = chr(byte)
        out.append("\\" + c if c in '"\\?' else c if 32 <= byte < 127 else f"\\{byte:03o}")
    return 'S("' + "".join(out) + '")'


def write(languages, catalogues, out):
    keys = sorted(catalogues["en"], key=lambda k: k.encode())
    lines = ["/* Made by tools/words.py from i18n/. */", '#include "i18n/words.h"', "", f"const size_t words_n = {len(keys)};",
             "const str words_keys[] = {"]
    lines += ["\t" + literal(k) + "," for k in keys] + ["};", ""]
    on = [l for l in languages if l["code"] in catalogues]
    for i, l in enumerate(on):
        lines += [f"static const str texts_{i}[] = {{"] + ["\t" + literal(catalogues[l["code"]][k]) + "," for k in keys] + ["};", ""]
    lines += [f"const size_t words_n_langs = {len(languages)};", "const struct lang words_langs[] = {"]
    for i, l in enumerate(languages):
        fields = ", ".join(literal(l[f]) for f in ("code", "name", "calendar", "zone", "currency"))
        icu = json.dumps(l["code"].replace("-", "_"))
        flags = ", ".join("true" if flag else "false" for flag in (l["dir"] == "rtl", l in on))
        lines.append(f"\t{{{fields}, {icu}, {flags}, texts_{on.index(l) if l in on else 0}}},")
    out.write_text("\n".join(lines + ["};", ""]), encoding="ascii")


def unused(texts, root):
    source = "\n".join(p.read_text(encoding="utf-8", errors="replace") for folder in ("pages", "src", "tables")
                       for p in sorted((root / folder).rglob("*")) if p.is_file() and not p.name.endswith("_test.c"))
    words = set(re.findall(r"[a-z][a-z0-9_]*", source))
    prefixes = (set(re.findall(r'prefix = "([a-z0-9_]+)"', source)) | set(re.findall(r'"([a-z0-9_]+)_%', source))
                | set(re.findall(r'\bword\(op, "([a-z0-9_]+)"', source)))
    # each row of metrics.def has its texts: figure_<key>, definition_<key>
    words |= {f"{p}_{key}" for key in re.findall(r"^METRIC\((\w+)", source, re.M) for p in ("figure", "definition")}
    suffixes = set(re.findall(r'"%s(_[a-z0-9_]+)"', source))
    return [k for k in sorted(texts) if k not in words and not any(k.startswith(p + "_") for p in prefixes)
            and not any(k.endswith(s) and k[:-len(s)] in words for s in suffixes)]


def missing(texts, root):
    said = {(key, p.relative_to(root)) for p in (root / "pages").rglob("*.html") for key in re.findall(r"{{[{&]?\s*t\.([a-z0-9_]+)", p.read_text(encoding="utf-8"))}
    return [f"{page}: there is no text {key}" for key, page in sorted(said) if key not in texts]


def main(arguments):
    folder = pathlib.Path(arguments[0])
    every = load(folder / "languages.json")
    every.sort(key=lambda l: l["code"] != "en")
    languages = [l for l in every if l["on"] or (arguments[1] == "--check" and (folder / (l["code"] + ".json")).exists())]
    catalogues = {l["code"]: load(folder / (l["code"] + ".json")) for l in languages if (folder / (l["code"] + ".json")).exists()}
    if "en" not in catalogues:
        raise Problem("en.json is missing")
    if arguments[1] == "--unused":
        found = unused(catalogues["en"], pathlib.Path(arguments[2])) + missing(catalogues["en"], pathlib.Path(arguments[2]))
        print("\n".join(found))
        return 1 if found else 0
    problems = check(languages, catalogues)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    if arguments[1] != "--check":
        write(every, catalogues, pathlib.Path(arguments[1]))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
