#!/usr/bin/env python3
"""Misuse gives one error, the one that the file names, near the user's own line; its twin compiles.

    expect_error.py include operators.hpp compile_fail [--mistakes] -- c++ -std=c++20 …

Each file of the folder opens with `// expect: <regex>`, which one of its errors must match. Further lines of that kind:
`// errors: 2` where one cannot be had, `// warning` where one warning, and no error, is what is expected. It is
compiled as it stands, and with SLUICE_TWIN defined, which selects the right use: that compiles without a warning. With
--mistakes the right uses are left to another compiler. Most of what a file costs is to begin, and to instantiate what
others use, too: many are compiled together, and what is then not as expected again, in halves, until it stands alone.
Where the error comes only when code is made: `// compiled`; clang does not tell the user's line then.
Where the compilers differ in the number of errors: `// errors: 2 clang`. Where the user's line stands further away: `// near: 10`.
Each header of the umbrella that is given has a misuse of its own: compile_fail/<header>_<mistake>.cpp. Where the sentence is
one of a need that operators share, the operator's name stands near it, too.
"""

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from together import stands_alone, together

WARNINGS = ["-Wall", "-Wextra"]
TOGETHER = 72  # files at most: less than a GiB of the compiler's memory
NEAR = 8  # lines of the compiler's output, without those of who includes whom, within which the user's own must stand


def directives(text, clang):
    """What the comment lines at the file's top expect: {"expect": regex, "errors": n, "warning": bool, "compiled": bool, "near": lines}."""
    wanted = {"expect": None, "errors": 1, "warning": False, "compiled": False, "near": NEAR}
    for line in text.split("\n"):
        if not line.startswith("//"):
            break
        if at := re.match(r"// expect: (.+)", line):
            wanted["expect"] = at[1].strip()
        elif at := re.match(r"// errors: (\d+)(?: (gcc|clang))?$", line):
            if at[2] in (None, "clang" if clang else "gcc"):
                wanted["errors"] = int(at[1])
        elif at := re.match(r"// near: (\d+)$", line):
            wanted["near"] = int(at[1])
        elif line.strip() in ("// warning", "// compiled"):
            wanted[line.strip()[3:]] = True
    return wanted


def reported(output, kind):
    return re.findall(rf"^\S.*?:\d+(?::\d+)?: (?:fatal )?{kind}: (.*)$", output, re.MULTILINE)


def faults(path, text, output, code, clang=False, operator=""):
    """What is wrong with the compiler's answer to the misuse of that operator."""
    wanted = directives(text, clang)
    if not wanted["expect"]:
        return ["it must open with `// expect: <regex>`"]
    if "SLUICE_TWIN" not in text:
        return ["it has no `#ifdef SLUICE_TWIN` with the right use"]

    errors, warnings = reported(output, "error"), reported(output, "warning")
    found = []
    if wanted["warning"]:
        if errors or len(warnings) != 1:
            found.append(f"{len(errors)} errors and {len(warnings)} warnings, expected one warning alone")
    elif code == 0:
        found.append("it compiles")
    elif len(errors) != wanted["errors"]:
        found.append(f"{len(errors)} errors, expected {wanted['errors']}")
    if not any(re.search(wanted["expect"], said) for said in (warnings if wanted["warning"] else errors)):
        found.append(f"nothing said matches {wanted['expect']}")

    if wanted["compiled"] and clang:  # which does not say then where it was
        return found
    lines = [line for line in output.split("\n") if not re.match("In file included from| +from ", line)]
    if not any(re.search(rf"{re.escape(path.name)}:\d+", line) for line in lines[:wanted["near"]]):
        found.append(f"the user's own line does not stand within the first {wanted['near']} lines")
    refused_within = path.stem.endswith("_of_refused")  # an operator in its function is
    if "::explain" in output and not refused_within and not any(operator.replace("_", "") in line.lower() for line in lines[:wanted["near"]]):
        found.append(f"{operator} is not named within the first {wanted['near']} lines")
    return found


def said(command):
    """(what the compiler said, its exit code)."""
    done = subprocess.run(command, text=True, stderr=subprocess.STDOUT, stdout=subprocess.PIPE,
                          env={**os.environ, "LC_ALL": "C"})
    return done.stdout, done.returncode


def precompiled(compiler, folder, clang):
    """The flags that take sluice.hpp in precompiled: it is most of what a file costs, and changes no message."""
    header = Path(folder) / "precompiled.hpp"
    header.write_text("#include <sluice/sluice.hpp>\n", encoding="utf-8")
    output, code = said([*compiler, "-x", "c++-header", str(header), "-o", f"{header}.gch"])
    if code:
        sys.exit(f"sluice.hpp does not compile:\n{output}")
    if clang:
        return ["-include-pch", f"{header}.gch"]
    return ["-include", str(header), "-Winvalid-pch"]


CONTEXT = re.compile(r"In file included from | +from |\S.*?: (?:In|At) |\S.*?:\d+:\d+: {3}")
DIAGNOSTIC = re.compile(r"\S.*?:\d+(?::\d+)?: (?:fatal )?(?:error|warning): ")


def by_file(output, paths):
    """{path: what of the output is said of it}; nothing where that cannot be told."""
    lines = output.split("\n")
    begins = []
    for i, line in enumerate(lines):
        if DIAGNOSTIC.match(line):
            while i and CONTEXT.match(lines[i - 1]):
                i -= 1
            begins.append(i)
    parts = dict.fromkeys(paths, "")
    for begin, end in zip(begins, [*begins[1:], len(lines)]):
        part = "\n".join(lines[begin:end]) + "\n"
        named = [path for path in paths if re.search(rf"\b{re.escape(path.name)}:\d+", part)]
        if len(named) != 1:
            return {}
        parts[named[0]] += part
    return parts


def misuses_tried(paths, compiler, scratch, clang, owner):
    """{path: (what is wrong with the misuse, what the compiler said)} of paths that are compiled alike; owner: {path: its operator}."""
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    wanted = directives(texts[paths[0]], clang)
    how = ["-c", "-o", os.devnull] if wanted["compiled"] else ["-fsyntax-only"]
    output, code = said([*compiler, *how, *(WARNINGS if wanted["warning"] else []), whole(paths, scratch, "misuses")])
    if len(paths) == 1:
        return {paths[0]: (faults(paths[0], texts[paths[0]], output, code, clang, owner[paths[0]]), output)}
    parts = by_file(output, paths)
    answers = {path: ([], "") for path in parts if not faults(path, texts[path], parts[path], code, clang, owner[path])}
    for some in again([path for path in paths if path not in answers], paths):
        answers |= misuses_tried(some, compiler, scratch, clang, owner)
    return answers


def twins_tried(paths, compiler, scratch):
    """{path: what the compiler said} of each right use that does not compile."""
    output, code = said([*compiler, "-fsyntax-only", "-DSLUICE_TWIN", "-Werror", *WARNINGS, whole(paths, scratch, "twins")])
    if code == 0:
        return {}
    if len(paths) == 1:
        return {paths[0]: output}
    wrong = {}
    for some in again(paths, paths):
        wrong |= twins_tried(some, compiler, scratch)
    return wrong


def again(left, tried):
    """What is compiled together next, of what was not as expected: all, or halves where all have been tried."""
    middle = (len(left) + 1) // 2 if left == tried else len(left)
    return [some for some in (left[:middle], left[middle:]) if some]


def whole(paths, scratch, kind):
    """The file that has them all."""
    if len(paths) == 1:
        return str(paths[0])
    file = Path(scratch) / f"{kind}_{paths[0].stem}_and_others.cpp"
    file.write_text(together(paths), encoding="utf-8")
    return str(file)


def units(paths, clang, twins=False):
    """Those that are compiled together. Right uses share most with their neighbours; of the misuses these stand apart: what
    one instantiates, and has told of, another one might not tell of again."""
    alike = {}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        wanted = directives(text, clang)
        alone = stands_alone(text) or (wanted["compiled"] and not twins)
        alike.setdefault(path if alone else wanted["warning"] and not twins, []).append(path)
    for group in alike.values():
        n = -(-len(group) // TOGETHER)
        size = -(-len(group) // n)
        yield from (group[i * size:(i + 1) * size] if twins else group[i::n] for i in range(n))


def self_test():
    """The judgement itself, on made-up answers."""
    path, line = Path("map_mistake.cpp"), "map_mistake.cpp:4:9: note: required from here\n"
    text = "// expect: who must what\n#ifdef SLUICE_TWIN\n#else\nauto bad = 1;\n#endif\n"
    error = "pipe.hpp:9:1: error: static assertion failed: who must what\n"
    assert faults(path, text, line + error, 1) == []
    assert faults(path, text, "", 0)
    assert faults(path, text, line + error + error, 1)
    assert faults(path, "// errors: 2\n" + text, line + error + error, 1) == []
    assert faults(path, "// errors: 2 clang\n" + text, line + error, 1, False) == []
    assert faults(path, "// errors: 2 clang\n" + text, line + error, 1, True)
    assert faults(path, text, line + error.replace("who", "it"), 1)
    assert faults(path, text, "x\n" * NEAR + line + error, 1)
    assert faults(path, text, "In file included from map_mistake.cpp:2:\n" + error, 1)
    assert faults(path, "// near: 9\n" + text, "x\n" * NEAR + line + error, 1) == []
    assert faults(path, text.replace("// expect", "// expected"), line + error, 1)
    assert faults(path, text.replace("TWIN", "OTHER"), line + error, 1)
    warning = "// warning\n" + text
    assert faults(path, warning, "map_mistake.cpp:5:9: warning: who must what [-Wunused]\n", 0) == []
    assert faults(path, warning, line + error, 1)
    other, context = Path("filter_mistake.cpp"), "pipe.hpp: In instantiation of f:\n"
    own = context + "map_mistake.cpp:4:9:   required from here\n" + error + "    9 | static_assert\n"
    both = own + own.replace("map", "filter")
    shared = line.replace("note", "in instantiation of a::need::B::explain") + error
    assert faults(path, text, shared, 1, False, "map") == []
    assert faults(path, text, shared, 1, False, "flat_map")
    assert faults(path, text, shared.replace("here", "FlatMap<F>"), 1, False, "flat_map") == []
    assert by_file(both, [path, other]) == {path: own, other: own.replace("map", "filter") + "\n"}
    assert by_file(both + error, [path, other]) == {}
    assert again([1, 2, 3], [1, 2, 3]) == [[1, 2], [3]]
    assert again([1, 3], [1, 2, 3]) == [[1, 3]]
    assert again([], [1]) == []


def main():
    self_test()
    include, umbrella, folder = sys.argv[1:4]
    compiler = sys.argv[sys.argv.index("--") + 1:]
    twins = "--mistakes" not in sys.argv[4:sys.argv.index("--")]
    if Path(compiler[0]).name == "ccache":
        compiler = compiler[1:]
    clang = "clang" in said([*compiler, "--version"])[0]
    if clang:
        compiler.append("-ferror-limit=0")

    files = sorted(Path(folder).glob("*.cpp"))
    headers = re.findall(r"^#include <sluice/\w+/(\w+)\.hpp>", Path(umbrella).read_text(encoding="utf-8"), re.MULTILINE)
    owner = {path: max((h for h in headers if path.stem.startswith(h + "_")), key=len, default="") for path in files}
    lacking = sorted(set(headers) - set(owner.values()))
    for header in lacking:
        print(f"FAIL {header}: has no misuse: {folder}/{header}_<mistake>.cpp is missing")

    failed = 0
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count()) as pool:
        compiler += ["-I", include]
        compiler += precompiled(compiler, scratch, clang)
        misused, wrong = {}, {}
        for answers in pool.map(lambda group: misuses_tried(group, compiler, scratch, clang, owner), units(files, clang)):
            misused |= answers
        for answers in pool.map(lambda group: twins_tried(group, compiler, scratch), units(files, clang, True) if twins else []):
            wrong |= answers
        for path in files:
            found, output = misused[path]
            if not found and path in wrong:
                found, output = ["its twin does not compile"], wrong[path]
            print(f"{'FAIL' if found else 'ok  '} {path.name}" + "".join(f": {f}" for f in found))
            if found:
                failed += 1
                print("\n".join(f"     | {line}" for line in output.split("\n")[:40]))
    print(f"compile_fail: {len(files) - failed} as expected, {failed} not; {len(lacking)} operators without one")
    return 1 if failed or lacking or not files else 0


if __name__ == "__main__":
    sys.exit(main())
