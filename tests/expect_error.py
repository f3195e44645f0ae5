#!/usr/bin/env python3
"""Misuse gives one error, the one that the file names, near the user's own line; its twin compiles.

    expect_error.py include operators.hpp compile_fail -- c++ -std=c++20 …

Each file of the folder opens with `// expect: <regex>`, which one of its errors must match. Further lines of that kind:
`// errors: 2` where one cannot be had, `// warning` where one warning, and no error, is what is expected. It is
compiled as it stands, and with SLUICE_TWIN defined, which selects the right use: that compiles without a warning.
Each header of the umbrella that is given has a misuse of its own: compile_fail/<header>_<mistake>.cpp.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WARNINGS = ["-Wall", "-Wextra"]
NEAR = 8  # lines of the compiler's output within which the user's own line must stand


def directives(text):
    """What the comment lines at the file's top expect: {"expect": regex, "errors": n, "warning": bool}."""
    wanted = {"expect": None, "errors": 1, "warning": False}
    for line in text.split("\n"):
        if not line.startswith("//"):
            break
        if at := re.match(r"// expect: (.+)", line):
            wanted["expect"] = at[1].strip()
        elif at := re.match(r"// errors: (\d+)", line):
            wanted["errors"] = int(at[1])
        elif line.strip() == "// warning":
            wanted["warning"] = True
    return wanted


def reported(output, kind):
    return re.findall(rf"^\S.*?:\d+(?::\d+)?: (?:fatal )?{kind}: (.*)$", output, re.MULTILINE)


def faults(path, text, output, code):
    """What is wrong with the compiler's answer to the misuse."""
    wanted = directives(text)
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

    source = text.split("\n")
    named = re.findall(rf"{re.escape(path.name)}:(\d+)", "\n".join(output.split("\n")[:NEAR]))
    if not any(not source[int(line) - 1].lstrip().startswith("#") for line in named):
        found.append(f"the user's own line does not stand within the first {NEAR} lines")
    return found


def tried(path, include, compiler):
    """(what is wrong, what the compiler said)."""
    text = path.read_text(encoding="utf-8")

    def run(*flags):
        return subprocess.run([*compiler, "-fsyntax-only", "-I", include, *flags, str(path)], text=True,
                              stderr=subprocess.STDOUT, stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"})

    misuse = run(*(WARNINGS if directives(text)["warning"] else []))
    found = faults(path, text, misuse.stdout, misuse.returncode)
    if found:
        return found, misuse.stdout
    twin = run("-DSLUICE_TWIN", "-Werror", *WARNINGS)
    return (["its twin does not compile"], twin.stdout) if twin.returncode else ([], "")


def self_test():
    """The judgement itself, on made-up answers."""
    path, line = Path("map_mistake.cpp"), "map_mistake.cpp:4:9: note: required from here\n"
    text = "// expect: who must what\n#ifdef SLUICE_TWIN\n#else\nauto bad = 1;\n#endif\n"
    error = "pipe.hpp:9:1: error: static assertion failed: who must what\n"
    assert faults(path, text, line + error, 1) == []
    assert faults(path, text, "", 0)
    assert faults(path, text, line + error + error, 1)
    assert faults(path, "// errors: 2\n" + text, line.replace(":4:", ":5:") + error + error, 1) == []
    assert faults(path, text, line + error.replace("who", "it"), 1)
    assert faults(path, text, "x\n" * NEAR + line + error, 1)
    assert faults(path, text, line.replace(":4:", ":2:") + error, 1)
    assert faults(path, text.replace("// expect", "// expected"), line + error, 1)
    assert faults(path, text.replace("TWIN", "OTHER"), line + error, 1)
    warning = "// warning\n" + text
    assert faults(path, warning, "map_mistake.cpp:5:9: warning: who must what [-Wunused]\n", 0) == []
    assert faults(path, warning, line + error, 1)


def main():
    self_test()
    include, umbrella, folder = sys.argv[1:4]
    compiler = sys.argv[sys.argv.index("--") + 1:]
    if Path(compiler[0]).name == "ccache":
        compiler = compiler[1:]

    files = sorted(Path(folder).glob("*.cpp"))
    headers = re.findall(r"^#include <sluice/\w+/(\w+)\.hpp>", Path(umbrella).read_text(encoding="utf-8"), re.MULTILINE)
    owner = {path: max((h for h in headers if path.stem.startswith(h + "_")), key=len, default="") for path in files}
    lacking = sorted(set(headers) - set(owner.values()))
    for header in lacking:
        print(f"FAIL {header}: has no misuse: {folder}/{header}_<mistake>.cpp is missing")

    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, (found, output) in zip(files, pool.map(lambda p: tried(p, include, compiler), files)):
            print(f"{'FAIL' if found else 'ok  '} {path.name}" + "".join(f": {f}" for f in found))
            if found:
                failed += 1
                print("\n".join(f"     | {line}" for line in output.split("\n")[:40]))
    print(f"compile_fail: {len(files) - failed} as expected, {failed} not; {len(lacking)} operators without one")
    return 1 if failed or lacking or not files else 0


if __name__ == "__main__":
    sys.exit(main())
