#!/usr/bin/env python3
"""Where the library differs from Spark Streaming on purpose, a test says so: each row of differences.txt names one that there is,

    what is so here | the file of the test | how the name of its case begins

    differences.py differences.txt <folder of tests>
"""

import sys
from pathlib import Path


def lacking(rows, tests):
    """The rows whose file has no such test case, or, of misuses, is not there."""
    for row in rows:
        what, file, *case = (cell.strip() for cell in row.split("|"))
        path = tests / file
        if not path.is_file() or (case and f'TEST_CASE("{case[0]}' not in path.read_text(encoding="utf-8")):
            yield f"{what}: tests/{file} has no test case that begins with: {case[0] if case else ''}"


def main(listed, tests):
    rows = [line for line in Path(listed).read_text(encoding="utf-8").splitlines() if "|" in line]
    found = list(lacking(rows, Path(tests)))
    for one in found:
        print(one)
    print(f"differences: {len(rows)}, {len(found)} of them without their test")
    return 1 if found or not rows else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
