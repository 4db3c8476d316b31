#!/usr/bin/env python3
"""banned.py: functions that are not called here, and what to call instead.

A waiver stands on the line or the one above: /* lint: banned: the reason */"""
import os
import re
import sys

import csource

INSTEAD = {
	"strcpy": "str_fmt or memcpy with a length", "strcat": "struct buf", "sprintf": "str_fmt or snprintf", "vsprintf": "vsnprintf",
	"strncpy": "memcpy with a length", "strncat": "struct buf", "strtok": "str_cut", "gmtime": "civil_of_ms", "localtime": "zone.h",
	"atoi": "str_i64", "atol": "str_i64", "atof": "str_f64", "alloca": "an arena", "rand": "randombytes of libsodium", "gets": "fgets",
}
ALLOCATE = {name: "an arena, or mem_alloc" for name in ("malloc", "calloc", "realloc", "strdup", "strndup", "asprintf")}
faults = []
for path in csource.files("src", "fuzz", "bench", "test"):
	if not os.path.exists(path):
		continue
	text = open(path, encoding="utf-8").read()
	lines = text.split("\n")
	allocates = path.startswith(("src/base/", "src/events/"))
	for number, line in enumerate(csource.blank(text).split("\n"), 1):
		for name in re.findall(r"(?<![\w.>])(\w+)\s*\(", line):
			instead = INSTEAD.get(name) or (not allocates and ALLOCATE.get(name))
			if instead and not csource.waived(lines, number, "banned"):
				faults.append(f"{path}:{number}: {name} is banned; use {instead}")
print("\n".join(faults) or "banned: no banned function is called")
sys.exit(1 if faults else 0)
