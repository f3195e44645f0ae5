#!/usr/bin/env python3
"""What the compiler makes of the fused loop, against what it makes of the handwritten one: a Markdown table.

    codegen.py [--quick] [--include include] [--compiler g++]…

For each compiler, set of flags, record type and test: the widest vectors in an innermost loop, and the instructions that
run for each record (callgrind, two sizes subtracted, so that what is done once does not count). The handwritten loop is the
spelling that runs the fewest. It fails where the pipeline's vectors are narrower, or, for int64 with -O3
-march=x86-64-v3, where it runs more than 1.02 times the instructions. Without valgrind it says so, and compares the vectors of
the pipeline with those of all spellings. --quick: g++, int64, -O3 -march=x86-64-v3.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
COUNTED = "-O3 -march=x86-64-v3"
FLAGS = ["-O2", "-O3", COUNTED, "-O3 -march=native"]
RECORDS = {"std::int32_t": ["Even", "Positive", "Between"], "std::int64_t": ["Even", "Positive", "Between"],
           "double": ["Positive", "Between"]}
LIMIT = 1.02
SPELLINGS = {"if": "(fused::Spelling)0", "?:": "(fused::Spelling)1", "*": "(fused::Spelling)2", "int": "(fused::Spelling)3"}
WIDTH = {"xmm": 128, "ymm": 256, "zmm": 512}
PACKED = re.compile(r"^v?p(?:add|sub|mul|and|or|xor|cmp|sll|srl|sra|min|max|blend|ternlog|test|shuf)|(?:pd|ps)$|^v?movdq|^v?movup|^v?movap")


def functions(program):
    """{demangled name: [(address, mnemonic, operands)]}."""
    text = subprocess.run(["objdump", "-dC", "--no-show-raw-insn", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    found, name = {}, None
    for line in text.splitlines():
        if head := re.match(r"^[0-9a-f]+ <(.*)>:$", line):
            name = head[1]
            found[name] = []
        elif name and (at := re.match(r"^\s+([0-9a-f]+):\s+(?:\{\w+\} )?(\S+)\s*(.*)$", line)):
            found[name].append((int(at[1], 16), at[2], at[3]))
    return found


def width(code):
    """Bits of the widest vectors that are calculated with in an innermost loop; 64: none."""
    if not code:
        return 0
    index = {address: i for i, (address, _, _) in enumerate(code)}
    loops = []
    for i, (_, mnemonic, operands) in enumerate(code):
        target = re.match(r"^([0-9a-f]+)\b", operands)
        if mnemonic.startswith("j") and target and index.get(int(target[1], 16), i + 1) <= i:
            loops.append((index[int(target[1], 16)], i))
    innermost = [(b, e) for b, e in loops if not any((b, e) != (c, d) and b <= c and d <= e for c, d in loops)]
    widest = 64
    for begin, end in innermost:
        for _, mnemonic, operands in code[begin:end + 1]:
            if PACKED.search(mnemonic):
                widest = max([widest] + [bits for register, bits in WIDTH.items() if "%" + register in operands])
    return widest


def instructions(program, which, records, times):
    run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, str(which), str(records),
                          str(times)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
    return int(re.search(r"Collected\s*:\s*(\d+)", run.stderr)[1]), run.stdout.strip()


def per_record(program, which):
    """Instructions for each record, and what the loop is called."""
    small, large, times = 1 << 12, 1 << 14, 20
    counts = {(size, n): instructions(program, which, size, n)[0] for size in (small, large) for n in (0, times)}
    spent = (counts[large, times] - counts[large, 0]) - (counts[small, times] - counts[small, 0])
    return spent / times / (large - small), instructions(program, which, 1, 0)[1]


def cell(compiler, flags, record, test, include, folder, counting):
    """A row of the table, and whether it misses."""
    program = Path(folder) / f"{re.sub(r'[^a-z0-9]', '_', (compiler + flags + record + test).lower())}"
    subprocess.run([compiler, "-std=c++20", *flags.split(), f"-DRECORD={record}", f"-DPREDICATE={test}", f"-I{include}",
                    HERE / "loops.cpp", "-o", program, "-pthread"], check=True)
    code = functions(program)
    own = max(width(lines) for name, lines in code.items() if "::pushMany<" in name or "::pushSpan<" in name)
    by_hand = {}
    for name, lines in code.items():
        for spelling, mark in SPELLINGS.items():
            if "Handwritten" in name and mark in name and "fold" in name:
                by_hand[spelling] = width(lines)
    if not counting:
        best = max(by_hand.values())
        return [compiler, flags, record, test, f"{best} / {own}", "", ""], own < best
    loops = {}
    for which in range(len(by_hand) + 1):
        count, name = per_record(program, which)
        loops[name] = count
    sluice = loops.pop("sluice")
    spelling = min(loops, key=loops.get)
    ratio = sluice / loops[spelling]
    must = record == "std::int64_t" and flags == COUNTED
    missed = own < by_hand[spelling] or (must and ratio > LIMIT)
    return [compiler, flags, record, test, f"{by_hand[spelling]} / {own}", f"{loops[spelling]:.2f} (`{spelling}`) / {sluice:.2f}",
            f"{ratio:.2f}"], missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", default=HERE.parent.parent / "include")
    parser.add_argument("--compiler", action="append")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    counting = shutil.which("valgrind") is not None
    if not counting:
        print("valgrind is not installed: instructions are not counted, vectors are compared")
    compilers = given.compiler or (["g++"] if given.quick else ["g++", "clang++-14"])
    for compiler in [c for c in compilers if shutil.which(c) is None]:
        print(f"{compiler} is not installed: left out")
        compilers.remove(compiler)
    flags = [COUNTED] if given.quick else FLAGS
    records = {"std::int64_t": RECORDS["std::int64_t"]} if given.quick else RECORDS
    cells = [(c, f, r, t) for c in compilers for f in flags for r, tests in records.items() for t in tests]
    missed = 0
    print("| compiler | flags | record | test | vectors, bits | instructions a record: by hand / sluice | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        # valgrind does not know AVX-512: counted where the instructions are those of a named architecture
        jobs = [pool.submit(cell, *c, given.include, folder, counting and "native" not in c[1]) for c in cells]
        for job in jobs:
            row, bad = job.result()
            missed += bad
            print("| " + " | ".join(row) + (" missed" if bad else "") + " |", flush=True)
    print(f"\n{missed} of {len(cells)} miss")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
