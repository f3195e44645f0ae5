#!/usr/bin/env python3
"""Several files as one translation unit, which compiles once what they share: each stands in a namespace of its own, and
what they include stands before.

    together.py out.cpp map.cpp filter.cpp …
"""

import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'^#include ([<"])(.+)[>"].*$', re.MULTILINE)
GLOBAL = re.compile(r"^(?:template <>|namespace (?:sluice|std|boost)|#define |int main|BOOST_HANA_ADAPT)", re.MULTILINE)


def stands_alone(text):
    """Whether something in it must stand in another namespace than the file's own, or is meant for all that follows."""
    return GLOBAL.search(text) is not None


def together(paths):
    included, bodies = {}, []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for quote, name in INCLUDE.findall(text):
            included[f"<{name}>" if quote == "<" else f'"{(path.parent / name).resolve()}"'] = None
        body = INCLUDE.sub("", text)
        name = re.sub(r"\W", "_", f"{path.parent.name}_{path.stem}")
        bodies.append(f'namespace {name} {{\n#line 1 "{path}"\n{body}\n}}\n')
    return "".join(f"#include {name}\n" for name in included) + "".join(bodies)


def main():
    out, paths = Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    for path in paths:
        if stands_alone(path.read_text(encoding="utf-8")):
            sys.exit(f"{path} cannot stand in a namespace: name it among those compiled by themselves, in tests/meson.build")
    out.write_text(together(paths), encoding="utf-8")


if __name__ == "__main__":
    main()
