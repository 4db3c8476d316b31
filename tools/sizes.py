#!/usr/bin/env python3
"""sizes.py: a source file has at most 600 lines, a function at most 80; tests and tables apart.

A waiver gives its reason: /* lint: long file: … */ in the first 30 lines, or /* lint: long function: … */ on the
line above the function. Functions are found by the house style: their braces stand alone in the first column."""
import sys

import csource

FILE_LINES, FUNCTION_LINES = 600, 80
faults, n_files, n_functions, over_60 = [], 0, 0, 0
for path in csource.files("src"):
	if path.endswith("_test.c"):
		continue
	text = open(path, encoding="utf-8").read()
	lines = text.split("\n")
	n_files += 1
	if len(lines) > FILE_LINES and not any("lint: long file: " in line for line in lines[:30]):
		faults.append(f"{path}: {len(lines)} lines; at most {FILE_LINES}")
	code = csource.blank(text).split("\n")
	opened = None
	for number, line in enumerate(code, 1):
		if line.rstrip() == "{":
			opened = number
		elif line.startswith("}") and opened:
			length = number - opened + 1
			n_functions += 1
			over_60 += length > 60
			head = opened - 1
			while head > 1 and code[head - 2].strip():
				head -= 1
			if length > FUNCTION_LINES and not any("lint: long function: " in text_line for text_line in lines[max(0, head - 3):opened]):
				faults.append(f"{path}:{opened}: a function of {length} lines; at most {FUNCTION_LINES}: {lines[opened - 2].strip()}")
			opened = None
print("\n".join(faults) or f"sizes: {n_files} files, {n_functions} functions, {over_60} of them over 60 lines")
sys.exit(1 if faults else 0)
