#!/usr/bin/env python3
"""links.py: every link of the documents leads somewhere, headings included, and every file that they name is there."""
import os
import re
import subprocess
import sys

LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:src|tools|docs|pages|sql|tables|test)/[\w./-]+)`")
EXAMPLE = "docs/adding-a-domain.md"  # names files of a domain that is not part of the program


def anchors(path):
	heads = re.findall(r"^#+ (.*)$", open(path, encoding="utf-8").read(), re.M)
	return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


faults, links = [], 0
listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "README.md", "docs/*.md", "src/*/DESIGN.md"], capture_output=True, text=True, check=True).stdout
for path in listed.split():
	text = open(path, encoding="utf-8").read()
	for target in LINK.findall(text):
		if target.startswith("http"):
			continue
		links += 1
		file, _, anchor = target.partition("#")
		file = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
		if not os.path.exists(file):
			faults.append(f"{path}: {target} leads nowhere")
		elif anchor and anchor not in anchors(file):
			faults.append(f"{path}: {target} names no heading")
	if path != EXAMPLE:
		faults += [f"{path}: there is no {name}" for name in NAMED.findall(text) if not os.path.exists(name)]
print("\n".join(faults) or f"links: {links} links, all lead somewhere")
sys.exit(1 if faults else 0)
