#!/usr/bin/env python3
"""names.py: no committed file names a package registry's host or a path of the machine that it was written on."""
import re
import subprocess
import sys

# Written so that this file does not name them itself.
HOSTS = re.compile(r"registry[.]npmjs[.]|registry[.]yarnpkg[.]|deb[.]debian[.]org|security[.]debian[.]org|files[.]pythonhosted[.]|proxy[.]golang[.]")
PATHS = re.compile(r"(?<![\w.])/(work/(main|wt|shared|[.]library)|tmp/land[.]sh|root/[.])")
faults = []
listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], capture_output=True, text=True, check=True).stdout
for path in filter(None, listed.split("\0")):
	try:
		text = open(path, encoding="utf-8").read()
	except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
		continue
	for number, line in enumerate(text.split("\n"), 1):
		for pattern, what in ((HOSTS, "a registry's host"), (PATHS, "a path of one machine")):
			if found := pattern.search(line):
				faults.append(f"{path}:{number}: names {what}: {found.group(0)}")
print("\n".join(faults) or "names: no registry's host and no machine's path")
sys.exit(1 if faults else 0)
