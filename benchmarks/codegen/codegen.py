#!/usr/bin/env python3
"""What the compiler makes of the fused loop, against what it makes of the handwritten one: a Markdown table.

    codegen.py [--quick] [--include include] [--compiler g++]…

For each compiler, set of flags, type of record, test and end: how wide the vectors are that the loop computes with; how many instructions
stand one behind the other from one turn of the loop to the next, which no processor can overlap; and, with -O3 -march=x86-64-v3, how many
instructions run for each record (callgrind). The handwritten loop is, of the spellings
whose time is within 5 % of the fastest, the one that runs the fewest instructions, or, where these are not counted, has the
widest vectors. It fails where the pipeline's vectors are narrower, where it runs more than 1.02 times the instructions for int64 or where it combines unordered, or
where, of integers, more of its instructions stand one behind the other than in the spelling where these are the fewest (of loops that
are not unrolled: g++ only).

--quick: g++ or the given compilers, int64, and double with -O3 -march=x86-64-v3, and no time is taken: all spellings count; besides
-O3 -march=x86-64-v3 only what stands one behind the other. What it finds is the same on each machine. Without valgrind, or on a processor that cannot run the loops, it compares what it can, says what it has left out,
and ends as a test that was skipped (77).
"""

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
COUNTED = "-O3 -march=x86-64-v3"  # a named architecture: the same instructions everywhere, and valgrind knows them
FLAGS = ["-O2", "-O3", COUNTED, "-O3 -march=native"]
TYPES = {"int32": "std::int32_t", "int64": "std::int64_t", "double": "double"}
RECORDS = 1 << 16
LIMIT = 1.02
NEAR = 1.05
SKIPPED = 77  # as Meson understands it
# What computes several at once; not the packed logic of doubles, with which compilers choose between two scalars, too.
PACKED = re.compile(r"v?p(add|sub|mul|and|or|xor|cmp|test|ternlog|sll|srl|sra|min|max|blend)\w*"
                    r"|v?(add|sub|mul|cmp\w*|fn?m(add|sub)\d+)p[sd]")
WIDTH = {"xmm": 128, "ymm": 256, "zmm": 512}


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout


class Code:
    """A program's functions: [(address, mnemonic, operands)] by the address at which each begins."""

    def __init__(self, program):
        self.functions, self.function_of, self.names = {}, {}, {}
        for line in run("objdump", "-d", "--no-show-raw-insn", program).splitlines():
            if head := re.match(r"[0-9a-f]+ <(.*)>:$", line):
                begin, name = None, head[1]
            elif at := re.match(r"\s+([0-9a-f]+):\s+(?:\{\w+\} )?(\S+)\s*(.*)", line):
                address = int(at[1], 16)
                begin = address if begin is None else begin
                self.names.setdefault(begin, name)
                self.functions.setdefault(begin, []).append((address, at[2], at[3]))
                self.function_of[address] = begin

    def reachable(self, begin):
        """That function, and those that it calls or jumps to: the loop may be compiled by itself."""
        found, left = set(), [begin]
        while left:
            function = left.pop()
            if function in found:
                continue
            found.add(function)
            for _, mnemonic, operands in self.functions[function]:
                target = target_of(mnemonic, operands)
                if target in self.function_of:
                    left.append(self.function_of[target])
        return found

    def loops(self, function):
        """The innermost ones: from the target of a jump back to the jump, where a way leads back to it and no other such is
        in between."""
        code = self.functions[function]
        index = {address: i for i, (address, _, _) in enumerate(code)}
        targets = [index.get(target_of(mnemonic, operands)) if mnemonic.startswith("j") else None for _, mnemonic, operands in code]

        def leads(begin, end):
            seen, left = set(), [begin]
            while left:
                i = left.pop()
                if i is None or i in seen or not begin <= i <= end:
                    continue
                seen.add(i)
                left += [targets[i]] + ([] if code[i][1] in ("jmp", "ret") else [i + 1])
            return end in seen

        loops = {(begin, end) for end, begin in enumerate(targets) if begin is not None and begin <= end and leads(begin, end)}
        for begin, end in loops:
            if not any(begin <= b and e <= end and (b, e) != (begin, end) for b, e in loops):
                yield code[begin:end + 1]

    def width(self, begin):
        """Bits of the vectors in that innermost loop which computes most with vectors; 64: in none."""
        most, widest = 0, 64
        for function in self.reachable(begin):
            for loop in self.loops(function):
                packed = [operands for _, mnemonic, operands in loop if PACKED.fullmatch(mnemonic)]
                if len(packed) > most:
                    most = len(packed)
                    widest = max(bits for register, bits in WIDTH.items() for operands in packed if "%" + register in operands)
        return widest


    def chain(self, begin):
        """Of its loops over records, which call nothing, the longest chain that one turn hands on to the next."""
        functions = [f for f in self.reachable(begin) if f == begin or "pushSettling" in self.names[f] or "pushMany" in self.names[f]]
        loops = [loop for f in functions for loop in self.loops(f) if not any(mnemonic == "call" for _, mnemonic, _ in loop)]
        return max(chain_of(loop) for loop in loops)


def chain_of(loop):
    """How many instructions stand one behind the other, at most, from a register at the begin of the loop to the same one at its end.
    That all of them run is assumed, and that a copy costs nothing."""
    begins = {register for _, mnemonic, operands in loop for register in registers_of(operands)} | {"flags"}
    longest = 0
    for begin in begins:
        depth = {begin: 0}  # of what depends on it
        for _, mnemonic, operands in loop:
            read, written = effects(mnemonic, operands)
            depths = [depth[register] for register in read if register in depth]
            copies = mnemonic.startswith(("mov", "vmov"))
            for register in written:
                depth.pop(register, None)
                if depths:
                    depth[register] = max(depths) + (0 if copies else 1)
        longest = max(longest, depth.get(begin, 0))
    return longest


def registers_of(operands):
    """In their order, each by one name for all its widths."""
    return [whole(name) for name in re.findall(r"%(\w+)", operands)]


def whole(name):
    if vector := re.fullmatch(r"[xyz]mm(\d+)", name):
        return "v" + vector[1]
    if numbered := re.fullmatch(r"(r\d+)[dwb]?", name):
        return numbered[1]
    return re.sub(r"^[er]|[xl]$", "", name)


def effects(mnemonic, operands):
    """What an instruction reads and writes: registers and flags."""
    conditional = re.fullmatch(r"(cmov|set|j)(?!mp).*|(sbb|adc)\w?", mnemonic) is not None
    read = {"flags"} if conditional else set()
    if mnemonic.startswith("j"):
        return read, set()
    parts = re.findall(r"[^,(]*(?:\([^)]*\))?", operands)
    parts = [part.strip() for part in parts if part.strip()]
    if not parts:
        return read, set()
    last = registers_of(parts[-1])
    compares = mnemonic.startswith(("cmp", "test", "vptest", "vucomi", "ucomi", "comi"))
    in_memory = "(" in parts[-1]
    for part in parts[:-1]:
        read.update(registers_of(part))
    zeroes = re.fullmatch(r"v?p?xor\w*", mnemonic) and len(parts) > 1 and len({*parts}) == 1
    overwrites = mnemonic.startswith(("mov", "lea", "set")) or (mnemonic.startswith("v") and not mnemonic.startswith("vf"))
    if zeroes:
        read.clear()
    elif compares or in_memory or not overwrites:
        read.update(last)
    written = set() if compares or in_memory else set(last)
    if not mnemonic.startswith(("mov", "lea", "cmov", "set", "v", "p", "not")):
        written.add("flags")
    return read, written


def target_of(mnemonic, operands):
    """Where a jump or a call goes that is told as an address."""
    told = re.match(r"[0-9a-f]+(?= <)", operands) if mnemonic.startswith(("j", "call")) else None
    return int(told[0], 16) if told else None


def instructions(program, folder):
    """For each record, by the address of the function: what a call of it runs, with all that it calls."""
    out = folder / "callgrind.out"
    run("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--dump-instr=yes", "--dump-line=no",
        "--compress-pos=no", program, "--once")
    calls, cost = {}, {}
    for n, address, spent in re.findall(r"^calls=(\d+) 0x([0-9a-f]+) *\n\S+ (\d+)$", out.read_text(), re.MULTILINE):
        function = int(address, 16)
        calls[function] = calls.get(function, 0) + int(n)
        cost[function] = cost.get(function, 0) + int(spent)
    return {function: cost[function] / calls[function] / RECORDS for function in calls}


def runs_here():
    """Whether this processor has what -march=x86-64-v3 asks for: of that, AVX2 came last."""
    return "avx2" in Path("/proc/cpuinfo").read_text().split()


def compare(compiler, flags, name, include, counting, quick):
    """The rows of one program, and how many of them miss."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "loops"
        # -no-pie: functions run at the addresses that objdump tells
        subprocess.run([*shlex.split(compiler), "-std=c++20", *flags.split(), "-fno-pie", "-no-pie", f"-DRECORD={TYPES[name]}", f"-I{include}",
                        HERE / "loops.cpp", "-o", program, "-pthread"], check=True)
        code = Code(program)
        counts = instructions(program, Path(folder)) if counting and flags == COUNTED else None
        rivals = {}
        for line in run(program, *(["--list"] if quick else [])).splitlines():
            test, end, spelling, address, time = line.split("\t")
            rivals.setdefault((test, end), {})[spelling] = (int(address, 16), float(time))
    for (test, end), loops in rivals.items():
        own, _ = loops.pop("sluice")
        fastest = min(time for _, time in loops.values())
        near = [(spelling, at) for spelling, (at, time) in loops.items() if time <= NEAR * fastest]
        spelling, hand = min(near, key=lambda loop: counts[loop[1]] if counts is not None else -code.width(loop[1]))
        widths = code.width(hand), code.width(own)
        chains = min(code.chain(at) for at, _ in loops.values()), code.chain(own)
        missed = widths[1] < widths[0] or ("clang" not in compiler and name != "double" and chains[1] > chains[0])
        counted = ["", ""]
        if counts is not None:
            ratio = counts[own] / counts[hand]
            missed = missed or ((name == "int64" or test == "unordered") and ratio > LIMIT)
            counted = [f"{counts[hand]:.3f} / {counts[own]:.3f}", f"{ratio:.3f}"]
        said = [compiler, flags, name, f"`{test}`", end, f"`{spelling}`", f"{widths[0]} / {widths[1]}", f"{chains[0]} / {chains[1]}",
                *counted]
        print("| " + " | ".join(said) + (" **missed**" if missed else "") + " |", flush=True)
        yield missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", default=HERE.parent.parent / "include")
    parser.add_argument("--compiler", action="append")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    compilers = given.compiler or (["g++"] if given.quick else ["g++", "clang++-14"])
    for compiler in [c for c in compilers if not shutil.which(shlex.split(c)[0])]:
        print(f"{compiler} is not installed: left out")
        compilers.remove(compiler)
    counting = shutil.which("valgrind") is not None
    if not counting:
        print("LEFT OUT: valgrind is not installed, so that only the vectors are compared, and no instructions counted")
    if given.quick and not runs_here():
        print("LEFT OUT: this processor has no AVX2, and cannot run the loops")
        return SKIPPED
    print("\n| compiler | flags | records | test | end | by hand | vectors, bits: by hand / sluice"
          " | one behind the other: by hand / sluice | instructions a record: by hand / sluice | ratio |\n" + "| --- " * 10 + "|")
    missed = []
    for compiler in compilers:
        for flags in FLAGS[:3] if given.quick else FLAGS:
            for name in ["int64", *(["double"] if flags == COUNTED else [])] if given.quick else TYPES:
                missed += compare(compiler, flags, name, given.include, counting, given.quick)
    print(f"\n{sum(missed)} of {len(missed)} miss their limit")
    if any(missed) or not missed:
        return 1
    return SKIPPED if given.quick and not counting else 0


if __name__ == "__main__":
    sys.exit(main())
