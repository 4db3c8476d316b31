#!/usr/bin/env python3
"""reference.py [--check]: docs/reference.md from tables/*.def, so that what it lists is what the program has.
With --check nothing is written; the exit status tells whether the file is stale."""
import re
import sys

PAGE = "docs/reference.md"
_TOKEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|[(),]|[^\s(),"/]+|/', re.S)
_STRING = re.compile(r'"((?:\\.|[^"\\])*)"', re.S)


def rows(table):
	"""The rows of a table: each a list of its arguments, strings without their quotes."""
	text = open(f"tables/{table}.def", encoding="utf-8").read()
	found, row, cell, depth = [], [], [], 0
	for match in _TOKEN.finditer(text):
		token = match.group(0)
		if token.startswith("/*"):
			continue
		if token == "(":
			depth += 1
			row, cell = [], []
		elif token in ",)" and depth == 1:
			row.append(" ".join(cell))
			cell = []
			if token == ")":
				depth = 0
				found.append(row)
		elif depth:
			cell.append(re.sub(r'\\(.)', r'\1', _STRING.fullmatch(token).group(1)) if token.startswith('"') else token)
	return found


def cell(text):
	return text.replace("|", "\\|") or "–"


def code(text):
	return f"`{text}`" if text else "–"


def table(head, lines):
	return "\n".join(["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)] + ["| " + " | ".join(line) + " |" for line in lines])


def routes():
	who = {"ANYBODY": "anybody", "BY_LINK": "whoever has the link", "IN_FRAME": "pages of the site", "SIGNED_IN": "whoever is signed in"}
	return table(["Method", "Address", "Permission", "What it does"],
		[[r[0], code(r[1]), who.get(r[3], code(r[3])), cell(r[7])] for r in rows("routes")])


def commands():
	return "\n\n".join(f"`hospes {(r[0] + ' ' + r[3]).strip()}`\\\n{r[4]}." for r in rows("commands"))


def settings():
	who = {"PEOPLE": "Settings, or the API", "SERVER": "not from a page"}
	def bounds(r):
		return "–" if r[1] == "BOOL" else f"{r[3]} to {r[4]}" + (" bytes" if r[1] in ("TEXT", "SECRET") else "")
	return table(["Setting", "Default", "Bounds", "Changed by", "What it is"],
		[[code(r[0]), code(r[2]), bounds(r), who[r[5]], cell(r[6])] for r in rows("settings")])


def permissions():
	roles = [("A", "Agent"), ("Y", "Analyst"), ("M", "Manager"), ("O", "Owner")]
	return table(["Permission", *(name for _, name in roles), "What it allows"],
		[[code(r[0]), *("yes" if letter in r[1] else "" for letter, _ in roles), cell(r[2])] for r in rows("permissions")])


def drop_reasons():
	return table(["Reason", "What it means"], [[code(r[0]), cell(r[1])] for r in rows("drop_reasons")])


def counters():
	return table(["Counter", "What it counts"], [[code(r[1]), cell(r[2])] for r in rows("counters")])


def errors():
	return table(["Type", "Status"], [[code("/problems/" + r[2]), r[1]] for r in rows("errors")])


def metrics():
	unit = {"COUNT": "count", "MONEY": "money", "SHARE": "share", "DAYS": "days"}
	way = {"UP": "more is better", "DOWN": "less is better", "NONE": "neither"}
	return table(["Figure", "Unit", "Direction", "n counts", "Least sample"],
		[[code(r[0]), unit[r[1]], way[r[2]], r[3].lower(), r[4]] for r in rows("metrics")])


def fields():
	kinds = {"O": "orders", "E": "events", "C": "customers", "R": "responses"}
	return table(["Field", "In files of", "Read as"],
		[[code(r[1]), ", ".join(kinds[k] for k in r[2].split()), r[3].lower()] for r in rows("import_fields")])


def jobs():
	def every(r):
		return "when added" if r[4] == "0" else f"every {int(r[4]) // 3600} h" if int(r[4]) % 3600 == 0 else f"every {r[4]} s"
	return table(["Job", "When", "Attempts", "What it does"], [[code(r[0]), every(r), r[2], cell(r[5])] for r in rows("jobs")])


def touchpoints():
	lower = lambda text: text.lower() if text != "UNKNOWN" else "–"
	return table(["Event", "Family", "Stage", "Channel", "Delivered by", "Order", "Serves"],
		[[cell(r[0]), lower(r[1]), lower(r[2]), r[3] or "–", r[4].lower(), lower(r[5]) if r[5] != "NONE" else "–", "yes" if r[6] == "true" else ""]
			for r in rows("touchpoints")])


SECTIONS = [
	("Commands", commands, "Every command with a workspace takes `--data DIR` and `--database URL`, or `HOSPES_DATA` and `HOSPES_DATABASE`; `serve` and `demo` also `HOSPES_LISTEN`. "
		"Exit status: 0 done, 1 failed, 2 wrong usage, 3 partly done (some rows were rejected)."),
	("Routes", routes, "A word with a colon stands for a part of the address. Every page answers with JSON to `Accept: application/json`, to a secret key, and at its address with `.json`. "
		"Beside the table stand `/v1/…` ([sending](sending.md)), `/health`, `/metrics`, `/live` and `/assets/…`."),
	("Permissions", permissions, "What a role may do; a secret key acts for a role."),
	("Settings", settings, "Kept in the workspace. A setting that was never changed has its default."),
	("Why a touchpoint was not kept", drop_reasons, "In the answer to its sender, in `hospes_events_dropped_total{reason}`, and on the sources page."),
	("Errors", errors, "The `type` and status of a problem."),
	("Counters", counters, "At `/metrics`, beside gauges (`hospes_events_stored`, `hospes_customers{kind}`, `hospes_applier_behind_bytes`, `hospes_event_segments`) and the histogram `hospes_request_seconds`."),
	("Figures", metrics, "The customers' figures. Under the least sample a figure is shown with its n and without an interval."),
	("Columns of files", fields, "What a column of an imported file can mean, apart from `property`, `property:NAME`, `external:KIND`, `consent:PURPOSE` and `-` (left out)."),
	("Jobs", jobs, "What the program does by itself."),
	("Filing of events", touchpoints, "The default filing of event names; a workspace may file a name otherwise (Settings, touchpoints). *Serves*: needed to serve the customer, so purpose `service` allows it without consent."),
]


def page():
	parts = ["# Reference\n\nMade by `tools/reference.py` from the tables of the program (`tables/*.def`): change those, then run it again."]
	for title, body, words in SECTIONS:
		parts.append(f"## {title}\n\n{words}\n\n{body()}")
	return "\n\n".join(parts) + "\n"


made = page()
if sys.argv[1:] == ["--check"]:
	try:
		stale = open(PAGE, encoding="utf-8").read() != made
	except FileNotFoundError:
		stale = True
	print(f"reference: {PAGE} is stale: run tools/reference.py" if stale else f"reference: {PAGE} follows the tables")
	sys.exit(stale)
with open(PAGE, "w", encoding="utf-8") as out:
	out.write(made)
