#!/usr/bin/env python3
"""Beside a broker (tests/kafka/broker.py): the tests that need it, which make its topics, the programs that are killed, then the examples
on those topics.

    check.py kafka_tests kafka_kills kafka_group_kills kafka_word_count kafka_offsets kafka_totals

The word count is stopped by a signal when it has printed all counts, and started again: it must have nothing to print then. What it has
written to the second topic it counts, too. The second example keeps in three ways where it was, and must find it there. The third one is
three processes, two of which are killed.
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


def check_totals(example, brokers):
    """Two of three processes are killed while lines come, and started again: each total is there once, in order, and the last one is exact."""
    add = lambda name: subprocess.Popen([example, "add", brokers, "example-lines", "example-totals", name])
    processes = {name: add(name) for name in "123"}
    totals = {"to": 0, "be": 0, "or": 0, "not": 0}
    wanted = {"to": 800, "be": 800, "or": 400, "not": 400}
    with (subprocess.Popen([example, "write", brokers, "example-lines"], stdin=subprocess.PIPE, text=True) as writer,
          subprocess.Popen([example, "show", brokers, "example-totals"], stdout=subprocess.PIPE, text=True) as shown):
        def write(lines):
            writer.stdin.write("to be or not to be\n" * lines)
            writer.stdin.flush()

        def read_until(enough):
            while not enough():
                word, total = shown.stdout.readline().strip("()\n").split(",")
                if int(total) <= totals[word]:
                    sys.exit(f"kafka_totals: {word} has the total {total} behind {totals[word]}")
                totals[word] = int(total)

        write(100)
        read_until(lambda: totals["not"] == 100)
        write(100)
        read_until(lambda: totals["not"] > 100)
        for name in "23":
            processes[name].kill()
            processes[name].wait()
            write(50)
            processes[name] = add(name)
        write(100)
        writer.stdin.close()
        read_until(lambda: totals == wanted)
        shown.terminate()
        if writer.wait() != 0 or shown.wait() != 0:
            sys.exit(f"kafka_totals: exit codes {writer.returncode} and {shown.returncode}")
    for process in processes.values():
        process.terminate()
    codes = [process.wait() for process in processes.values()]
    if codes != [0, 0, 0]:
        sys.exit(f"kafka_totals: exit codes {codes}")
    print("kafka_totals: all totals, once, in order, by three processes, two of them killed")


def main():
    tests, kills, group_kills, word_count, offsets, totals = sys.argv[1:]
    for command in [tests, "--test-suite=broker"], [kills], [group_kills, "5", "10000"]:
        code = subprocess.run(command, check=False).returncode
        if code != 0:
            return code
    check_word_count(word_count, os.environ["SLUICE_KAFKA_BROKERS"])
    check_offsets(offsets, os.environ["SLUICE_KAFKA_BROKERS"])
    check_totals(totals, os.environ["SLUICE_KAFKA_BROKERS"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
