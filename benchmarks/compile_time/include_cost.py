#!/usr/bin/env python3
"""What including the library costs, counted and timed.

    include_cost.py [--quick] [compiler]     the compiler is g++ where none is given

Counted, the same on each machine: lines behind the preprocessor, those of the library and all of them as times those of <string>
alone, and what the word count consists of at -O0, the library's functions and bytes of code. Timed: CPU seconds and memory of the
compiler with -O2, the least of several interleaved compilations, scaled so that <string> alone is 0.30 s.

It fails where a limit is missed, or a header is reached that costs too much. --quick counts, and times nothing.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

INCLUDE = Path(__file__).resolve().parents[2] / "include"
NARROW = "".join(f"#include <sluice/operators/{name}.hpp>\n" for name in ["map", "filter", "flat_map", "map_values", "split"])
BANNED = ["iostream", "fstream", "filesystem", "regex", "ranges", "condition_variable", "boost/hana.hpp"]
WORD_COUNT = """#include <sluice/sluice.hpp>
#include <functional>
using namespace sluice;
int main() {
    StreamingContext ssc{{.master = "local[2]", .appName = "NetworkWordCount"}, std::chrono::seconds{1}};
    socketTextStream(ssc, "localhost", 9999) | flatMap(split()) | map([](auto word) { return std::pair{word, 1}; })
                                             | reduceByKey(std::plus{}) | print();
    ssc.start();
    ssc.awaitTermination();
}
"""
MINIMAL = """#include <sluice/operators/map.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/channel_stream.hpp>
"""
# name, source, seconds at most (a number, or what is added to the cell of that name), MiB at most
CELLS = [
    ("<string>", "#include <string>\n", None, None),
    ("sluice/sluice.hpp", "#include <sluice/sluice.hpp>\n", 1.4, 180),
    ("batch, narrow operators", "#include <sluice/batch.hpp>\n" + NARROW, 0.6, 95),
    ("minimal use", MINIMAL, ("batch, narrow operators", 0.3), None),
    ("word count, compiled", WORD_COUNT, 7.0, None),  # engine and socket included: there is nothing to link with; 2.5 is wanted
]
# name: lines of the library at most, all lines at most as times those of <string>
LINES = {"sluice/sluice.hpp": (27000, 4.5), "batch, narrow operators": (4500, 2.3), "minimal use": (6500, 3.1)}
FUNCTIONS, BYTES = 3300, 420_000  # of the word count
COMPILED_FUNCTIONS, COMPILED_BYTES = 1350, 150_000  # of it in compiled mode


def lines_of(compiler, source):
    """Lines behind the preprocessor that are not blank: of the library, and all."""
    done = subprocess.run([*compiler, "-std=c++20", "-E", "-I", INCLUDE, "-x", "c++", "-"], input=source, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{compiler} does not read:\n{source}{done.stderr}")
    own = total = 0
    mine = False
    for line in done.stdout.splitlines():
        if file := re.match(r'# \d+ "(.*?)"', line):
            mine = file[1].startswith(str(INCLUDE))
        elif line.strip():
            total += 1
            own += mine
    return own, total


def counted(compiler, folder):
    """Prints the counts: how many of them miss."""
    sources = {name: source for name, source, *_ in CELLS}
    _, unit = lines_of(compiler, sources["<string>"])
    told = []
    for name, (most_own, most) in LINES.items():
        own, total = lines_of(compiler, sources[name])
        told.append((name, own, most_own, "lines of the library"))
        told.append((name, round(total / unit, 2), most, f"times the {unit} lines of <string>"))
    for name, flags, most_functions, most_bytes in [("word count", [], FUNCTIONS, BYTES),
                                                    ("word count, compiled mode", ["-DSLUICE_COMPILED"], COMPILED_FUNCTIONS, COMPILED_BYTES)]:
        program = Path(folder) / "word_count.o"
        subprocess.run([*compiler, *flags, "-std=c++20", "-O0", "-I", INCLUDE, "-c", "-x", "c++", "-", "-o", program], input=WORD_COUNT, text=True, check=True)
        symbols = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout
        functions = sum(1 for line in symbols.splitlines() if re.search(r" [TtWV] .*sluice", line))
        size = subprocess.run(["size", program], capture_output=True, text=True, check=True).stdout
        told.append((name, functions, most_functions, "functions of the library"))
        told.append((name, int(size.splitlines()[1].split()[0]), most_bytes, "bytes of code"))
    for name, count, most, what in told:
        print(f"{name:26} {count:9} {what}, at most {most}{'   MISSED' if count > most else ''}")
    return sum(1 for _, count, most, _ in told if count > most)


def compile_once(compiler, source, folder):
    """CPU seconds, and MiB at the peak."""
    file = Path(folder) / "cell.cpp"
    file.write_text(source)
    process = subprocess.Popen([*compiler, "-std=c++20", "-O2", "-I", INCLUDE, "-c", file, "-o", os.devnull])
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{compiler} does not compile:\n{source}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def banned_headers(compiler, folder):
    file = Path(folder) / "cell.cpp"
    file.write_text("#include <sluice/sluice.hpp>\n")
    run = subprocess.run([*compiler, "-std=c++20", "-H", "-fsyntax-only", "-I", INCLUDE, file], capture_output=True, text=True)
    included = re.findall(r"^\.+ (\S+)$", run.stderr, re.MULTILINE)
    return [name for name in BANNED if any(path.endswith("/" + name) for path in included)]


def measure(compiler, rounds, folder):
    least = {}
    for _ in range(rounds):
        for name, source, *_ in CELLS:
            seconds, mib = compile_once(compiler, source, folder)
            before = least.get(name, (seconds, mib))
            least[name] = (min(seconds, before[0]), min(mib, before[1]))
    scale = 0.30 / least["<string>"][0]
    return {name: (seconds * scale, mib) for name, (seconds, mib) in least.items()}


def missed(cells):
    count = 0
    for name, _, most, most_mib in CELLS:
        seconds, mib = cells[name]
        if isinstance(most, tuple):
            most = cells[most[0]][0] + most[1]
        bad = (most is not None and seconds > most) or (most_mib is not None and mib > most_mib)
        count += bad
        limit = "" if most is None else f"at most {most:.2f} s" + ("" if most_mib is None else f", {most_mib} MiB")
        print(f"{name:26} {seconds:5.2f} s {mib:5.0f} MiB   {limit}{'   MISSED' if bad else ''}")
    return count


def main():
    arguments = sys.argv[1:]
    compiler = shlex.split(next((a for a in arguments if not a.startswith("--")), "g++"))
    with tempfile.TemporaryDirectory() as folder:
        bad = counted(compiler, folder)
        for name in banned_headers(compiler, folder):
            print(f"sluice/sluice.hpp reaches <{name}>")
            bad += 1
        if "--quick" not in arguments:
            bad += missed(measure(compiler, 7, folder))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
