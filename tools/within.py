#!/usr/bin/env python3
"""within.py SECONDS COMMAND…: runs a command that has to end within so many seconds, and ends with its code.

One that does not end is ended with everything that it started, after what was at work has been told; the code is then
124. Whatever it left running when it ended by itself is ended too."""
import ctypes
import os
import signal
import subprocess
import sys
import time

GRACE_S = 10
PR_SET_CHILD_SUBREAPER = 36


def descendants():
	"""Processes below this one as (pid, seconds of age, command line), parents first."""
	parents, rows = {}, []
	for name in filter(str.isdigit, os.listdir("/proc")):
		try:
			with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
				fields = stat.read().rpartition(")")[2].split()
			with open(f"/proc/{name}/cmdline", encoding="utf-8", errors="replace") as line:
				command = line.read().replace("\0", " ").strip()
		except OSError:
			continue  # it has ended
		if fields[0] != "Z":
			parents[int(name)] = (int(fields[1]), int(fields[19]) / os.sysconf("SC_CLK_TCK"), command)
	up = time.clock_gettime(time.CLOCK_BOOTTIME)
	level = [os.getpid()]
	while level:
		level = [pid for pid, (parent, _, _) in parents.items() if parent in level]
		rows += [(pid, up - parents[pid][1], parents[pid][2]) for pid in level]
	return rows


def end(how):
	for pid, _, _ in descendants():
		try:
			os.kill(pid, how)
		except ProcessLookupError:
			pass


class Late(Exception):
	pass


def late(*_):
	raise Late


def wait(pid, seconds):
	"""The exit code of our own child; those that we inherit are waited for as well, else they would look alive."""
	signal.signal(signal.SIGALRM, late)
	signal.setitimer(signal.ITIMER_REAL, seconds)
	try:
		while True:
			ended, status = os.waitpid(-1, 0)
			if ended == pid:
				return os.waitstatus_to_exitcode(status)
	finally:
		signal.setitimer(signal.ITIMER_REAL, 0)


def give_up(pid, why):
	print(why, flush=True)
	for _, age, command in descendants():
		print(f"    {age:5.0f} s  {command[:160]}", flush=True)
	try:
		os.kill(pid, signal.SIGTERM)  # a runner of tests says what it was at
		wait(pid, GRACE_S)
	except (Late, ProcessLookupError, ChildProcessError):
		pass


def main():
	# What loses its parent becomes ours, and so is found.
	ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	limit, command = float(sys.argv[1]), sys.argv[2:]
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	pid = subprocess.Popen(command, stdin=subprocess.DEVNULL).pid
	code = None
	try:
		code = wait(pid, limit)
	except Late:
		give_up(pid, f"NOT ENDED within {limit:.0f} s: {' '.join(command)}; at work were:")
		code = 124
	finally:
		if code is None:
			give_up(pid, "stopped; at work were:")
		end(signal.SIGKILL)
	sys.exit(code if code >= 0 else 128 - code)


main()
