#!/usr/bin/env python3
"""Records of every shape, in every place that an operator, a source or an output has for them, are right or refused with one sentence.

    sweep.py sources <share> out.cpp…                the program of a share of the accepted cells
    sweep.py refused <share> -- c++ -std=c++20 …     a share of the refused cells gives one error each, a sentence of ours
    sweep.py learn [pattern…] -- c++ -std=c++20 …    by hand: tries all cells, or those whose name matches, and writes sweep/refused.txt
    sweep.py run [pattern…] -- c++ -std=c++20 …      by hand: compiles and runs all accepted cells; the flags may have sanitizers

A cell is a function template of sweep/batches.hpp or sweep/streams.hpp with a shape of sweep/shapes.hpp: it uses records of that
shape, and says what is to come out. sweep/refused.txt has those that are refused; all others compile, and give what they say. Each
operator, source and output of the umbrella headers has a cell whose name begins with its own. A share k/n has every n-th cell of
each of them, from its k-th on, and at least one; 0/1 has all. All cells together take minutes, so CI has a share, and a change of
what is accepted calls for `learn` and `run`.
"""

import functools
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
FIRST = ["AllViews", "Plain"]  # of a share: these tell most
PARTS = ["Nested", "InOptional", "InVector", "InPair", "ArraysOfViews"]  # of AllViews

# What a sentence asks for, in its own words.
NEEDS = {
    "owner": r"views?\b|must own|one that owns",
    "copy": r"cop(y|ies|yable)\b|assign|return one",
    "hash": r"hash|comparable",
    "order": r"an order",
    "text form": r"text form",
    "<": r"std::map",
    "number": r"must be numbers",
    "text": r"takes text",
    "bytes": r"copied as bytes",
}
# What the shapes lack of it: a sentence must ask for some of that.
LACKS_EACH = {"<", "number", "text", "bytes"}
LACKS = {
    "View": {"owner"},
    "Span": {"owner", "hash", "order"},
    "PrivateView": {"owner", "hash", "order", "text form"},
    "PrivateOwner": {"hash", "order", "text form"},
    "MoveOnly": {"copy", "hash", "order", "text form"},
    "Const": {"copy"},
    "ConstView": {"copy", "owner"},
    "Derived": {"owner", "hash", "order", "text form"},
    "AllViews": {"owner"},
}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])|([A-Z])(?=[a-z])", lambda at: "_" + at[0], name).lower()


def listed(text, pattern):
    return re.findall(pattern, text, re.MULTILINE)


@functools.cache
def cells():
    """{name: the header that has it}"""
    return {name: header for header in CELLS
            for name in listed((FOLDER / header).read_text(encoding="utf-8"), r"^template <class R>\nvoid (\w+)\(\)")}


@functools.cache
def shapes():
    """Those that stand in cells; others are parts of these."""
    text = (FOLDER / "shapes.hpp").read_text(encoding="utf-8")
    return [shape for shape in listed(text, r"^template <int Own>\nstruct Shape<(\w+)<Own>> \{") if shape not in PARTS]


def owner(name, headers):
    """The header that a cell begins with. Of an own name's longer ones it is not: map_values is no map."""
    return max((h for h in headers if (snake(name) + "_").startswith(h + "_")), key=len, default="")


@functools.cache
def headers():
    """Of all that has cells."""
    return [name for umbrella in UMBRELLAS
            for name in listed((INCLUDE / "sluice" / f"{umbrella}.hpp").read_text(encoding="utf-8"), r"^#include <sluice/\w+/(\w+)\.hpp>")]


def known():
    """The pairs of a cell and a shape that are refused."""
    lines = REFUSED.read_text(encoding="utf-8").split("\n") if REFUSED.exists() else []
    return {(at[1], shape) for line in lines if (at := re.match(r"(\w+): (.*)$", line)) for shape in at[2].split()}


def written(refused):
    """sweep/refused.txt of them."""
    lines = ["Cells, and the shapes that each refuses. Written by `sweep.py learn`.", ""]
    for cell in cells():
        if found := [shape for shape in shapes() if (cell, shape) in refused]:
            lines.append(f"{cell}: " + " ".join(found))
    return "\n".join(lines) + "\n"


def shared(pairs, share):
    """A share of the pairs of each operator."""
    part, of = share
    own = {}
    for pair in sorted(pairs, key=lambda pair: (FIRST + [pair[1]]).index(pair[1])):
        own.setdefault(owner(pair[0], headers()), []).append(pair)
    return [pair for found in own.values() for pair in found[part % len(found)::of]]


# ---- compiling ---------------------------------------------------------------------------------------------------------

def said(command):
    done = subprocess.run(command, text=True, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"})
    return done.stdout, done.returncode


def unit(pairs):
    """A file that instantiates cells, that of number n in line n and with types of that number."""
    lines = ['#include "%s"' % header for header in sorted({cells()[cell] for cell, _ in pairs})]
    lines += ["namespace sweep {", '#line 1 "cells"']
    return "\n".join(lines + [f"template void {cell}<{shape}<{n}>>();" for n, (cell, shape) in enumerate(pairs, 1)] + ["}", ""])


DIAGNOSTIC = re.compile(r"\S.*?:\d+(?::\d+)?: (?:fatal )?error: (.*)")
CONTEXT = re.compile(r"In file included from | +from |\S.*?: (?:In|At) |\S.*?:\d+:\d+: {3}")
OWNER = re.compile(r"\bcells:(\d+)|\b(?:%s)<(\d+)>" % "|".join([*shapes(), *PARTS]))


def by_cell(output):
    """{number of the cell: the errors that were told of it}. An error that names no cell belongs to the one before it."""
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
        last = next((int(at[1] or at[2]) for line in part if (at := OWNER.search(line))), last)
        found.setdefault(last, []).append(error)
    return found


def tried(pairs, compiler, scratch):
    """{pair: its errors}"""
    file = Path(scratch) / f"{abs(hash(tuple(pairs)))}.cpp"
    file.write_text(unit(pairs), encoding="utf-8")
    every = ["-ftemplate-backtrace-limit=0", *(["-ferror-limit=0"] if "clang" in " ".join(compiler) else [])]
    output, code = said([*compiler, *every, "-DSWEEP_TYPES_ALONE", "-fsyntax-only", str(file)])
    found = by_cell(output)
    if 0 in found or (code and not found):
        sys.exit(f"sweep: what the compiler says belongs to no cell:\n{output[:4000]}")
    return {pair: found.get(n, []) for n, pair in enumerate(pairs, 1)}


def all_tried(pairs, compiler):
    """The same in files of a hundred cells each, two at a time."""
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
        files = [pairs[i:i + 100] for i in range(0, len(pairs), 100)]
        return {pair: errors for part in pool.map(lambda file: tried(file, compiler, scratch), files) for pair, errors in part.items()}


def sentence(error):
    """The sentence of a static_assert of ours; none where it is another error."""
    at = re.match(r"static[_ ]assert(?:ion)? failed(?: due to requirement '.*?')?:? \"?(sluice.*?)\"?$", error)
    return at[1] if at else ""


def faults(shape, errors):
    """What is wrong with what was told of a cell of that shape, which is to be refused."""
    if not errors:
        return ["compiles, and is to be refused"]
    if len(errors) > 1:
        return [f"{len(errors)} errors, one is wanted: " + " | ".join(errors[:3])]
    if not sentence(errors[0]):
        return [f"is refused without a sentence: {errors[0]}"]
    asked = {need for need, pattern in NEEDS.items() if re.search(pattern, sentence(errors[0]))}
    if not asked & (LACKS_EACH | LACKS.get(shape, set())):
        return [f"is refused for {' and '.join(sorted(asked)) or 'another reason'}: {errors[0]}"]
    return []


def told(failed):
    for line in failed:
        print(f"FAIL {line}"[:1000])


def judge_refused(share, compiler):
    every, refused = [(cell, shape) for cell in cells() for shape in shapes()], known()
    failed = [f"sweep/refused.txt has {cell}<{shape}>, which is no cell" for cell, shape in sorted(refused - set(every))]
    owners = {owner(name, headers()) for name in cells()}
    failed += [f"{name}: has no cell: a template of sweep/*.hpp whose name begins with its own" for name in headers() if name not in owners]
    pairs = shared([pair for pair in every if pair in refused], share)
    failed += [f"{cell}<{shape}> {fault}" for (cell, shape), errors in all_tried(pairs, compiler).items() for fault in faults(shape, errors)]
    told(failed)
    print(f"sweep: {len(pairs)} of {len(refused)} cells refused with one sentence each, {len(failed)} faults")
    return 1 if failed or not pairs else 0


def learn(pairs, compiler):
    answers = {pair: errors for pair, errors in all_tried(pairs, compiler).items() if errors}
    failed = [f"{cell}<{shape}> {fault}" for (cell, shape), errors in answers.items() for fault in faults(shape, errors)]
    told(failed)
    for cell, shape in sorted(known() & set(pairs) - set(answers)):
        print(f"accepted now: {cell}<{shape}>")
    refused = known() - set(pairs) | set(answers)
    REFUSED.write_text(written(refused), encoding="utf-8")
    print(f"sweep: {len(pairs)} cells tried, {len(answers)} refused, {len(failed)} faults")
    return 1 if failed else 0


# ---- running -----------------------------------------------------------------------------------------------------------

def program(pairs, number=0, all_of_them=1):
    """One file of the program that runs cells; that of number 0 has main()."""
    lines = [f'#include "{header}"' for header in sorted({cells()[cell] for cell, _ in pairs})]
    lines += ["", "#include <exception>", "", "using namespace sweep;", "", f"void runPart{number}()", "{"]
    for cell, shape in pairs:
        lines += [f'    cell = "{cell}<{shape}>";', "    try {", f"        {cell}<{shape}<>>();",
                  "    } catch (std::exception const& e) {", "        fail(e.what());", "    }"]
    lines += ["}"]
    if number == 0:
        lines += ["", *(f"void runPart{i}();" for i in range(1, all_of_them)), "", "int main()", "{",
                  *(f"    runPart{i}();" for i in range(all_of_them)), "    return failures == 0 ? 0 : 1;", "}"]
    return "\n".join(lines) + "\n"


def accepted():
    refused = known()
    return [(cell, shape) for cell in cells() for shape in shapes() if (cell, shape) not in refused]


def write_sources(share, outs):
    pairs = shared(accepted(), share)
    for i, out in enumerate(outs):
        Path(out).write_text(program(pairs[i::len(outs)], i, len(outs)), encoding="utf-8")


def run(pairs, compiler):
    """Programs of a few dozen cells each, two at a time."""
    pairs = sorted(set(pairs) & set(accepted()), key=lambda pair: pair[::-1])
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
        scratch = Path(scratch)

        def one(first):
            source, binary = scratch / f"{first}.cpp", scratch / str(first)
            source.write_text(program(pairs[first:first + 60]), encoding="utf-8")
            output, code = said([*compiler, str(source), str(scratch / "compiled.o"), "-o", str(binary)])
            if code == 0:
                output, code = said([str(binary)])
                binary.unlink()
            return (output or f"it gave {code}") if code or "runtime error" in output else ""

        compiler = [*compiler, "-pthread"]
        output, code = said([*compiler, "-c", str(COMPILED), "-o", str(scratch / "compiled.o")])
        if code:
            sys.exit(output)
        failed = 0
        for output in pool.map(one, range(0, len(pairs), 60)):
            if output:
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
    assert owner("mapValuesOfKeys", ["map", "map_values"]) == "map_values"
    assert by_cell("a.hpp:1:2: error: no\na.hpp:1:2: note: of sweep::View<7>\nb.hpp:3: error: why") == {7: ["no", "why"]}


if __name__ == "__main__":
    sys.exit(main())
