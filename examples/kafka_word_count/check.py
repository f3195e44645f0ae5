#!/usr/bin/env python3
"""Beside a broker (tests/kafka/broker.py): the tests that need it, which make its topics, the programs that are killed, then the example
on those topics.

    check.py kafka_tests kafka_kills kafka_word_count

The example is stopped by a signal when it has printed all counts, and started again: it must have nothing to print then. What it has
written to the second topic it counts, too.
"""

import os
import signal
import subprocess
import sys

COUNTS = {"(never,2)", "(more,1)", "(say,1)"}
WRITTEN = {"(1,2)", "(2,1)"}


def run(program, enough, *topics):
    """What it prints until that is enough, and then its end."""
    with subprocess.Popen([program, os.environ["SLUICE_KAFKA_BROKERS"], *topics], stdout=subprocess.PIPE, text=True) as process:
        printed = []
        for line in process.stdout:
            printed.append(line.strip())
            if enough(printed):
                break
        process.send_signal(signal.SIGTERM)
        printed += [line.strip() for line in process.stdout]
        if process.wait() != 0:
            sys.exit(f"kafka_word_count: exit code {process.returncode}")
    return {line for line in printed if line.startswith("(")}


def main():
    tests, kills, example = sys.argv[1:]
    for command in [tests, "--test-suite=broker"], [kills]:
        code = subprocess.run(command, check=False).returncode
        if code != 0:
            return code
    topics = ["example-words", "example-counts"]
    first = run(example, lambda printed: COUNTS <= set(printed), *topics)
    again = run(example, lambda printed: sum(line.startswith("Time: ") for line in printed) == 2, *topics)
    written = run(example, lambda printed: WRITTEN <= set(printed), "example-counts")
    if first != COUNTS or again or written != WRITTEN:
        sys.exit(f"kafka_word_count printed {sorted(first)}, and then {sorted(again)}; it wrote {sorted(written)}")
    print("kafka_word_count: all counts, once")
    return 0


if __name__ == "__main__":
    sys.exit(main())
