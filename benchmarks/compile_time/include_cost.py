#!/usr/bin/env python3
"""What including the library costs, counted and timed.

    include_cost.py [--quick] [compiler]     the compiler is g++ where none is given

Counted, the same on each machine: lines behind the preprocessor, those of the library and all of them as times those of <string>
alone; and what the word count of README is at -O2: functions that the compiler makes code for (one of several names is one, and a part that
it has put aside as cold belongs to its function), bytes of code and constants, and the memory that the compiler takes, header-only and
in compiled mode. Timed: CPU seconds of the compiler with -O2, the median of seven interleaved compilations, also as times what
the include alone takes in the same run.

It fails where a limit is missed, or a header is reached that costs too much. --quick counts, and times nothing.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

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
ALL = "#include <sluice/sluice.hpp>\n"
OUTPUT = """#include <sluice/sluice.hpp>
using namespace sluice;
void use(DStream<std::pair<std::int64_t, std::int64_t>> const& pairs)
{
    pairs | %sforeachRDD([](auto) {});
}
"""
STATE = """mapWithState<std::int64_t>(StateSpec{[](std::int64_t, std::optional<std::int64_t> x, State<std::int64_t>& sum) {
        sum.update(*x);
        return *x;
    }}) | """
# source: lines of the library at most, all lines at most as times those of <string>
LINES = {
    "sluice/sluice.hpp": (ALL, 29700, 4.5),
    "batch, narrow operators": ("#include <sluice/batch.hpp>\n" + NARROW, 6110, 2.3),
    "minimal use": (MINIMAL, 6720, 3.1),
}
COMPILED = ["-DSLUICE_COMPILED"]
# the word count, its flags: functions, bytes and MiB at most
PROGRAMS = {"word count": ([], 547, 151_400, 355), "word count, compiled mode": (COMPILED, 86, 30_600, 290)}
# source, flags, whether with a precompiled sluice.hpp: times the include alone at most
CELLS = {
    "sluice/sluice.hpp": (ALL, [], False, None),
    "batch, narrow operators": (LINES["batch, narrow operators"][0], [], False, 0.7),
    "minimal use": (MINIMAL, [], False, 1.0),
    "word count": (WORD_COUNT, [], False, 4.5),
    "word count, compiled mode": (WORD_COUNT, COMPILED, False, 2.1),
    "…, precompiled header": (WORD_COUNT, COMPILED, True, 1.4),
    "foreachRDD": (OUTPUT % "", [], False, None),
    "mapWithState before it": (OUTPUT % STATE, [], False, None),
}


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


def compiled(compiler, source, flags, folder, output=os.devnull, language=()):
    """CPU seconds, and MiB at the peak."""
    file = Path(folder) / "cell.cpp"
    file.write_text(source)
    process = subprocess.Popen([*compiler, "-std=c++20", "-O2", *flags, "-I", INCLUDE, *language, "-c", file, "-o", output])
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{compiler} does not compile:\n{source}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def functions_of(program):
    symbols = subprocess.run(["objdump", "-t", program], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^([0-9a-f]+) .{6}F (\S+)\t[0-9a-f]+ (?:\.hidden )?(\S+)$", symbols, re.MULTILINE)
    return len({(section, at) for at, section, name in found if not name.endswith(".cold") and section != "*UND*"})


def counted(compiler, folder):
    """Prints the counts: how many of them miss."""
    _, unit = lines_of(compiler, "#include <string>\n")
    told = []
    for name, (source, most_own, most) in LINES.items():
        own, total = lines_of(compiler, source)
        told.append((name, own, most_own, "lines of the library"))
        told.append((name, round(total / unit, 2), most, f"times the {unit} lines of <string>"))
    program = Path(folder) / "word_count.o"
    for name, (flags, most_functions, most_bytes, most_mib) in PROGRAMS.items():
        _, mib = compiled(compiler, WORD_COUNT, flags, folder, program)
        size = subprocess.run(["size", program], capture_output=True, text=True, check=True).stdout
        told.append((name, functions_of(program), most_functions, "functions"))
        told.append((name, int(size.splitlines()[1].split()[0]), most_bytes, "bytes of code"))
        told.append((name, round(mib), most_mib, "MiB of the compiler"))
    for name, count, most, what in told:
        print(f"{name:26} {count:9} {what}, at most {most}{'   MISSED' if count > most else ''}")
    return sum(1 for _, count, most, _ in told if count > most)


def banned_headers(compiler, folder):
    file = Path(folder) / "cell.cpp"
    file.write_text("#include <sluice/sluice.hpp>\n")
    run = subprocess.run([*compiler, "-std=c++20", "-H", "-fsyntax-only", "-I", INCLUDE, file], capture_output=True, text=True)
    included = re.findall(r"^\.+ (\S+)$", run.stderr, re.MULTILINE)
    return [name for name in BANNED if any(path.endswith("/" + name) for path in included)]


def measured(compiler, rounds, folder):
    """Prints the times: how many of them miss."""
    header = Path(folder) / "all.hpp"
    header.write_text(ALL)
    compiled(compiler, ALL, COMPILED, folder, f"{header}.gch", ["-x", "c++-header"])
    seconds = {name: [] for name in CELLS}
    for _ in range(rounds):
        for name, (source, flags, precompiled, _) in CELLS.items():
            precompiled = ["-include-pch" if "clang" in compiler[0] else "-include", f"{header}.gch" if "clang" in compiler[0] else header] if precompiled else []
            seconds[name].append(compiled(compiler, source, [*flags, *precompiled], folder)[0])
    missed = 0
    include = median(seconds["sluice/sluice.hpp"])
    for name, (*_, most) in CELLS.items():
        ratio = median(seconds[name]) / include
        bad = most is not None and ratio > most
        missed += bad
        print(f"{name:26} {median(seconds[name]):5.2f} s {ratio:5.2f} times the include alone{f', at most {most}' if most else ''}{'   MISSED' if bad else ''}")
    return missed


def main():
    arguments = sys.argv[1:]
    compiler = shlex.split(next((a for a in arguments if not a.startswith("--")), "g++"))
    with tempfile.TemporaryDirectory() as folder:
        bad = counted(compiler, folder)
        for name in banned_headers(compiler, folder):
            print(f"sluice/sluice.hpp reaches <{name}>")
            bad += 1
        if "--quick" not in arguments:
            bad += measured(compiler, 7, folder)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
