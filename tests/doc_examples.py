#!/usr/bin/env python3
"""Turns each ```cpp block in the `///` comments of headers into a test case.

    doc_examples.py include out.cpp sluice/operators/map.hpp …

A header that documents a public name and shows no example is an error. Public is what stands in namespace sluice,
outside of `namespace detail`. An example is the body of a function, in which the names of sluice and the literals of
std are at hand; `#include` lines go to the file's top, and paragraphs up to the last one with a line that starts with
`template`, `namespace`, `concept` or `BOOST_HANA_` stand at file scope.
"""

import re
import sys
from pathlib import Path

HEAD = """// Made by tests/doc_examples.py out of the comments of headers: change those.

#include <sluice/sluice.hpp>
#if __has_include(<sluice/testing.hpp>)
#include <sluice/testing.hpp>
#endif

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using namespace sluice;
using namespace std::literals;
"""

NAMESPACE = re.compile(r"^\s*(?:inline\s+)?namespace\b([\w\s:]*)\{")
NOT_CODE = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'|//.*')
FILE_SCOPE = re.compile(r"(template|namespace|concept|BOOST_HANA_)")


def read(lines):
    """(number of the first line that documents a public name, or 0; [(line number, lines)] of the examples)."""
    public, examples, example, start = 0, [], None, 0
    depth, opened = 0, []  # of namespaces: (depth, is it detail?, is it sluice?)
    for number, line in enumerate(lines, 1):
        bare = line.strip()
        if bare.startswith("///") and not bare.startswith("///<"):
            text = bare[3:].removeprefix(" ")
            if example is not None and text.startswith("```"):
                examples.append((start, example))
                example = None
            elif example is not None:
                example.append(text)
            elif text.strip() == "```cpp":
                start, example = number + 1, []
            if not public and any(name[2] for name in opened) and not any(name[1] for name in opened):
                public = number
            continue
        if example is not None:
            raise ValueError(f"{start - 1}: an example that does not end")
        code = NOT_CODE.sub("", line)
        if at := NAMESPACE.match(code):
            names = re.split(r"[\s:]+", at[1])
            opened.append((depth, "detail" in names, "sluice" in names))
        depth += code.count("{") - code.count("}")
        while opened and depth <= opened[-1][0]:
            opened.pop()
    return public, examples


def split(example):
    """(#include lines, how many lines stand at file scope)."""
    includes = [line for line in example if line.startswith("#include")]
    last = max((i for i, line in enumerate(example) if FILE_SCOPE.match(line)), default=-1)
    end = next((i for i in range(last, len(example)) if not example[i].strip()), len(example)) if last >= 0 else 0
    return includes, end


def test_case(header, start, example):
    includes, end = split(example)
    code = ["" if line in includes else line for line in example]
    here = f'"include/{header}"'
    text = []
    if end:
        text += [f"#line {start} {here}", *code[:end]]
    text += [f"#line {start + end - 1} {here}", f'TEST_CASE("{header}:{start}") {{', *code[end:], "}", ""]
    return includes, text


def main():
    root, out, headers = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    wrong, includes, cases = [], [], []
    for header in headers:
        try:
            public, examples = read((root / header).read_text(encoding="utf-8").split("\n"))
        except ValueError as error:
            wrong.append(f"include/{header}:{error}")
            continue
        if public and not examples:
            wrong.append(f"include/{header}:{public}: a public name is documented without an example: write a "
                         "```cpp block into its /// comment")
        for start, example in examples:
            more, text = test_case(header, start, example)
            includes += more
            folder = header.split("/")[1]
            if folder in ("checkpoint", "storage"):  # which sluice.hpp leaves out
                includes.append(f"#include <sluice/{folder}.hpp>")
            cases += text
    if wrong:
        sys.exit("\n".join(wrong))
    out.write_text("\n".join([*sorted(set(includes)), HEAD, *cases]), encoding="utf-8")


if __name__ == "__main__":
    main()
