#!/usr/bin/env python3
"""Counts what one build's tests said: `count.py testlog.json log code` prints what went wrong, then `<passed> <failed>`.

A doctest program counts for its cases, any other test for one. Nothing is skipped in silence: a case that did not run, a program
without cases, a warning of the compiler and a command that failed for no test's sake each count as failed. A program is run in two
halves where it has cases that need a server, each by a test of its own: then what the other half runs is not counted. A test that
could not run here by its own words (exit code 77) is said, with these, and not counted.
"""

import json
import re
import sys
from pathlib import Path

CASES = re.compile(r"\[doctest\] test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped")

COLOUR = re.compile(r"\x1b\[[0-9;]*[mK]")


def main():
    testlog, log, code = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    passed, faults = 0, []

    tests = [json.loads(line) for line in testlog.read_text(encoding="utf-8").split("\n") if line] if testlog.exists() else []
    for test in tests:
        name, ok = test["name"], test["result"] == "OK"
        cases = CASES.search(test.get("stdout", ""))
        if test["result"] == "SKIP":
            print(f"{name} could not run: {test.get('stdout', '').strip() or test.get('stderr', '').strip()}", file=sys.stderr)
        elif cases:
            total, good, bad, skipped = map(int, cases.groups())
            if any(word.startswith("--test-suite") or word.endswith("broker.py") for word in test["command"]):
                skipped = 0
            passed += good
            faults += [f"{name}: {bad} of {total} cases failed"] * bad + [f"{name}: {skipped} cases skipped"] * skipped
            if total == 0:
                faults.append(f"{name}: no test case")
            if not ok and not bad:
                faults.append(f"{name}: {test['result']}, though its cases passed")
        elif ok:
            passed += 1
        else:
            faults.append(f"{name}: {test['result']}")

    said = COLOUR.sub("", log.read_text(encoding="utf-8", errors="replace"))
    faults += sorted(set(re.findall(r"^.*: warning: .*$", said, re.MULTILINE)))
    if not tests:
        faults.append("no test ran")
    elif code and not faults:
        faults.append(f"the command gave {code}")
    print(*faults, sep="\n")
    print(passed, len(faults))


if __name__ == "__main__":
    main()
