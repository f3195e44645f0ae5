#!/usr/bin/env python3
"""Each header compiles alone, and twice in a row; and what has them all may be linked twice.

    headers.py include -- c++ -std=c++20 …

A header that leans on another's includes does not compile, and one that defines something in each program's file does not
link. Most of a header is what it includes: where that is one of BASES, which is tried alone itself, that is taken in
precompiled, and another header stands before one that includes it. So what stands before a header is still no more than what it includes.
"""

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BASES = [f"sluice/{name}.hpp" for name in ("stream/dstream", "stream/clock", "stream/graph", "exchange/exchange", "batch/rdd", "batch/owned",
                                           "batch/error", "batch/counted")]  # the largest first


NEEDED = {"kafka": "librdkafka/rdkafka.h"}


def included(include):
    """{file: all that it includes of the library, itself not}."""
    direct = {str(path.relative_to(include)): re.findall(r"^#include <(sluice/.*)>", path.read_text(encoding="utf-8"), re.MULTILINE)
              for path in include.glob("sluice/**/*.?pp")}

    def reached(file):
        found, left = set(), [file]
        while left:
            new = set(direct[left.pop()]) - found
            found |= new
            left += new
        return found
    return {file: reached(file) for file in direct}


def chains(headers, reached):
    """All headers in lists, each of which is tried in one file: a header stands before one that includes it. (base, list) each."""
    base = {header: next((base for base in BASES if base in reached[header]), None) for header in headers}
    left = sorted(headers, key=lambda header: (-len(reached[header]), header))
    while left:
        chain = [left.pop(0)]
        while below := next((header for header in left if header in reached[chain[0]] and base[header] == base[chain[0]]), None):
            left.remove(below)
            chain.insert(0, below)
        yield base[chain[0]], chain


def is_wanted(header, compiler, known={}):  # pylint: disable=dangerous-default-value
    """Whether the library is installed without which nobody includes it."""
    needed = NEEDED.get(header.split("/")[1])
    if needed and needed not in known:
        known[needed] = not subprocess.run([*compiler, "-x", "c++", "-fsyntax-only", "-"], input=f"#include <{needed}>\n", text=True,
                                           stderr=subprocess.DEVNULL, check=False).returncode
        if not known[needed]:
            print(f"{needed} is not installed: what needs it is left out")
    return not needed or known[needed]


def main():
    include = Path(sys.argv[1])
    compiler = [*sys.argv[sys.argv.index("--") + 1:], "-I", str(include), "-Wall", "-Wextra", "-Werror"]
    reached = included(include)
    headers = sorted(file for file in reached if re.fullmatch(r"sluice/\w+/\w+\.hpp", file) and is_wanted(file, compiler))
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        top = Path(folder)

        def faults(name, files, *how):
            """What the compiler says of a file that includes these."""
            file = top / name
            file.write_text("".join(f"#include <{f}>\n" for f in files), encoding="utf-8")
            done = subprocess.run([*compiler, *map(str, how), str(file)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            return done.stdout if done.returncode else ""

        def alone(base, chain):
            return faults(chain[-1].replace("/", "_") + ".cpp", [*chain, *chain], "-fsyntax-only",
                          *(["-include", top / Path(base).name, "-Winvalid-pch"] if base else []))

        made = list(pool.map(lambda base: faults(Path(base).name, [base], "-x", "c++-header", "-o", top / f"{Path(base).name}.gch"), BASES))
        tried = list(chains(headers, reached))
        said = dict(zip(BASES, made)) if any(made) else {chain[-1]: text for (_, chain), text in zip(tried, pool.map(alone, *zip(*tried)))}
        said["all of them"] = faults("all.cpp", headers, "-c", "-o", top / "all.o")
        (top / "main.cpp").write_text("int main() {}\n", encoding="utf-8")
        said["linked twice"] = said["all of them"] or faults("none.cpp", [], top / "main.cpp", top / "all.o", top / "all.o", "-pthread", "-o", top / "linked")
    wrong = {what: text for what, text in said.items() if text}
    for what, text in wrong.items():
        print(f"FAIL {what}\n" + "\n".join(text.split("\n")[:20]))
    print(f"headers: {len(headers)} alone, {len(wrong)} faults")
    return 1 if wrong or len(headers) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
