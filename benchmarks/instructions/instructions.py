#!/usr/bin/env python3
"""How many instructions a record takes where records meet, in text, and in a checkpoint: callgrind, -O3 -march=x86-64-v3.

    instructions.py [--compiler g++] [--set]

It fails where one takes more than limits.tsv says. --set writes what it counts there, with a margin: for whoever made it faster.
Without valgrind, or on a processor without AVX2, nothing is counted, and it ends as a test that was skipped (77).
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIMITS = HERE / "limits.tsv"
FLAGS = ["-std=c++20", "-O3", "-march=x86-64-v3", "-DNDEBUG"]
MARGIN = 1.04
SKIPPED = 77  # as Meson understands it

# Test runners fill memory, so that mistakes show: these instructions are not the library's.
os.environ.pop("MALLOC_PERTURB_", None)


def counted(compiler):
    """{function: instructions a record}"""
    with tempfile.TemporaryDirectory() as folder:
        program, out = Path(folder) / "instructions", Path(folder) / "callgrind.out"
        subprocess.run([*shlex.split(compiler), *FLAGS, f"-I{HERE.parent.parent / 'include'}", HERE / "main.cpp", "-o", program, "-pthread"],
                       check=True)
        told = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--compress-strings=no", "--compress-pos=no", program],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
        records = dict(line.split("\t") for line in told.splitlines())
        text = out.read_text()
    counts = {}
    for name, number in records.items():
        if number == "0":  # what it needs is not installed
            print(f"LEFT OUT: {name}")
            counts[name] = 0
            continue
        calls = [(int(n), int(cost)) for n, cost in re.findall(rf"^cfn={name}\ncalls=(\d+) \S+ *\n\S+ (\d+)$", text, re.MULTILINE)]
        counts[name] = sum(cost for _, cost in calls) / sum(n for n, _ in calls) / int(number)
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--set", action="store_true")
    given = parser.parse_args()
    if not shutil.which("valgrind") or "avx2" not in Path("/proc/cpuinfo").read_text().split():
        print("LEFT OUT: no valgrind, or a processor without AVX2")
        return SKIPPED
    counts = counted(given.compiler)
    if given.set:
        LIMITS.write_text("".join(f"{name}\t{count * MARGIN:.1f}\n" for name, count in counts.items()))
    limits = dict(line.split("\t") for line in LIMITS.read_text().splitlines())
    missed = set(limits) ^ set(counts)
    for name in missed:
        print(f"{name} stands in only one of limits.tsv and main.cpp")
    for name, count in counts.items():
        most = float(limits.get(name, 0))
        print(f"{name:20} {count:8.1f} instructions a record, at most {most:.1f}{'   MISSED' if count > most else ''}")
        missed |= {name} if count > most else set()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
