"""csource.py: C source with comments and literals blanked, so that a pattern finds code only. Line numbers stay."""
import re
import subprocess

_TOKEN = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def blank(text):
	def spaces(match):
		return re.sub(r"[^\n]", " ", match.group(0))
	return _TOKEN.sub(spaces, text)


def files(*folders, ends=(".c", ".h")):
	listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders], capture_output=True, text=True, check=True).stdout
	return [path for path in listed.split("\n") if path.endswith(ends)]


def waived(lines, number, rule):
	"""Whether the line (counted from 1) or the one above carries `lint: RULE: reason`."""
	return any(re.search(rf"lint: {rule}: \S", lines[i]) for i in (number - 1, number - 2) if 0 <= i < len(lines))
