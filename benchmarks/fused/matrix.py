#!/usr/bin/env python3
"""The fused loop against the handwritten one, for each compiler and set of flags: a Markdown table of ratios.

    matrix.py [--include include] [--compiler g++]… [--flags=-O3]…    all of them where none is named

A number is the median over rounds of time / time of the best handwritten spelling in the same round; `!` misses its limit.
Functions and loops are aligned, so that what is compared is code and not where it happens to lie.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = ["int32.cpp", "int64.cpp", "double.cpp", "memory.cpp", "main.cpp", "../allocations.cpp"]
COMPILERS = ["g++", "clang++-14"]
FLAGS = ["-O2", "-O3", "-O3 -march=native"]
ALIGNED = ["-falign-functions=64", "-falign-loops=64"]


def with_ranges(compiler):
    """range-v3 is for information, where it is installed."""
    found = subprocess.run([compiler, "-E", "-x", "c++", "-std=c++20", "-"], input="#include <range/v3/view/filter.hpp>\n", text=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return ["-DFUSED_WITH_RANGES"] if found.returncode == 0 else []


def build(compiler, flags, include, folder):
    program = folder / "fused"
    objects = []
    for source in SOURCES:  # one at a time
        objects.append(folder / (Path(source).stem + ".o"))
        subprocess.run([compiler, "-std=c++20", *flags.split(), *ALIGNED, *with_ranges(compiler), f"-I{include}",
                        "-c", HERE / source, "-o", objects[-1]], check=True)
    subprocess.run([compiler, *objects, "-pthread", "-o", program], check=True)
    return program


def measure(program):
    """{(type, test, end): {(records, place): (ratio, limit)}}, and the handwritten loops' times."""
    done = subprocess.run([program, "--tsv"], stdout=subprocess.PIPE, text=True)
    faults = [line for line in done.stdout.splitlines() if line.count("\t") != 8]
    cells, hand = {}, {}
    for line in done.stdout.splitlines():
        if line.count("\t") != 8:
            continue
        kind, test, end, records, place, nanoseconds, spelling, ratio, limit = line.split("\t")
        row = (kind, test, end)
        cells.setdefault(row, {})[(int(records), place)] = (float(ratio), float(limit))
        if place == "rdd(span)" and int(records) == 1 << 16:
            hand[row] = f"{float(nanoseconds):.2f} ({spelling})"
    return cells, hand, faults + ([f"exit code {done.returncode}"] if done.returncode else [])


def title(column):
    records, place = column
    size = f"{records >> 20}M" if records >= 1 << 20 else f"{records >> 10}k"
    return place if place in ("in a context", "DStream<T>", "RDD<T>, 1k blocks") else f"{place} {size}"


def table(cells, hand):
    columns = []
    for row in cells.values():
        columns += [column for column in row if column not in columns]
    order = ["rdd(span)", "RDD<T>", "RDD<T>, 1k blocks", "in a context", "DStream<T>", "RDD<T> behind map", "std::ranges",
             "range-v3"]
    columns.sort(key=lambda column: (order.index(column[1]), column[0]))
    yield "| records | test | end | by hand, ns | " + " | ".join(map(title, columns)) + " |"
    yield "| --- " * (4 + len(columns)) + "|"
    for (kind, test, end), row in cells.items():
        said = []
        for column in columns:
            if column not in row:
                said.append("")
                continue
            ratio, limit = row[column]
            said.append(f"{ratio:.2f}" + ("!" if limit and ratio > limit else ""))
        yield f"| {kind} | `{test.replace('|', chr(92) + '|')}` | {end} | {hand.get((kind, test, end), '')} | " + " | ".join(said) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", default=HERE.parent.parent / "include")
    parser.add_argument("--compiler", action="append")
    parser.add_argument("--flags", action="append")
    given = parser.parse_args()
    missed, faulty = 0, False
    for compiler in given.compiler or COMPILERS:
        if not shutil.which(compiler):
            print(f"{compiler} is not installed: left out")
            continue
        for flags in given.flags or FLAGS:
            with tempfile.TemporaryDirectory() as folder:
                cells, hand, faults = measure(build(compiler, flags, given.include, Path(folder)))
            print(f"\n### {compiler} {flags}\n")
            print("\n".join(table(cells, hand)))
            print(*faults, sep="\n", flush=True)
            missed += sum(1 for row in cells.values() for ratio, limit in row.values() if limit and ratio > limit)
            faulty = faulty or bool(faults)
    print(f"\n{missed} cells miss their limit")
    return 1 if missed or faulty else 0


if __name__ == "__main__":
    sys.exit(main())
