#!/usr/bin/env python3
"""What including the library costs: CPU seconds and memory of the compiler, scaled so that <string> alone is 0.30 s.

    include_cost.py [--quick] [compiler]     the compiler is g++ where none is given

Each cell is the least of several interleaved compilations with -O2. It fails where a limit is missed; with --quick, where a
header is reached that costs too much: seconds, and what a compiler holds, depend on the machine.
"""

import os
import re
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


def compile_once(compiler, source, folder):
    """CPU seconds, and MiB at the peak."""
    file = Path(folder) / "cell.cpp"
    file.write_text(source)
    process = subprocess.Popen([compiler, "-std=c++20", "-O2", "-I", INCLUDE, "-c", file, "-o", os.devnull])
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{compiler} does not compile:\n{source}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def banned_headers(compiler, folder):
    file = Path(folder) / "cell.cpp"
    file.write_text("#include <sluice/sluice.hpp>\n")
    run = subprocess.run([compiler, "-std=c++20", "-H", "-fsyntax-only", "-I", INCLUDE, file], capture_output=True, text=True)
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
    quick = "--quick" in arguments
    compiler = next((a for a in arguments if not a.startswith("--")), "g++")
    with tempfile.TemporaryDirectory() as folder:
        reached = banned_headers(compiler, folder)
        for name in reached:
            print(f"sluice/sluice.hpp reaches <{name}>")
        bad = missed(measure(compiler, 1 if quick else 7, folder))
    return 1 if reached or (bad and not quick) else 0


if __name__ == "__main__":
    sys.exit(main())
