#!/usr/bin/env python3
"""Records of every shape, in every place that an operator, a source or an output has for them, are right or refused with one sentence.

    sweep.py sources <share> out.cpp…                the program of a share of the accepted cells: some of each row, some of each shape
    sweep.py refused <share> -- c++ -std=c++20 …     a share of the refused cells gives one error each, a sentence of ours
    sweep.py learn [pattern…] -- c++ -std=c++20 …    by hand: tries all cells, or those whose name matches, and writes sweep/refused.txt
    sweep.py run [pattern…] -- c++ -std=c++20 …      by hand: compiles and runs all accepted cells; the flags may have sanitizers

A cell is a function template of sweep/batches.hpp or sweep/streams.hpp with a shape of sweep/shapes.hpp: it uses records of that
shape, and says what is to come out. sweep/refused.txt has those that are refused, and what for; all others compile, and give what
they say. Each operator, source and output of the umbrella headers has a cell whose name begins with its own. A share is
0/1 for all, 1/10 for the second of ten parts: all cells together take minutes, so CI has a share, and a change of what is
accepted calls for `learn` and `run`. Cells that are open have not been tried alone yet, or are not right yet.
"""

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "sweep"
INCLUDE = FOLDER.parent.parent / "include"
COMPILED = INCLUDE / "sluice" / "compiled.cpp"
CELLS = ["batches.hpp", "streams.hpp"]
UMBRELLAS = ["operators", "sources", "outputs"]
REFUSED = FOLDER / "refused.txt"
ALL_VIEWS = "AllViews"
PARTS = ["Nested", "InOptional", "InVector", "InPair", "ArraysOfViews"]  # of AllViews
OPEN = "open"  # neither run nor judged: what is not right yet, or not tried alone

# What a sentence may speak of: what it says first counts.
WHY = {
    "views": r"views?\b|outlive|look at",
    "copy": r"cop[iy]|assign|\bmove|\bkept",
    "key": r"hash",
    "order": r"order|<",
    "text": r"text|split",
    "numbers": r"number",
}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])|([A-Z])(?=[a-z])", lambda at: "_" + at[0], name).lower()


def listed(text, pattern):
    return re.findall(pattern, text, re.MULTILINE)


def cells():
    """{name: the header that has it}"""
    return {name: header for header in CELLS
            for name in listed((FOLDER / header).read_text(encoding="utf-8"), r"^template <class R>\nvoid (\w+)\(\)")}


def shapes():
    """Those that stand in cells; others are parts of these."""
    text = (FOLDER / "shapes.hpp").read_text(encoding="utf-8")
    return [shape for shape in listed(text, r"^template <>\nstruct Shape<(.+)> \{") if shape not in PARTS]


def lacking(headers, names):
    """The headers that no cell begins with. Of an own name's longer ones it is none: map_values is no map."""
    owners = {max((h for h in headers if (snake(name) + "_").startswith(h + "_")), key=len, default="") for name in names}
    return sorted(set(headers) - owners)


def known():
    """{(cell, shape): why it is refused}"""
    found = {}
    for line in REFUSED.read_text(encoding="utf-8").split("\n") if REFUSED.exists() else []:
        if at := re.match(r"(\w+): (\w+): (.*)$", line):
            found |= {(at[1], shape): at[2] for shape in at[3].split("; ")}
    return found


def written(refused):
    """sweep/refused.txt of it."""
    lines = ["cell: what the sentence speaks of: the shapes that are refused with it. Written by `sweep.py learn`.", ""]
    order = shapes()
    for cell in cells():
        for why in sorted({why for (name, _), why in refused.items() if name == cell}):
            lines.append(f"{cell}: {why}: " + "; ".join(s for s in order if refused.get((cell, s)) == why))
    return "\n".join(lines) + "\n"


def why(sentence):
    places = {name: at.start() for name, pattern in WHY.items() if (at := re.search(pattern, sentence))}
    return min(places, key=places.get, default="other")


# ---- compiling ---------------------------------------------------------------------------------------------------------

def said(command):
    done = subprocess.run(command, text=True, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"})
    return done.stdout, done.returncode


def unit(pairs, headers=None):
    """A file that instantiates cells, each on a line of its own, from the line BEGIN on."""
    files = headers or sorted({cells()[cell] for cell, _ in pairs})
    lines = [" ".join(['#include "%s"' % files[0]])] + ['#include "%s"' % f for f in files[1:]]
    lines += [""] * (BEGIN - 2 - len(lines)) + ["namespace sweep {"]
    return "\n".join(lines + [f"template void {cell}<{shape}>();" for cell, shape in pairs] + ["}", ""])


BEGIN = 10
DIAGNOSTIC = re.compile(r"\S.*?:\d+(?::\d+)?: (?:fatal )?error: (.*)")
CONTEXT = re.compile(r"In file included from | +from |\S+: (?:In|At) |\S+:\d+:\d+: {3}")


def by_line(output, name):
    """{line of the file: the errors that were told of it}. An error that names no line of it belongs to the one before it: g++ tells
    so why a function is deleted. Under 0 those that have none before them."""
    lines = output.split("\n")
    begins = []
    for i, line in enumerate(lines):
        if DIAGNOSTIC.match(line):
            while i and CONTEXT.match(lines[i - 1]):
                i -= 1
            begins.append(i)
    found, last = {}, 0
    for begin, end in zip(begins, [*begins[1:], len(lines)]):
        part = lines[begin:end]
        error = next(at[1] for line in part if (at := DIAGNOSTIC.match(line)))
        owners = [int(at) for line in part for at in re.findall(rf"\b{re.escape(name)}:(\d+)", line) if int(at) >= BEGIN]
        last = owners[0] if owners else last
        found.setdefault(last, []).append(error)
    return found


def tried(pairs, compiler, scratch):
    """{pair: its errors}"""
    file = Path(scratch) / f"cells_{abs(hash(tuple(pairs)))}.cpp"
    file.write_text(unit(pairs), encoding="utf-8")
    clang = ["-ferror-limit=0", "-ftemplate-backtrace-limit=0"] if "clang" in compiler[0] else ["-ftemplate-backtrace-limit=0"]
    output, code = said([*compiler, *clang, "-DSWEEP_TYPES_ALONE", "-fsyntax-only", str(file)])
    found = by_line(output, file.name)
    answers = {pair: found.get(BEGIN + i, []) for i, pair in enumerate(pairs)}
    if 0 in found or (code and not found):
        sys.exit(f"sweep: what the compiler says belongs to no cell:\n{output[:4000]}")
    return answers


def sentence(error):
    """The sentence of a static_assert of ours; none where it is another error."""
    at = re.match(r"static[_ ]assert(?:ion)? failed(?: due to requirement '.*?')?:? \"?(sluice.*?)\"?$", error)
    return at[1] if at else ""


def faults(errors, wanted):
    """What is wrong with what was told of a cell that is to be refused."""
    if not errors:
        return ["compiles, and is to be refused"]
    if len(errors) > 1:
        return [f"{len(errors)} errors, one is wanted: " + " | ".join(errors[:3])]
    if not sentence(errors[0]):
        return [f"is refused without a sentence: {errors[0]}"]
    if why(sentence(errors[0])) != wanted:
        return [f"is refused for {why(sentence(errors[0]))}, not for {wanted}: {errors[0]}"]
    return []


def groups(pairs, size):
    """Cells of one operator stand apart: what is told once is not told again."""
    number = -(-len(pairs) // size)
    return [pairs[i::number] for i in range(number)]


def chosen(share):
    """The accepted cells of a share of the rows: the shape that has views at all depths, and another one, in turn."""
    part, of = share
    found = []
    order, refused = shapes(), known()
    for i, cell in list(enumerate(cells()))[part::of]:
        accepted = [shape for shape in order if (cell, shape) not in refused]
        if of == 1:
            found += [(cell, shape) for shape in accepted]
        elif accepted:
            found += [(cell, shape) for shape in {ALL_VIEWS if ALL_VIEWS in accepted else accepted[0], accepted[i % len(accepted)]}]
    return sorted(found)


def program(pairs, number, all_of_them):
    """One file of the program that runs cells; that of number 0 has main()."""
    lines = [f'#include "{header}"' for header in sorted({cells()[cell] for cell, _ in pairs})]
    lines += ["", "#include <exception>", "", "using namespace sweep;", "", f"void runPart{number}()", "{"]
    for cell, shape in pairs:
        lines += [f'    cell = "{cell}<{shape}>";', "    try {", f"        {cell}<{shape}>();",
                  "    } catch (std::exception const& e) {", "        fail(e.what());", "    }"]
    lines += ["}"]
    if number == 0:
        lines += ["", *(f"void runPart{i}();" for i in range(1, all_of_them)), "", "int main()", "{",
                  *(f"    runPart{i}();" for i in range(all_of_them)), "    return failures == 0 ? 0 : 1;", "}"]
    return "\n".join(lines) + "\n"


def write_sources(share, outs):
    for i, out in enumerate(outs):
        Path(out).write_text(program(chosen(share)[i::len(outs)], i, len(outs)), encoding="utf-8")


def judge_refused(share, compiler):
    part, of = share
    wanted = {pair: what for pair, what in known().items() if what != OPEN}
    pairs = [pair for pair in wanted if pair[0] in cells() and pair[1] in shapes()][part::of]
    failed = [f"sweep/refused.txt has {cell}<{shape}>, which is no cell" for cell, shape in wanted
              if cell not in cells() or shape not in shapes()]
    for umbrella in UMBRELLAS:
        text = (INCLUDE / "sluice" / f"{umbrella}.hpp").read_text(encoding="utf-8")
        headers = listed(text, r"^#include <sluice/\w+/(\w+)\.hpp>")
        failed += [f"{name}: has no cell: a template of sweep/*.hpp whose name begins with its own" for name in lacking(headers, cells())]
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count()) as pool:
        for answers in pool.map(lambda group: tried(group, compiler, scratch), groups(pairs, 200)):
            failed += [f"{pair[0]}<{pair[1]}> {told}" for pair, errors in answers.items() for told in faults(errors, wanted[pair])]
    for line in failed:
        print(f"FAIL {line}")
    print(f"sweep: {len(pairs)} cells refused with one sentence each, {len(failed)} faults; "
          f"{sum(what == OPEN for what in known().values())} of all are open")
    return 1 if failed or not pairs else 0


def learn(pairs, compiler):
    refused = {p: w for p, w in known().items() if p[0] in cells() and p[1] in shapes() and p not in pairs}
    bad = 0
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
        for answers in pool.map(lambda group: tried(group, compiler, scratch), groups(pairs, 200)):
            for pair, errors in answers.items():
                if not errors:
                    continue
                reason = why(sentence(errors[0]))
                refused[pair] = reason
                for told in faults(errors, reason):
                    refused[pair] = OPEN
                    bad += 1
                    print(f"FAIL {pair[0]}<{pair[1]}> {told}"[:600], flush=True)
    REFUSED.write_text(written(refused), encoding="utf-8")
    print(f"sweep: {len(pairs)} cells tried, {len(refused)} of all are refused, {bad} badly")
    return 1 if bad else 0


def run(pairs, compiler):
    """Programs of a few dozen cells each, two at a time."""
    def one(group):
        with tempfile.TemporaryDirectory() as scratch:
            source, binary = Path(scratch) / "cells.cpp", Path(scratch) / "cells"
            source.write_text(program(group, 0, 1), encoding="utf-8")
            output, code = said([*compiler, "-pthread", str(source), str(COMPILED), "-o", str(binary)])
            if code == 0:
                output, code = said([str(binary)])
            return output, code

    refused, failed = known(), 0
    pairs = [pair for pair in pairs if pair not in refused]
    pairs.sort(key=lambda pair: pair[1])
    with ThreadPoolExecutor(2) as pool:
        for output, code in pool.map(one, [pairs[i:i + 60] for i in range(0, len(pairs), 60)]):
            if code:
                failed += 1
                print(output[:20000], flush=True)
    print(f"sweep: {len(pairs)} cells ran, {failed} programs failed")
    return 1 if failed else 0


def main():
    self_test()
    mode = sys.argv[1]
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    given, compiler = sys.argv[2:split], sys.argv[split + 1:]
    if compiler and Path(compiler[0]).name == "ccache":
        compiler = compiler[1:]
    compiler += ["-I", str(INCLUDE), "-I", str(FOLDER), "-DSLUICE_COMPILED"]
    if mode in ("sources", "refused"):
        part, of = map(int, given[0].split("/"))
        return write_sources((part, of), given[1:]) if mode == "sources" else judge_refused((part, of), compiler)
    pairs = [(cell, shape) for cell in cells() for shape in shapes() if not given or any(re.search(p, cell + "<" + shape + ">") for p in given)]
    return learn(pairs, compiler) if mode == "learn" else run(pairs, compiler)


def self_test():
    assert snake("countByValueAndWindowOfRecords") == "count_by_value_and_window_of_records"
    assert lacking(["map", "map_values"], ["mapValuesOfKeys"]) == ["map"]


if __name__ == "__main__":
    sys.exit(main())
