#!/usr/bin/env python3
"""What a new version of a program may change, and what it finds in the directory of the one before: each row with the lines that must come.

    upgrades.py writer program.cpp include -- c++ …

The writer is version 1 of the program, as the build has compiled it. Version 2, which reads, is compiled here, by the other compiler, with another
optimisation and instruction set; where there is none, by the same, and it says so.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# Of each row: its name, what version 1 keeps and does, what version 2 keeps and does, and what must stand in what that says.
FIRST = "0 3"
ROWS = [
    # members of a struct that is adapted to Boost.Hana, of a plain one within it, and of a number
    ("a member was added", f"order {FIRST}", "order 3 1", [r"order a .* currency=- country=none", r"order k4 .* currency=EUR"]),
    ("a member was removed", f"order {FIRST}", "order 3 1", [r"order k3 id=30 note=n30 (?!.*discount)"]),
    ("members changed places", f"order {FIRST}", "order 3 1", [r"order k2 id=20 note=n20 unit=60 weight=50 street=s20 zip=100"]),
    ("a member was renamed", f"order {FIRST}", "order 3 1", [r"order k1 .* total=20 "]),
    ("a member was widened", f"order {FIRST}", "order 3 1", [r"order k3 .* unit=90 "]),
    ("a member was narrowed", f"order {FIRST}", "order 3 1", [r"order k3 .* weight=50 "]),
    ("a member may be missing", f"order {FIRST}", "order 3 1", [r"order k3 .* limit=120 "]),
    ("a nested struct got a member", f"order {FIRST}", "order 3 1", [r"order a .* street=s1 zip=5 .* country=none"]),
    ("keys that no batch has touched, two versions on", f"order {FIRST}; order 3 1 @2", "order 4 1", [r"order k1 .* total=20 ", r"order k5 "]),
    ("a state was narrowed, and fits", f"numbers {FIRST}", "numbers 3 1", [r"numbers 0 10", r"numbers 3 30"]),
    ("a state was narrowed, and does not fit", f"numbers {FIRST} big=1", "numbers 3 1",
     [r'refused: sluice::mapWithState "numbers" \(.*cannot be used: .* written as int64 does not fit into int32']),
    # keys
    ("keys were widened", f"numbers {FIRST}", "numbers 3 1 partitions=3", [r"numbers 0 10", r"numbers 1 10", r"numbers 4 40"]),
    ("keys are of another type", f"order {FIRST}", "numbers 3 1 name=order",
     [r'refused: sluice::mapWithState "order" \(.*what .* has of it cannot be used: .*text.*int64']),
    # states
    ("a state is new", f"order {FIRST}", "order,numbers 3 1", [r"order a id=1 ", r"numbers 0 4$"]),
    ("a state is gone", f"order,numbers {FIRST}", "order 3 1",
     [r'refused: sluice::checkpoint .* knows "numbers", which the program does not have: .*CheckpointOptions::drop']),
    ("a state is gone, and dropped", f"order,numbers {FIRST}", "order 3 1 drop=numbers", [r"order a id=1 "]),
    ("a state was renamed", f"order {FIRST}", "order 3 1 name=orders",
     [r'refused: sluice::checkpoint .* knows "order", which the program does not have: what has another name now is to keep that one']),
    ("a state was renamed, and dropped", f"order {FIRST}", "order 3 1 name=orders drop=order", [r"order a id=4 "]),
    ("a state is another operator's", f"same {FIRST}", "order 3 1 name=lasting drop=sums",
     [r'refused: sluice::checkpoint .* knows "windowSums"']),
    # the rest
    ("another compiler, optimisation and instruction set", f"same {FIRST}", "same 3 1",
     [r"sums a 10", r"sums k1 10", r"windowSums a 9", r"lasting k2 20", r"(?!.*lasting k1)"]),
    ("and back again", f"same {FIRST}; same 3 1 @2", "same 4 1 @1", [r"sums a 15", r"sums k1 10", r"windowSums a 12", r"lasting k3 30"]),
    ("the number of partitions", f"order,same {FIRST}", "order,same 3 1 partitions=5",
     [r"order k3 id=30 ", r"sums a 10", r"windowSums a 9", r"windowSums k2 20"]),
    ("the number of workers", f"order,same {FIRST}", "order,same 3 1 workers=3", [r"order k3 id=30 ", r"sums a 10", r"windowSums a 9"]),
    ("the batch interval", f"same {FIRST}", "same 3 1 interval=2 window=4", [r"sums a 10", r"windowSums a 9", r"lasting k2 20"]),
    ("the batch interval does not fit the window", f"same {FIRST}", "same 3 1 interval=2", [r"refused: sluice::window \(.*multiple"]),
    ("a longer window", "same 0 5", "same 5 1 window=5", [r"windowSums a 18", r"lasting k3 30", r"(?!.*lasting k2)"]),
    ("a shorter window", f"same {FIRST}", "same 3 1 window=2", [r"windowSums a 7", r"windowSums k3 30", r"(?!.*windowSums k2)"]),
    ("another slide", f"same {FIRST}", "same 3 1 slide=2", [r"sums a 10", r"windowSums a 9"]),
]


def compiled_by_the_other(source, include, compiler, folder):
    """Version 2, and how it was compiled."""
    version = subprocess.run([*compiler, "--version"], capture_output=True, text=True, check=True).stdout
    is_clang = "clang" in version
    others = ["g++", "g++-12"] if is_clang else ["clang++-14", "clang++"]
    other = next((name for name in others if shutil.which(name)), None)
    if other is None:
        print(f"none of {', '.join(others)} is installed: version 2 is compiled by the same compiler")
    command = [other] if other else compiler
    flags = ["-std=c++20", "-DSLUICE_COMPILED", "-DPROGRAM_VERSION=2", f"-I{include}"]
    ccache = [shutil.which("ccache")] if shutil.which("ccache") and command[0] != "ccache" and "ccache" not in command[0] else []
    objects = []
    instructions = ["-march=x86-64-v2"] if platform.machine() == "x86_64" else []
    # What is compiled once is optimised: in full the program would take most of this test's time.
    for name, extra in [(source, ["-O0", *instructions]), (Path(include) / "sluice" / "compiled.cpp", ["-O1", *instructions])]:
        objects.append(str(Path(folder) / (Path(name).name + ".o")))
        subprocess.run([*ccache, *command, *flags, *extra, "-c", str(name), "-o", objects[-1]], check=True)
    program = str(Path(folder) / "version2")
    subprocess.run([*command, *objects, "-o", program, "-pthread"], check=True)
    print(f"version 2 is compiled by {' '.join(command + ['-O1'] + instructions)}")
    return program


def run(programs, life, directory):
    """A life, of version 1 unless it says @2; what it prints."""
    words = life.split()
    version = next((word[1:] for word in words if word.startswith("@")), None)
    rows, *rest = [word for word in words if not word.startswith("@")]
    done = subprocess.run([programs[version or "1"], rows, directory, *rest], capture_output=True, text=True, check=False, timeout=200)
    if done.returncode not in (0, 3):
        raise RuntimeError(f"`{life}` ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def main():
    at = sys.argv.index("--")
    writer, source, include = sys.argv[1:at]
    compiler = sys.argv[at + 1:]
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        programs = {"1": writer, "2": compiled_by_the_other(source, include, compiler, folder)}
        for number, (name, before, after, expected) in enumerate(ROWS):
            directory = os.path.join(folder, f"row{number}")
            for life in before.split(";"):
                told = run(programs, life.strip(), directory)
                if told.startswith("refused"):
                    raise RuntimeError(f"{name}: `{life}` is refused: {told}")
            told = run(programs, after if "@" in after else after + " @2", directory)
            missing = [text for text in expected if not re.search(r"\A(?:" + text + ")" if text.startswith("(?!") else text, told,
                                                                  re.DOTALL if text.startswith("(?!") else re.MULTILINE)]
            failures += 1 if missing else 0
            print(f"{'FAIL' if missing else 'ok'}  {name}")
            for text in missing:
                print(f"      no {text} in\n{told}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
