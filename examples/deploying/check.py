#!/usr/bin/env python3
"""The program of this chapter, as a supervisor sees it: what SIGTERM does to a batch that runs, and each of its exit codes; and the
unit, where systemd-analyze is.

    check.py <program> <unit>
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

LINES = 20_000
PIPE = subprocess.PIPE


def started(program, directory, out):
    """It, when it runs."""
    process = subprocess.Popen([program, directory], stdout=out, stderr=PIPE, text=True)
    line = process.stderr.readline()
    assert line == "running\n", line
    return process


def give(directory, lines):
    """A file that appears whole."""
    hidden = Path(directory) / ".new"
    hidden.write_text("".join(f"line {i:06}\n" for i in range(lines)))
    hidden.rename(Path(directory) / "new")


def stopped_within_a_batch(program, directory):
    process = started(program, directory, PIPE)
    give(directory, LINES)
    # Nobody reads on: the pipe is full before all of the batch is in it, so the signal finds that running.
    first = process.stdout.read(1)
    process.send_signal(signal.SIGTERM)
    told = (first + process.stdout.read()).splitlines()
    errors = process.stderr.read()
    assert process.wait() == 0, errors
    assert sorted(told) == [f"line {i:06} 1" for i in range(LINES)], f"{len(told)} lines of the last batch"
    assert errors == "stopped\n", errors


def failed(program, directory):
    with open("/dev/full", "w") as full:
        process = started(program, directory, full)
        give(directory, 10)
        errors = process.stderr.read()
        assert process.wait() == 1, errors
    last = errors.splitlines()[-1]
    assert "sluice::foreachRDD (" in last and last.endswith("standard output cannot be written"), errors


def called_wrongly(program):
    for arguments, text in [([], "usage: "), (["hdfs://host/in"], "sluice::textFileStream (")]:
        done = subprocess.run([program, *arguments], capture_output=True, text=True)
        assert done.returncode == 2 and done.stderr.startswith(text), (done.returncode, done.stderr)


def unit_is_valid(program, unit, folder):
    text = Path(unit).read_text()
    for setting in ["TimeoutStopSec=30", "RestartPreventExitStatus=2", "KillSignal=SIGTERM", "Restart=on-failure"]:
        assert f"\n{setting}\n" in text, setting
    if not shutil.which("systemd-analyze"):
        return print("systemd-analyze is not installed: it has not looked at the unit")
    copy = Path(folder) / Path(unit).name
    copy.write_text(text.replace("/usr/local/bin/deploying", os.path.abspath(program)))
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True)
    assert done.returncode == 0 and copy.name not in done.stderr, done.stderr


def main(program, unit):
    for check in [stopped_within_a_batch, failed]:
        with tempfile.TemporaryDirectory() as directory:
            check(program, directory)
    called_wrongly(program)
    with tempfile.TemporaryDirectory() as folder:
        unit_is_valid(program, unit, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
