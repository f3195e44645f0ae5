#!/usr/bin/env python3
"""What lies directly in namespace sluice is what README tells of: each such name stands in it in backquotes.

    public_names.py README.md include -- c++ -std=c++20 …

Who writes `using namespace sluice` gets them all, so each has to be wanted: what is of no use to programs belongs into
`sluice::detail`. The compiler says which words of the headers are such names.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path


def words(text):
    """The identifiers outside of comments and texts, without those of macros."""
    text = re.sub(r"//[^\n]*", "", text)
    text = re.sub(r'"(\\.|[^"\\\n])*"', "", text)
    return {word for word in re.findall(r"\b[A-Za-z]\w*", text) if not word.isupper() and not word.endswith("_")}


def told(readme):
    """The words that stand in backquotes, or in a block of code."""
    blocks = re.findall(r"^```.*?^```", readme, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```", "", readme, flags=re.MULTILINE | re.DOTALL)
    return {word for part in blocks + re.findall(r"`[^`\n]+`", rest) for word in re.findall(r"\w+", part)}


def self_test():
    assert words('int a_b; // no\nf("text", x_, MACRO)') == {"int", "a_b", "f"}
    assert told("`map(f)` and map2\n```cpp\ncount();\n```\n`x`") == {"map", "f", "cpp", "count", "x"}


def main():
    self_test()
    readme, include = map(Path, sys.argv[1:3])
    compiler = sys.argv[sys.argv.index("--") + 1:]
    candidates = sorted(set().union(*(words(header.read_text(encoding="utf-8")) for header in include.glob("sluice/**/*.hpp"))))
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "names.cpp"
        file.write_text("#include <sluice/sluice.hpp>\n" + "".join(f"namespace n {{ using sluice::{word}; }}\n" for word in candidates),
                        encoding="utf-8")
        limit = "-ferror-limit=0" if "clang" in " ".join(compiler) else "-fmax-errors=0"
        output = subprocess.run([*compiler, "-I", str(include), "-fsyntax-only", "-w", limit, str(file)], text=True,
                                capture_output=True, check=False).stderr
    refused = {int(line) for line in re.findall(r"names\.cpp:(\d+):\d+: error", output)}
    public = [word for line, word in enumerate(candidates, 2) if line not in refused]
    known = told(readme.read_text(encoding="utf-8"))
    missing = [name for name in public if name not in known]
    for name in missing:
        print(f"FAIL sluice::{name}: README does not tell of it; is it one for sluice::detail?")
    print(f"public_names: {len(public)} names, {len(missing)} that README does not tell of")
    return 1 if missing or len(public) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
