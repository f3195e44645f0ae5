#!/usr/bin/env python3
"""Each operator, source and output, and each setting, stands in README's tables: a row whose first cell has its name in backquotes.
The settings stand there in the order of their declaration, which a designated initialiser has to keep.

    readme_table.py README.md config.hpp operators.hpp sources.hpp outputs.hpp
"""

import re
import sys
from pathlib import Path


def names(readme):
    """The names in the first cells of all table rows, without arguments, in lower case."""
    found = set()
    for row in re.findall(r"^\|([^|]*)\|", readme, re.MULTILINE):
        found |= {name.lower() for name in re.findall(r"`\s*(\w+)", row)}
    return found


def settings(config):
    """The members of struct Config, as the names of headers would be."""
    body = re.search(r"^struct Config {\n(.*?)^};", config, re.MULTILINE | re.DOTALL)[1]
    members = re.findall(r"^    \w[^;=]*?(\w+)(?:{.*}| = .*);$", body, re.MULTILINE)
    return [re.sub(r"[A-Z]", lambda capital: "_" + capital[0].lower(), member) for member in members]


def settings_table(readme):
    """The names of the table of settings, in its order, as the names of headers would be."""
    table = re.search(r"^\| setting \|.*\n\|[- |]*\|\n((?:\|.*\n)*)", readme, re.MULTILINE)
    found = re.findall(r"^\| `(\w+)`", table[1] if table else "", re.MULTILINE)
    return [re.sub(r"[A-Z]", lambda capital: "_" + capital[0].lower(), name) for name in found]


def lacking(readme, headers):
    known = names(readme)
    return [header for header in headers if header.replace("_", "") not in known]


def self_test():
    table = "| `map(f)` | one |\n| `flatMap`, `split()` | many |\n\nand `count()` | `filter` |\n| all | `take` |\n"
    assert lacking(table, ["map", "flat_map", "split"]) == []
    assert settings("struct Config {\n    /// a = b\n    int oneTwo = 1;\n    F<void(A const&)> three{};\n};\n") == ["one_two", "three"]
    assert lacking(table, ["count", "filter", "take"]) == ["count", "filter", "take"]
    assert settings_table("| setting | default |\n| --- | --- |\n| `oneTwo` | 1 |\n| `three` | `four` |\n\n| `five` |\n") == ["one_two", "three"]


def main():
    self_test()
    readme, config, *umbrellas = map(Path, sys.argv[1:])
    if not readme.is_file():
        sys.exit(f"{readme.name} is missing")
    headers = [header for umbrella in umbrellas
               for header in re.findall(r"^#include <sluice/\w+/(\w+)\.hpp>", umbrella.read_text(encoding="utf-8"), re.MULTILINE)]
    declared = settings(config.read_text(encoding="utf-8"))
    told = settings_table(readme.read_text(encoding="utf-8"))
    headers += declared
    missing = lacking(readme.read_text(encoding="utf-8"), headers)
    misplaced = [name for name, other in zip(declared, told) if name != other] if not missing else []
    if misplaced:
        print(f"README.md: its table of settings has another order than struct Config, from `{misplaced[0]}` on")
    for header in missing:
        words = header.split("_")
        print(f"README.md: no table row begins with `{words[0] + ''.join(w.capitalize() for w in words[1:])}`")
    print(f"readme_table: {len(headers) - len(missing)} of {len(headers)} names have a row")
    return 1 if missing or misplaced or len(declared) != len(told) else 0


if __name__ == "__main__":
    sys.exit(main())
