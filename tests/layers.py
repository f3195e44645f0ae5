#!/usr/bin/env python3
"""Who may include whom: lower rows know nothing of higher rows, folders of one row are blind to one another.

    layers.py include      checks include/sluice; also that each umbrella lists the headers of its folder
"""

import re
import sys
import tempfile
from pathlib import Path

ROWS = {
    "batch": 0,
    "stream": 1,
    "exchange": 2, "input": 2, "codec": 2, "io": 2,
    "state": 3,
    "operators": 4,
    "sources": 5, "outputs": 5, "runtime": 5,
    "testing": 7,
}
OPTIONAL = 6  # any other folder: a part with an umbrella and a dependency of its own

COSTLY = {"boost/hana.hpp", "chrono", "iostream", "fstream", "filesystem", "regex", "ranges", "condition_variable"}
NOT_IN_BATCH = {"memory", "functional", "chrono", "atomic", "ranges", "iostream", "thread", "mutex"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(<|")([^>"]+)', re.MULTILINE)


def row(folder):
    return ROWS.get(folder, OPTIONAL)


def included(header):
    """(line, bracket, what) for each include of a header."""
    text = header.read_text(encoding="utf-8")
    return [(text.count("\n", 0, at.start(2)) + 1, at[1], at[2]) for at in INCLUDE.finditer(text)]


def header_findings(root, header):
    folder = header.relative_to(root / "sluice").parts[0]
    umbrella = header.parent == root / "sluice"
    for line, bracket, what in included(header):
        where = f"{header.relative_to(root.parent)}:{line}: "
        if bracket == '"':
            yield f'{where}"{what}" would escape this check: write <sluice/…>'
        if what in COSTLY:
            yield f"{where}<{what}> is too dear for what everyone includes"
        if umbrella:
            continue
        if folder == "batch" and what in NOT_IN_BATCH:
            yield f"{where}batch/ does without <{what}>"
        if not what.startswith("sluice/"):
            continue
        parts = what.split("/")
        if not (root / what).is_file():
            yield f"{where}there is no <{what}>"
        elif len(parts) == 2:
            if row(folder) < ROWS["testing"]:
                yield f"{where}<{what}> is an umbrella: include the headers that are used"
        elif parts[1] != folder and row(parts[1]) >= row(folder):
            yield f"{where}{folder}/ (row {row(folder)}) must not know {parts[1]}/ (row {row(parts[1])})"


def register_findings(root):
    """Each umbrella lists its folder's headers, sorted; sluice.hpp lists each umbrella that needs no optional library."""
    folders = sorted(f.name for f in (root / "sluice").iterdir() if f.is_dir() and any(f.rglob("*.hpp")))
    registers = {f"sluice/{f}.hpp": sorted(f"sluice/{f}/{h.name}" for h in (root / "sluice" / f).glob("*.hpp"))
                 for f in folders}
    registers["sluice/sluice.hpp"] = sorted(f"sluice/{f}.hpp" for f in folders if row(f) < OPTIONAL)
    for umbrella, wanted in registers.items():
        where = f"{root.name}/{umbrella}: "
        if not (root / umbrella).is_file():
            yield f"{where}is missing: it lists the headers of its folder"
            continue
        got = [what for _, _, what in included(root / umbrella) if what.startswith("sluice/")]
        for what in sorted(set(wanted) - set(got)):
            yield f"{where}does not list <{what}>"
        for what in sorted(set(got) - set(wanted)):
            yield f"{where}lists <{what}>, which is not its own"
        if umbrella != "sluice/sluice.hpp" and got != sorted(got):
            yield f"{where}is not sorted"


def compiled_findings(root):
    """Each .ipp is in the file of the compiled mode, but for those of optional parts, which are inline for those who include them."""
    compiled = root / "sluice/compiled.cpp"
    listed = {what for _, _, what in included(compiled)} if compiled.is_file() else set()
    for body in sorted((root / "sluice").rglob("*.ipp")):
        if body.relative_to(root / "sluice").parts[0] not in ROWS:
            continue
        if (name := str(body.relative_to(root))) not in listed:
            yield f"{root.name}/sluice/compiled.cpp: does not include <{name}>"


def findings(root):
    found = list(register_findings(root)) + list(compiled_findings(root))
    for header in sorted(path for kind in ("*.hpp", "*.ipp") for path in (root / "sluice").rglob(kind)):
        found += header_findings(root, header)
    return found


def self_test():
    """The check finds what it is for, in a tree made up for it."""
    clean = {
        "batch/sink.hpp": ["vector"],
        "stream/dstream.hpp": ["sluice/batch/sink.hpp", "mutex"],
        "operators/map.hpp": ["sluice/batch/sink.hpp"],
        "operators/detail/two.hpp": ["sluice/operators/map.hpp"],
        "sources/queue.hpp": ["sluice/operators/map.hpp"],
        "outputs/print.hpp": ["sluice/operators/detail/two.hpp"],
        "runtime/workers.hpp": ["sluice/stream/dstream.hpp"],
        "kafka/direct.hpp": ["sluice/sources/queue.hpp"],
        "testing/run.hpp": ["sluice/runtime/workers.hpp", "sluice/kafka/direct.hpp", "sluice/batch.hpp"],
        "batch.hpp": ["sluice/batch/sink.hpp"],
        "kafka.hpp": ["sluice/kafka/direct.hpp"],
        "operators.hpp": ["sluice/operators/map.hpp"],
        "outputs.hpp": ["sluice/outputs/print.hpp"],
        "runtime.hpp": ["sluice/runtime/workers.hpp"],
        "sluice.hpp": [f"sluice/{f}.hpp" for f in ("batch", "operators", "outputs", "runtime", "sources", "stream")],
        "sources.hpp": ["sluice/sources/queue.hpp"],
        "stream.hpp": ["sluice/stream/dstream.hpp"],
        "testing.hpp": ["sluice/testing/run.hpp"],
    }
    faults = [
        ("batch/sink.hpp", "sluice/stream/dstream.hpp", "must not know stream/"),
        ("batch/sink.hpp", "memory", "does without <memory>"),
        ("stream/dstream.hpp", "sluice/operators/map.hpp", "must not know operators/"),
        ("operators/detail/two.hpp", "sluice/sources/queue.hpp", "must not know sources/"),
        ("sources/queue.hpp", "sluice/runtime/workers.hpp", "must not know runtime/"),
        ("runtime/workers.hpp", "sluice/outputs/print.hpp", "must not know outputs/"),
        ("runtime/workers.hpp", "sluice/kafka/direct.hpp", "must not know kafka/"),
        ("runtime/workers.hpp", "sluice/testing/run.hpp", "must not know testing/"),
        ("operators/map.hpp", "sluice/batch.hpp", "is an umbrella"),
        ("operators/map.hpp", "sluice/batch/none.hpp", "there is no"),
        ("operators/map.hpp", "boost/hana.hpp", "too dear"),
        ("testing/run.hpp", "condition_variable", "too dear"),
        ("operators/filter.hpp", "vector", "does not list <sluice/operators/filter.hpp>"),
        ("codec/text.hpp", "vector", "sluice/codec.hpp: is missing"),
        ("batch.hpp", "sluice/stream/dstream.hpp", "which is not its own"),
        ("sluice.hpp", "sluice/testing.hpp", "which is not its own"),
        ("operators.hpp", "sluice/a.hpp", "is not sorted"),
    ]

    def tried(header=None, include=None):
        tree = {name: list(includes) for name, includes in clean.items()}
        if header:
            tree.setdefault(header, []).append(include)
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "include"
            for name, includes in tree.items():
                path = root / "sluice" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("#pragma once\n" + "".join(f"#include <{i}>\n" for i in includes))
            return findings(root)

    assert tried() == [], tried()
    for header, include, message in faults:
        found = tried(header, include)
        assert any(message in f for f in found), (header, include, message, found)


def main():
    self_test()
    found = findings(Path(sys.argv[1]).resolve())
    print("\n".join(found) if found else "layers: nothing looks up")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
