#!/usr/bin/env python3
"""Beside a broker (tests/kafka/broker.py): the tests that need it, which make its topics, the programs that are killed, then the examples
on those topics.

    check.py kafka_tests kafka_kills kafka_word_count kafka_offsets

The word count is stopped by a signal when it has printed all counts, and started again: it must have nothing to print then. What it has
written to the second topic it counts, too. The other example keeps in three ways where it was, and must find it there.
"""

import os
import signal
import subprocess
import sys
import tempfile

COUNTS = {"(never,2)", "(more,1)", "(say,1)"}
WRITTEN = {"(1,2)", "(2,1)"}


def run(command, enough, end=signal.SIGTERM):
    """What it prints until that is enough, and then its end by a signal."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        printed = []
        for line in process.stdout:
            printed.append(line.strip())
            if enough(printed):
                break
        process.send_signal(end)
        printed += [line.strip() for line in process.stdout]
        if process.wait() != (0 if end == signal.SIGTERM else -end):
            sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
    return {line for line in printed if line.startswith("(")}


def check_word_count(example, brokers):
    topics = ["example-words", "example-counts"]
    command = [example, brokers]
    first = run([*command, *topics], lambda printed: COUNTS <= set(printed))
    again = run([*command, *topics], lambda printed: sum(line.startswith("Time: ") for line in printed) == 2)
    written = run([*command, "example-counts"], lambda printed: WRITTEN <= set(printed))
    if first != COUNTS or again or written != WRITTEN:
        sys.exit(f"kafka_word_count printed {sorted(first)}, and then {sorted(again)}; it wrote {sorted(written)}")
    print("kafka_word_count: all counts, once")


def check_offsets(example, brokers):
    """It is stopped where offsets are in a group, and killed where it must find what it has counted itself."""
    with tempfile.TemporaryDirectory() as folder:
        for way, path, end, known in [("group", [], signal.SIGTERM, set()), ("store", [f"{folder}/store"], signal.SIGKILL, COUNTS),
                                      ("checkpoint", [f"{folder}/checkpoint"], signal.SIGKILL, COUNTS)]:
            command = [example, way, brokers, "example-words", *path]
            ranges = lambda printed: sum(line.startswith("OffsetRange(") for line in printed)
            first = run(command, lambda printed: COUNTS <= set(printed) and ranges(printed) >= 2, end)
            again = run(command, lambda printed: ranges(printed) >= 2)
            if first != COUNTS or again != known:
                sys.exit(f"kafka_offsets {way} printed {sorted(first)}, and then {sorted(again)}")
    print("kafka_offsets: all counts, once, in three ways")


def main():
    tests, kills, word_count, offsets = sys.argv[1:]
    for command in [tests, "--test-suite=broker"], [kills]:
        code = subprocess.run(command, check=False).returncode
        if code != 0:
            return code
    check_word_count(word_count, os.environ["SLUICE_KAFKA_BROKERS"])
    check_offsets(offsets, os.environ["SLUICE_KAFKA_BROKERS"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
