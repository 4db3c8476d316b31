#!/usr/bin/env python3
"""layers.py: includes go only up the list of layers in the root meson.build.

A file of a layer includes from its own layer and from those named before it. A domain also includes other domains'
public headers, never their x_store.h or x_internal.h. Files of src/ itself (main, routes) may include any public header.
A file shared inside one folder only (foo__x in names) is a matter of review, not of this check."""
import re
import subprocess
import sys

meson = open("meson.build", encoding="utf-8").read()


def names(variable):
	return re.findall(r"'(\w+)'", re.search(rf"^{variable} = \[(.*?)\]", meson, re.M | re.S).group(1))


layers, domains = names("layers"), names("domains")
faults = []
for path in subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "src"], capture_output=True, text=True, check=True).stdout.split():
	if not path.endswith((".c", ".h", ".cc", ".cpp")):
		continue
	parts = path.split("/")
	own = parts[1] if len(parts) > 2 else None
	if own and own not in layers + domains:
		faults.append(f"{path}: the folder src/{own} is in neither list of meson.build")
		continue
	for number, line in enumerate(open(path, encoding="utf-8"), 1):
		found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
		if not found or "/" not in found.group(1):
			continue
		folder, header = found.group(1).split("/", 1)
		where = f"{path}:{number}"
		if folder not in layers + domains:
			continue
		if folder == own:
			continue
		if re.search(r"_(store|internal)\.h$", header):
			faults.append(f"{where}: {folder}/{header} is its own module's affair")
		elif own in layers and (folder in domains or layers.index(folder) > layers.index(own)):
			faults.append(f"{where}: src/{own} may not look up at src/{folder}")
print("\n".join(faults) or f"layers: {len(layers)} layers and {len(domains)} domains, every include goes up the list")
sys.exit(1 if faults else 0)
