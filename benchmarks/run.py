#!/usr/bin/env python3
"""Measures the library against its rivals, and writes RESULTS.md with its plots.

    run.py [--short] [--compiler g++] [--flags='-O3 -march=native'] [PROGRAM]…
    run.py --report          writes RESULTS.md anew from what was measured last

The long form takes about half an hour, the short one, with smaller inputs, five minutes, compiling included. With names of programs it
measures these alone, and keeps what was measured of the others. What was measured lies in results/, one file for each program. The plots
need gnuplot, and are left as they are where it is not installed.

It fails where results differ, or a program fails. A missed figure is told, and is no failure: machines differ.
"""

import argparse
import datetime
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
BUILD = HERE.parent / "build-benchmarks"
ALIGNED = ["-falign-functions=64", "-falign-loops=64"]  # code is compared, not where it happens to lie

# program: its sources, and the workloads that it tells of
PROGRAMS = {
    "fused": (["fused/main.cpp", "fused/int64.cpp", "fused/int32.cpp", "fused/double.cpp", "fused/memory.cpp", "allocations.cpp"], ["stateless"]),
    "word_count": (["word_count/main.cpp"], ["word count"]),
    "reduce_by_key": (["reduce_by_key/main.cpp"], ["reduceByKey"]),
    "grep": (["grep/main.cpp"], ["grep"]),
    "sliding": (["window/sliding.cpp"], ["windows"]),
    "state": (["state/main.cpp", "allocations.cpp"], ["states"]),
    "yahoo": (["yahoo/main.cpp"], ["Yahoo"]),
    "nexmark": (["nexmark/main.cpp"], ["Nexmark"]),
    "socket": (["socket/main.cpp"], ["socket"]),
    "ticks": (["ticks/main.cpp"], ["batch overhead", "lateness"]),
    "join": (["join/main.cpp"], ["join"]),
    "sort": (["sort/main.cpp"], ["sort"]),
    "distinct": (["distinct/main.cpp"], ["distinct"]),
    "unordered": (["unordered/main.cpp"], ["unordered"]),
    "codec": (["codec/main.cpp"], ["codec"]),
    "checkpoint": (["checkpoint/main.cpp"], ["checkpoint"]),
}
# with which options each runs that has others: in the long form, in the short one
OPTIONS = {"fused": [["--tsv"], ["--tsv", "--quick"]], "sliding": [["--tsv"], ["--tsv", "--short"]], "state": [["--tsv"], ["--tsv", "--short"]]}
HEADINGS = {
    "stateless": "Stateless: `map | filter | map`, then `fold` or `reduce`, against the best spelling of the loop (`benchmarks/fused`)",
    "word count": "Word count: `flatMap(split()) | map(word → (word, 1)) | reduceByKey(+)`, Zipf's law, text in memory",
    "reduceByKey": "reduceByKey(+): rows (key, number), keys drawn at random",
    "windows": "Sliding windows: a slide against reduceByKey of its newest batch alone",
    "states": "States: updates of touched keys (mapWithState), of all keys (updateStateByKey)",
    "Yahoo": "Yahoo streaming benchmark: JSON, filter, project, join with a static table, count per campaign and 10 s",
    "Nexmark": "Nexmark: queries 0 to 5, 7 and 8 over one batch of events",
    "socket": "Lines from a socket, counted: CPU time of the receiving process",
    "batch overhead": "What a batch costs that has nothing to do, and what very many leave behind",
    "lateness": "Lateness: from a batch's time to its begin, by the system's clock",
    "join": "join: rows of two sides meet by key",
    "sort": "sortByKey: rows by keys that are spread over all integers",
    "distinct": "distinct",
    "unordered": "sum(unordered): doubles, 3x + 1, in an order that is free",
    "codec": "Values to bytes and back: pairs (string, int64), against a loop written for just them, and cereal (Debian's libcereal-dev); words in object files, compressed or not",
    "checkpoint": "Checkpoints: each batch lasts before its outputs run, and what it changed with the next one; and a start that reads all back",
    "grep": "grep: `flatMap(splitLines()) | filter(contains)`, lines of 100 bytes",
}
# What the same programs by hand took on another machine (AMD Zen 5, 3.5 GHz, AVX-512): ns, at 0.286 ns a cycle.
REFERENCE_CYCLE = 0.286
REFERENCE = {
    ("word count", "10 k distinct"): 4.6,
    ("word count", "100 k distinct"): 6.8,
    ("word count", "1 M distinct"): 14.6,
    ("reduceByKey", "10³ int64 keys"): 1.9,
    ("reduceByKey", "10⁶ int64 keys"): 7.8,
    ("reduceByKey", "10⁷ int64 keys"): 11,
    ("grep", "1 % match, counted"): 4.3,
    ("grep", "1 % match, each looked at"): 8.7,
}


def output_of(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def machine():
    """The processor by its name, cores, cache and memory."""
    cpu = Path("/proc/cpuinfo").read_text()
    name = re.search(r"^model name\s*: (.*)$", cpu, re.MULTILINE)
    flags = (re.search(r"^flags\s*: (.*)$", cpu, re.MULTILINE) or [None, ""])[1].split()
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) / 2**20
    caches = []
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if (index / "type").read_text().strip() != "Instruction":
            caches.append(f"L{(index / 'level').read_text().strip()} {(index / 'size').read_text().strip()}")
    widest = next((w for w in ("avx512bw", "avx2", "sse2") if w in flags), "no vectors known")
    family = re.search(r"^cpu family\s*: (\d+)$", cpu, re.MULTILINE)
    model = re.search(r"^model\s*: (\d+)$", cpu, re.MULTILINE)
    return (f"{name[1] if name else os.uname().machine}"
            + (f" (family {family[1]}, model {model[1]})" if family and model else "")
            + f", {os.cpu_count()} cores, {', '.join(caches)}, {widest}, {memory:.0f} GiB")


def is_fresh(program, depfile):
    if not program.exists() or not depfile.exists():
        return False
    needed = shlex.split(depfile.read_text().replace("\\\n", " "))[1:]
    return all(Path(file).exists() and Path(file).stat().st_mtime <= program.stat().st_mtime for file in needed)


def compiled_with(name):
    """How to compile and link a program that shows more where a library is."""
    if name != "codec" or subprocess.run(["pkg-config", "--exists", "libzstd"], check=False).returncode != 0:
        return [], []
    return ["-DCODEC_WITH_ZSTD"], ["-lzstd"]


def build(name, compiler, flags):
    sources, _ = PROGRAMS[name]
    folder = BUILD / re.sub(r"[^\w.+-]", "_", compiler + flags)
    folder.mkdir(parents=True, exist_ok=True)
    objects = []
    uses, library = compiled_with(name)
    for source in sources:
        target = folder / (source.replace("/", "_") + ".o")
        if not is_fresh(target, target.with_suffix(".d")):
            subprocess.run([*shlex.split(compiler), "-std=c++20", *shlex.split(flags), "-DNDEBUG", *uses, *ALIGNED, "-MD", "-MF",
                            target.with_suffix(".d"), f"-I{HERE.parent / 'include'}", "-c", HERE / source, "-o", target], check=True)
        objects.append(target)
    program = folder / name
    subprocess.run([*shlex.split(compiler), *objects, "-pthread", *library, "-o", program], check=True)
    return program


def stateless(line):
    """A line of benchmarks/fused as a row: its ratio is to the best handwritten loop of the same rounds, whose time it tells."""
    record, test, end, records, place, nanoseconds, spelling, ratio, limit = line.split("\t")
    if place in ("std::ranges", "range-v3"):
        kind, limit = "afternoon", "0"
    else:
        kind, limit = "sluice", limit if place == "RDD<T> behind map" else "1.05"
    name = place if kind == "afternoon" else "sluice"
    place = "rdd(span)" if kind == "afternoon" else place
    where = {"in a context": "inline", "DStream<T>": "inline, DStream<T>"}.get(place, "batch, " + place if place != "rdd(span)" else "batch")
    return "\t".join(["row", "stateless", f"{int(records) // 1024} k {record}, `{test}`, {end}".replace("|", "or"), where, kind, name, "record",
                      f"{float(nanoseconds) * float(ratio):.4g}", ratio, "0", "0", limit, spelling])


def measure(name, program, given, about):
    """Writes what the program tells to results/; whether it ended well."""
    begin = time.monotonic()
    print(f"{name} …", flush=True)
    done = subprocess.run([program, *OPTIONS.get(name, [[], ["--short"]])[given.short]], stdout=subprocess.PIPE, text=True)
    lines = [stateless(line) if name == "fused" else line for line in done.stdout.splitlines() if "\t" in line]
    for line in lines:
        if line.startswith("fault\t"):
            print(line)
    RESULTS.mkdir(exist_ok=True)
    about = about | {"load": f"{os.getloadavg()[0]:.1f}"}
    (RESULTS / f"{name}.tsv").write_text("".join(f"about\t{key}\t{value}\n" for key, value in about.items())
                                         + "".join(line + "\n" for line in lines))
    print(f"{name}: {time.monotonic() - begin:.0f} s" + (f", exit code {done.returncode}" if done.returncode else ""), flush=True)
    return done.returncode == 0


class Row:
    def __init__(self, fields):
        (self.workload, self.test, self.where, self.kind, self.name, self.unit, nanoseconds, ratio, low, high, limit,
         self.reference) = fields
        self.nanoseconds, self.ratio, self.low, self.high, self.limit = (float(x) for x in (nanoseconds, ratio, low, high, limit))


class Measured:
    """All that lies in results/."""

    def __init__(self):
        self.rows, self.calibration, self.notes, self.about, self.histograms = [], {}, {}, {}, {}
        for name, (_, workloads) in PROGRAMS.items():
            file = RESULTS / f"{name}.tsv"
            if not file.exists():
                continue
            for line in file.read_text().splitlines():
                kind, *fields = line.split("\t")
                if kind == "row":
                    self.rows.append(Row(fields))
                elif kind == "calibration":
                    self.calibration[tuple(fields[:2])] = float(fields[2])
                elif kind == "note":
                    self.notes.setdefault(fields[0], []).append(fields[1:])
                elif kind == "histogram":
                    self.histograms.setdefault(tuple(fields[:2]), []).append((float(fields[2]), float(fields[3])))
                elif kind == "about":
                    for workload in workloads:
                        self.about.setdefault(workload, {})[fields[0]] = fields[1]

    def cells(self, workload):
        """[(test, rows)]"""
        tests = {}
        for row in self.rows:
            if row.workload == workload:
                tests.setdefault(row.test, []).append(row)
        return list(tests.items())

    def workloads(self):
        return [w for _, workloads in PROGRAMS.values() for w in workloads if any(r.workload == w for r in self.rows)]


def number(x):
    return f"{x:.0f}" if x >= 100 else f"{x:.1f}" if x >= 10 else f"{x:.2f}"


def duration(nanoseconds, unit):
    """A time for one unit in words that can be read."""
    for size, name in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if nanoseconds >= size:
            return f"{number(nanoseconds / size)} {name}"
    return f"{number(nanoseconds)} ns"


def distance(row):
    """How far a row is from what is wanted."""
    return "reached" if row.ratio <= row.limit else f"{row.ratio / row.limit:.2f} × of it"


def table(lines):
    head, *body = lines
    return ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"] + ["| " + " | ".join(line) + " |" for line in body]


def wanted(measured):
    """Each row for which a figure is wanted; those of the stateless matrix, of which there are many, as one."""
    lines = [["workload", "where", "by hand", "sluice", "ratio", "95 % interval", "wanted at most", ""]]
    for workload in measured.workloads():
        for test, rows in measured.cells(workload):
            for row in rows:
                if workload == "stateless":
                    continue
                if row.kind == "sluice" and row.limit > 0:
                    hand = min((r.nanoseconds for r in rows if r.where.startswith("two ") == row.where.startswith("two ") and r.kind == "hand"),
                               default=row.nanoseconds / row.ratio)
                    lines.append([f"{workload}, {test}" + row.name.removeprefix("sluice"), row.where, duration(hand, row.unit), duration(row.nanoseconds, row.unit), f"{row.ratio:.2f}",
                                  f"{row.low:.2f}–{row.high:.2f}" if row.low else "", f"{row.limit:.2f}", distance(row)])
    speedups = []
    for test, rows in measured.cells("grep"):
        one, two = ([r.nanoseconds for r in rows if r.kind == "sluice" and r.where == where] for where in ("inline", "two workers"))
        if one and two:
            speedups.append(one[0] / two[0])
            lines.append([f"grep, {test}: as fast as with one worker", "two workers", "", "", f"{speedups[-1]:.2f}", "", "at least 1.85",
                          "reached" if speedups[-1] >= 1.85 else f"{speedups[-1] / 1.85:.2f} × of it"])
    judged = [r for r in measured.rows if r.workload == "stateless" and r.limit > 0]
    if judged:
        worst = max(judged, key=lambda r: r.ratio)
        lines.append([f"stateless: {len(judged)} rows, the slowest is {worst.test}", worst.where, "", duration(worst.nanoseconds, worst.unit), f"{worst.ratio:.2f}", "",
                      f"{worst.limit:.2f}", f"{sum(r.ratio <= r.limit for r in judged)} reached"])
    reached = [r.ratio <= r.limit for r in measured.rows if r.limit > 0] + [speedup >= 1.85 for speedup in speedups]
    return [f"{sum(reached)} of {len(reached)} are reached.", "", *table(lines)]


def details(measured, workload, notes):
    yield f"### {HEADINGS.get(workload, workload)}"
    yield ""
    if workload == "lateness" and (RESULTS / "latency.svg").exists():
        yield "![lateness](results/latency.svg)"
        yield ""
    if (RESULTS / f"{slug(workload)}.svg").exists():
        yield f"![{workload}](results/{slug(workload)}.svg)"
        yield ""
    about = measured.about[workload]
    yield f"{about['form']} form, {about['date']}, load average {about['load']}, commit {about['commit']}, `{about['compiler']} {about['flags']}`."
    yield ""
    lines = [["input", "who", "where", "time", "ratio to the best by hand", "95 % interval"]]
    if workload == "stateless":
        yield "Rows above 1.05, of all that were measured:"
        yield ""
    for test, rows in measured.cells(workload):
        if workload == "stateless":
            rows = [row for row in rows if row.kind == "sluice" and row.ratio > 1.05]
        for i, row in enumerate(rows):
            name = f"**{row.name}**" if row.kind == "sluice" else row.name + (", as in an afternoon" if row.kind == "afternoon" else "")
            lines.append([test if i == 0 else "", name, row.where, f"{duration(row.nanoseconds, row.unit)} a {row.unit}",
                          f"{row.ratio:.2f}" if row.ratio else "", f"{row.low:.2f}–{row.high:.2f}" if row.low else ""])
    yield from table(lines)
    yield ""
    for line in measured.notes.get(workload, []):
        yield f"- {': '.join(line)}"
    if workload == "Yahoo":
        for row in measured.rows:
            if row.workload == workload and row.where == "two workers":
                yield f"- {1e3 / row.nanoseconds:.1f} M events a second with two workers, 10 are wanted."
    if workload in measured.notes or workload == "Yahoo":
        yield ""
    if workload in notes:
        yield notes[workload]
        yield ""


def calibrated(measured):
    lines = [["workload", "ns a cycle here", "there, in cycles", "here, in cycles", "there / here"]]
    for (workload, test), there in REFERENCE.items():
        rows = [r for r in measured.rows if (r.workload, r.test, r.kind, r.where) == (workload, test, "hand", "batch")]
        if rows:
            cycle = measured.calibration[(workload, test)]
            here = min(r.nanoseconds for r in rows)
            lines.append([f"{workload}, {test}", f"{cycle:.3f}", number(there / REFERENCE_CYCLE), number(here / cycle),
                          f"{there / REFERENCE_CYCLE / (here / cycle):.2f}"])
    return table(lines)


def slug(text):
    return re.sub(r"\W+", "_", text).strip("_").lower()


def plot(name, script, data, width=900):
    """An SVG and a PNG of the same."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data"
        file.write_text(data)
        for terminal, ending in ((f"svg size {width},420 dynamic background rgb 'white' font 'sans,12'", "svg"), (f"pngcairo size {width * 3 // 2},630 font 'sans,14'", "png")):
            subprocess.run(["gnuplot"], check=True, text=True, stderr=subprocess.DEVNULL, input=f"""
set terminal {terminal}
set encoding utf8
set output '{RESULTS / name}.{ending}'
set datafile separator '\\t'
set border 3
set grid ytics lc rgb '#dddddd'
set key outside top center horizontal noenhanced
{script.replace('DATA', str(file))}
""")


def bars(name, title, ylabel, columns, lines, logscale=True):
    """Groups of bars: lines are (label, [value or None])."""
    data = "".join("\t".join([label] + [f"{v:.3f}" if v else "?" for v in values]) + "\n" for label, values in lines)
    colours = ["#1f6f8b", "#7fb7be", "#d9822b", "#999999"]
    plots = ", ".join(f"'DATA' using {i + 2}:xtic(1) title '{column}' lc rgb '{colours[i % 4]}'" for i, column in enumerate(columns))
    plot(name, f"""
set title '{title}'
set ylabel '{ylabel}'
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 noborder
set datafile missing '?'
set xtics rotate by -25 noenhanced
set bmargin 10
set rmargin 16
{'set logscale y 2' if logscale else ''}
set yrange [{0.5 if logscale else 0}:*]
plot {plots}, 1 with lines dt 2 lc rgb 'black' title 'by hand'
""", data, max(900, 50 * len(lines)))


def plots(measured):
    def ratio(rows, kind, where):
        found = [r.ratio for r in rows if r.kind == kind and r.where == where]
        return min(found) if found else None

    overview, scaling = [], []
    for workload in measured.workloads():
        lines = []
        if workload == "stateless":
            continue
        for test, rows in measured.cells(workload):
            lines.append((test, [ratio(rows, "sluice", "batch"), ratio(rows, "sluice", "inline"), ratio(rows, "afternoon", "batch")]))
            if any(lines[-1][1]) and workload != "Nexmark":
                overview.append((f"{workload}, {test}", lines[-1][1]))

            def fastest(kind, where):
                return min((r.nanoseconds for r in rows if r.kind == kind and r.where == where), default=None)

            one, two, own, both = (fastest(*x) for x in (("hand", "batch"), ("hand", "two threads"), ("sluice", "inline"), ("sluice", "two workers")))
            if one and two and own and both:
                scaling.append((f"{workload}, {test}", [own / both, one / two]))
        if any(v for _, values in lines for v in values):
            bars(slug(workload), workload, "times the best by hand", ["sluice, a batch", "sluice, in a started context", "in an afternoon"], lines)
    if overview:
        bars("ratios", "Time, as times what the best handwritten program takes", "times the best by hand",
             ["sluice, a batch", "sluice, in a started context", "in an afternoon"], overview)
    if scaling:
        bars("scaling", "Two threads: how many times as fast as one", "times as fast", ["sluice", "by hand"], scaling, logscale=False)
    for (workload, _), _ in list(measured.histograms.items())[:1]:
        series = {test: values for (w, test), values in measured.histograms.items() if w == workload}
        data = "\n\n".join("".join(f"{x}\t{y}\n" for x, y in values) for values in series.values())
        drawn = ", ".join(f"'DATA' index {i} using 1:2 with steps lw 2 title '{test}'" for i, test in enumerate(series))
        plot("latency", f"""
set title 'From the tick to the begin of its batch'
set xlabel 'µs late'
set ylabel 'share of ticks'
set logscale x
plot {drawn}
""", data)


def notes():
    """What is said of a workload beside its figures: what was tried, and what holds it. By the heading of NOTES.md."""
    file = HERE / "NOTES.md"
    parts = re.split(r"^## (.*)$", file.read_text(), flags=re.MULTILINE) if file.exists() else [""]
    return {title.strip(): text.strip() for title, text in zip(parts[1::2], parts[2::2])}


def report():
    measured = Measured()
    if not measured.rows:
        sys.exit("nothing was measured yet")
    if shutil.which("gnuplot"):
        plots(measured)
    else:
        print("gnuplot is not installed: the plots are left as they are")
    about = next(iter(measured.about.values()))
    said = notes()
    out = ["# Results", "", "Written by `benchmarks/run.py`, and the last chapter by `benchmarks/peers/spark/run.py`; not by hand.", "",
           f"- machine: {about['machine']}", f"- compiler: {about['version']}, `{about['compiler']} {about['flags']}`",
           f"- date: {about['date']}, {about['form']} form", "",
           "All rivals of a row ran in turn in one process, after their results had been compared. A ratio is the median over rounds, at least 9, of what",
           "both took in the same round, with its 95 % interval; one thread by its CPU time, two by the wall. *batch* is the bare batch, *inline* the same",
           "pipeline in a started context without workers, *two workers* in one with `local[2]`, against two threads by hand. Other programs",
           "on the machine (see the load averages) widen the intervals, and those of two threads most.", "",
           "![ratios](results/ratios.svg)", ""]
    if (RESULTS / "scaling.svg").exists():
        out += ["![two threads](results/scaling.svg)", ""]
    out += ["## What is wanted, and how far it is", "", *wanted(measured), "", "## Workloads", ""]
    for workload in measured.workloads():
        out += details(measured, workload, said)
    out += ["## Whether the handwritten programs are good", "",
            "The same work was written by hand before, on a faster machine with wider vectors (AMD Zen 5, 3.5 GHz, AVX-512), and measured in full form. In cycles of",
            "each machine, as a loop of one-cycle steps tells them that ran between the rivals:", "", *calibrated(measured), ""]
    spark = RESULTS / "spark.md"
    if spark.exists():
        out += [spark.read_text().rstrip(), ""]
    (HERE / "RESULTS.md").write_text("\n".join(out))
    print("wrote RESULTS.md")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--flags", default="-O3 -march=native")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=", ".join(PROGRAMS))
    given = parser.parse_args()
    if unknown := [name for name in given.programs if name not in PROGRAMS]:
        sys.exit(f"{unknown[0]} is none of {', '.join(PROGRAMS)}")
    good = True
    if not given.report:
        names = given.programs or list(PROGRAMS)
        about = {"machine": machine(), "compiler": given.compiler, "flags": given.flags,
                 "version": (output_of(*shlex.split(given.compiler), "--version") or given.compiler).splitlines()[0],
                 "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"), "form": "short" if given.short else "long",
                 "commit": output_of("git", "-C", str(HERE), "rev-parse", "--short", "HEAD") or "unknown"}
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            built = dict(zip(names, pool.map(lambda name: build(name, given.compiler, given.flags), names)))
        for name in names:
            good = measure(name, built[name], given, about) and good
    report()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
