#!/usr/bin/env python3
"""Several files as one translation unit, which compiles once what they share: each stands in a namespace of its own, and
what they include stands before.

    together.py out.cpp map.cpp filter.cpp …
    together.py --programs out.cpp joins.cpp sessions.cpp …     one program, which runs that of the file that it is given by name
"""

import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'^#include ([<"])(.+)[>"].*$', re.MULTILINE)
GLOBAL = re.compile(r"^(?:template <>|namespace (?:sluice|std|boost)|#define |int main|BOOST_HANA_ADAPT)", re.MULTILINE)


def stands_alone(text):
    """Whether something in it must stand in another namespace than the file's own, or is meant for all that follows."""
    return GLOBAL.search(text) is not None


def read(path):
    return path.read_text(encoding="utf-8")


def together(paths, text_of=read):
    included, bodies = {}, []
    for path in paths:
        text = text_of(path)
        for quote, name in INCLUDE.findall(text):
            included[f"<{name}>" if quote == "<" else f'"{(path.parent / name).resolve()}"'] = None
        body = INCLUDE.sub("", text)
        name = re.sub(r"\W", "_", f"{path.parent.name}_{path.stem}")
        bodies.append(f'namespace {name} {{\n#line 1 "{path}"\n{body}\n}}\n')
    return "".join(f"#include {name}\n" for name in included) + "".join(bodies)


def program(path):
    """Its `main`, which stands last, as a function like others, which must say that it returns 0."""
    return re.sub(r"}\s*\Z", "    return 0;\n}\n", re.sub(r"^int main\(\)$", "int run()", read(path), count=1, flags=re.MULTILINE))


def programs(paths):
    chosen = "".join(f'    if (name == "{path.stem}") return {path.parent.name}_{path.stem}::run();\n' for path in paths)
    return (together(paths, program) + "#include <string_view>\nint main(int, char** arguments)\n{\n"
            + f"    std::string_view const name = arguments[1];\n{chosen}    return 1;\n}}\n")


def main():
    several = sys.argv[1] == "--programs"
    out, *paths = map(Path, sys.argv[1 + several:])
    for path in paths:
        if stands_alone(program(path) if several else read(path)):
            sys.exit(f"{path} cannot stand in a namespace: name it among those compiled by themselves, in tests/meson.build")
    out.write_text((programs if several else together)(paths), encoding="utf-8")


if __name__ == "__main__":
    main()
