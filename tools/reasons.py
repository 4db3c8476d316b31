#!/usr/bin/env python3
"""Holds the reasons that pages show (i18n: reason_…) and the source together:
what the sources named below refuse for has a text, and no text says what no source says.

    reasons.py          exits 1 with a list of what is missing or left over
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Whose faults are shown on pages in words.
SHOWN = ("src/survey/*.c", "src/invite/*.c", "src/followup/*.c", "src/contact/*.c", "src/json/desc_read.c", "src/customer/*.c", "src/source/*.c", "src/journey/*.c", "src/segment/*.c", "src/listen/*.c",
         "src/improvement/*.c", "src/alert/*.c", "src/reading/*.c", "src/conversation/*.c", "src/search/*.c", "src/collect/*mapping.c", "src/collect/collect.c", "src/query/body.c", "src/query/condition_read.c", "src/query/rules.c")
# Read by whoever runs the program, in English like its log.
ELSEWHERE = ("_test.c", "_jobs.c", "_command.c", "_run.c", "erase.c", "demo.c", "_import.c")
CALL = re.compile(r"\b(?:fail|fault_set|bad|refuse|query__bad)\(")
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[()]|[^"()]+')
# Of other errors people read a page that says what the error is.
OTHERS = re.compile(r"\bERR_(?!INVALID\b|STATE\b|CONFLICT\b)")
ONE_OF = "must be one of: "  # the names themselves are the same in every language
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')


def pattern(text):
    """As the texts write it: {a}, {b}, {c} for what is put in."""
    names = iter("abc")
    text = re.sub(r"%(?!%)[-.*0-9]*(?:ll|l|z)?[a-z]", lambda _: "{" + next(names, "?") + "}", text)
    return re.sub(r"\\(.)", r"\1", text).replace("%%", "%")


def calls(source):
    for begun in CALL.finditer(source):
        depth, at = 1, begun.end()
        while depth:
            token = TOKEN.match(source, at)
            depth += {"(": 1, ")": -1}.get(token.group(), 0)
            at = token.end()
        if not OTHERS.search(source, begun.end(), at):
            yield source[begun.end():at]


def is_sentence(text):
    return " " in re.sub(r"\{[a-c]\}", "", text).strip() and "{\"" not in text  # JSON is the same in every language


def main():
    texts = {text: key for key, text in json.loads((ROOT / "i18n/en.json").read_text(encoding="utf-8")).items() if key.startswith("reason_")}
    every, problems = set(), []
    for path in sorted(ROOT.glob("src/**/*.c")):
        if not path.name.endswith("_test.c"):
            every |= {pattern(s) for s in LITERAL.findall(path.read_text(encoding="utf-8").replace("'\"'", ""))}
    for path in sorted(p for glob in SHOWN for p in ROOT.glob(glob) if not p.name.endswith(ELSEWHERE)):
        for call in calls(path.read_text(encoding="utf-8")):
            for said in map(pattern, LITERAL.findall(call)):
                if is_sentence(said) and said not in texts and not said.startswith(ONE_OF):
                    problems.append(f"{path.relative_to(ROOT)}: no text reason_… says {said!r}")
    problems += [f"i18n/en.json: {key}: no source says {text!r}" for text, key in texts.items() if text not in every]
    print("\n".join(dict.fromkeys(problems)) or f"reasons: {len(texts)} in the reader's language")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
