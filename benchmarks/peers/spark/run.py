#!/usr/bin/env python3
"""Spark Streaming and sluice on the same files, in turn: writes the last chapter of RESULTS.md.

    run.py [--short | --plain] [--compiler g++] [--flags='-O3 -march=native'] [WORKLOAD]…

It needs a JDK 17 and Maven, which once downloads Spark's jars (123 MB) into $SPARK_CACHE, or ~/.cache/sluice/spark. First the settings of
Spark are swept on its word count, and the best ones are used; then each workload runs in Spark, which warms up for at least 60 s, and in
sluice, over as many batches; what the last batch puts out is compared record by record. About 20 minutes; --short warms up for 10 s, sweeps
nothing and takes smaller files: it shows that all works, no more. --plain only leaves out the sweep and the search for the smallest interval.
"""

import argparse
import datetime
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCHMARKS = HERE.parents[1]
CACHE = Path(os.environ.get("SPARK_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sluice/spark")
WORKLOADS = {
    "grep": ("grep", 50),
    "wordcount": ("word count", 50),
    "window": ("windowed count, 10 batches, without inverse", 20),
    "inverse": ("windowed count, 10 batches, with inverse", 20),
    "update": ("`updateStateByKey`", 20),
    "map": ("`mapWithState`", 20),
}
BASE = {"heap": "4g", "partitions": 2, "kryo": 1, "level": "MEMORY_ONLY"}
# One setting is changed at a time; the best value is kept before the next one is.
SWEEP = [("partitions", [2, 4, 8]), ("kryo", [0, 1]), ("heap", ["2g", "4g"])]
STATE_SWEEP = ("level", ["MEMORY_ONLY", "MEMORY_ONLY_SER"])  # on the workloads that keep something
OPENED = ["java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util", "java.util.concurrent",
          "java.util.concurrent.atomic", "sun.nio.ch", "sun.nio.cs", "sun.security.action", "sun.util.calendar"]


def same(a, b):
    return b.exists() and a.read_bytes() == b.read_bytes()


def fetch():
    """Spark's jars and the compiled program, once. The pom is copied last: where it is, all is."""
    if not same(HERE / "pom.xml", CACHE / "pom.xml"):
        CACHE.mkdir(parents=True, exist_ok=True)
        for jar in CACHE.glob("*.jar"):
            jar.unlink()
        subprocess.run(["mvn", "-q", "-B", "-f", HERE / "pom.xml", "dependency:copy-dependencies", "-DincludeScope=runtime",
                        f"-DoutputDirectory={CACHE}"], check=True)
        shutil.copy(HERE / "pom.xml", CACHE / "pom.xml")
    if not same(HERE / "Streaming.java", CACHE / "classes/Streaming.java"):
        subprocess.run(["javac", "-nowarn", "-cp", f"{CACHE}/*", "-d", CACHE / "classes", HERE / "Streaming.java"], check=True)
        shutil.copy(HERE / "Streaming.java", CACHE / "classes/Streaming.java")


def figures(text):
    return {key: float(value) for key, value in (line.split() for line in text.splitlines() if len(line.split()) == 2)}


def spark(workload, folder, settings, warm, timed, sustain):
    with tempfile.TemporaryDirectory() as work:
        with open(Path(work) / "log", "w+") as log:
            done = subprocess.run(["java", f"-Xms{settings['heap']}", f"-Xmx{settings['heap']}",
                                   *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED),
                                   "-Djdk.reflect.useDirectMethodHandle=false", f"-Dspark.local.dir={work}", f"-Dwork={work}",
                                   "-cp", f"{CACHE}/classes:{CACHE}/*", "Streaming", workload, f"files={folder}", f"out={folder}/spark.out",
                                   f"warm={warm}", f"timed={timed}", f"sustain={int(sustain)}",
                                   *(f"{key}={settings[key]}" for key in ("partitions", "kryo", "level"))],
                                  stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | {"SPARK_LOCAL_IP": "127.0.0.1"})
            if done.returncode != 0:
                log.seek(0)
                sys.exit(log.read()[-3000:])
    return figures(done.stdout)


def records(file):
    return sorted(file.read_bytes().splitlines())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--flags", default="-O3 -march=native")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(WORKLOADS))
    given = parser.parse_args()
    if unknown := [name for name in given.workloads if name not in WORKLOADS]:
        sys.exit(f"{unknown[0]} is none of {', '.join(WORKLOADS)}")
    brief = given.short or given.plain
    fetch()
    lines = 20_000 if given.short else 200_000
    warm, timed = (10, 10) if given.short else (60, 20)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        program = folder / "sluice"
        subprocess.run([*shlex.split(given.compiler), "-std=c++20", *shlex.split(given.flags), "-DNDEBUG", f"-I{BENCHMARKS.parent / 'include'}",
                        HERE / "sluice.cpp", "-o", program, "-pthread"], check=True)
        subprocess.run([program, "make", folder, "4", str(lines)], check=True)

        best, swept = dict(BASE), []
        if not brief:
            for setting, values in SWEEP:
                medians = {value: spark("wordcount", folder, best | {setting: value}, 20, 15, False)["median"] for value in values}
                swept += [("word count", setting, value, median) for value, median in medians.items()]
                best[setting] = min(medians, key=medians.get)
                print(setting, medians, flush=True)
            setting, values = STATE_SWEEP
            medians = {value: spark("update", folder, best | {setting: value}, 20, 15, False)["median"] for value in values}
            swept += [("updateStateByKey", setting, value, median) for value, median in medians.items()]
            best[setting] = min(medians, key=medians.get)
            print(setting, medians, flush=True)

        rows, bad = [], 0
        for workload in given.workloads or WORKLOADS:
            name, wanted = WORKLOADS[workload]
            theirs = spark(workload, folder, best, warm, timed, not brief)
            batches = int(theirs["batches"])
            own = figures(subprocess.run([program, workload, folder, folder / "sluice.out", str(batches), str(timed)], stdout=subprocess.PIPE,
                                         text=True, check=True).stdout)
            expected, found = records(folder / "spark.out"), records(folder / "sluice.out")
            bad += expected != found
            verdict = f"{len(found)}, the same" if expected == found else f"**differ**: {len(expected)} and {len(found)}"
            ratio, memory = theirs["median"] / own["median"], theirs["peak"] / own["peak"]
            rows.append([name, f"{theirs['median']:.0f} ({theirs['least']:.0f}–{theirs['most']:.0f}) ms",
                         f"{own['median']:.1f} ({own['least']:.1f}–{own['most']:.1f}) ms", f"**{ratio:.1f} ×**",
                         f"{wanted} ×" + ("" if ratio >= wanted else f": {ratio / wanted:.2f} of it"), f"{theirs['peak']:.0f} / {own['peak']:.0f} MiB",
                         f"{memory:.0f} ×", f"{theirs['sustained']:.0f} / {own['sustained']:.0f} ms" if "sustained" in theirs else "", verdict])
            print(rows[-1], flush=True)

    head = ["workload", "Spark: median (least–most)", "sluice: median (least–most)", "Spark / sluice", "wanted at least", "peak memory, Spark / sluice",
            "(wanted: 10 ×)", "smallest interval sustained, Spark / sluice", "records of the last batch"]
    out = ["## Spark itself, side by side", "",
           f"Spark Streaming 3.5.6, `local[2]`, JDK 17, and sluice, `local[2]`, on the same machine and the same files, in turn: {lines} lines of 100 bytes a batch,",
           "words of a vocabulary of 100,000, in two files. Spark's time is the processing delay that its own listener tells, so without the making of its jobs;",
           "that of sluice is from the tick to the end of the batch, in which it also looks for the files. Spark has warmed up for",
           f"{warm} s, then {timed} batches count; the last batch of both is compared record by record. Peak memory is the most that the process had resident; Spark's heap is",
           f"fixed. Measured {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}, load average {os.getloadavg()[0]:.1f}, `{given.compiler} {given.flags}`.", "",
           "| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *("| " + " | ".join(row) + " |" for row in rows), ""]
    if swept:
        out += [f"Spark ran with {', '.join(f'{key} {value}' for key, value in best.items())}, its user interface off: the best of a sweep, one setting after the other, each",
                "with 20 s of warm-up:", "", "| workload | setting | value | median |", "| --- | --- | --- | --- |",
                *(f"| {where} | {setting} | {value} | {median:.0f} ms |" for where, setting, value, median in swept), ""]
    else:
        out += [f"Spark ran with {', '.join(f'{key} {value}' for key, value in best.items())}, its user interface off, without a sweep.", ""]
    (BENCHMARKS / "results").mkdir(exist_ok=True)
    (BENCHMARKS / "results/spark.md").write_text("\n".join(out))
    subprocess.run([sys.executable, BENCHMARKS / "run.py", "--report"], check=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
