#!/usr/bin/env python3
"""Whatever an operator, output or source refuses, it says why, in one sentence of the library's.

    refusals.py include operators.hpp outputs.hpp sources.hpp [--all] -- c++ -std=c++20 …

Each spelling below stands behind a batch and a stream of each kind of record, on a line of its own of one generated file. Where
what the operator accepts is false there must be one error for that line that begins with `sluice`; where it is true, none.
So an operator whose reasons are fewer than its conditions is found by the record that falls between the two. Each header
of an umbrella has a spelling. With --all there are more kinds of records, and several minutes to wait.
"""

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PRELUDE = r"""
#include <sluice/sluice.hpp>
#include <complex>
#include <memory>
#include <span>

namespace sweep {

using namespace sluice;
using namespace std::chrono_literals;

struct Plain { int a; std::string b; };
struct Fixed { explicit Fixed(int n) : kept(n) {} bool operator==(Fixed const&) const { return true; } private: int const kept; };
struct Once { Once() = default; Once(Once&&) = default; Once& operator=(Once&&) = default; };
struct ByParity {
    std::size_t numPartitions() const { return 2; }
    std::size_t partition(int key) const { return key % 2 == 0 ? 0 : 1; }
    bool operator==(ByParity const&) const = default;
};

// Only declared, as nothing runs. N makes each line's types its own: a compiler says of an instantiation once what is wrong.
template <int N, class R, bool lasts>
struct Node {
    using Record = R;
    static constexpr bool stored = lasts;
    static constexpr bool stable = lasts;
    static bool resumable();
    std::size_t partitions() const;
    bool isEmpty(std::size_t) const;
    InlinePlace place() const;
    void prepare() const;
    template <class Sink>
    std::size_t each(std::size_t, std::size_t, Sink&) const;
};
template <int N, class R, bool lasts>
struct StreamNode {
    using Batch = Node<N, R, lasts>;
    std::optional<Batch> at(Time) const;
    detail::Counted<detail::GraphCore> const& graph() const;
    Duration slide() const;
    std::size_t stepId() const;
    Label label() const;
    void name(char const*);
};
template <int N, class T>
using StoredBatch = RDD<T, Node<N, T const&, true>>;
template <int N, class T>
using MadeBatch = RDD<T, Node<N, T, false>>;
template <int N, class T>
using StoredStream = DStream<T, StreamNode<N, T const&, true>>;
template <int N, class T>
using MadeStream = DStream<T, StreamNode<N, T, false>>;
template <class B>
inline constexpr bool isStream = detail::isDStream<B>;

template <class B, class O>
consteval bool refused()
{
    if constexpr (detail::isRefused<O>) return false;  // told of where it was made
    else if constexpr (detail::isPipeline<O>) return !std::is_void_v<typename detail::RefusalIn<B, O>::type>;
    else return !detail::Accepting<B, O>;
}
template <int N, class B, class O>
struct Pipe {
    static constexpr bool isRefused = refused<B, O>();
    static_assert(!isRefused, "refused");
    static consteval bool said()
    {
        if constexpr (isRefused) return detail::isRefused<decltype(std::declval<B>() | std::declval<O>())>;
        else return true;
    }
    static_assert(said(), "what is refused gives Refused");
};
template <int N, class Stream>
struct Source {
    static_assert(!detail::isRefused<Stream>, "refused");
};

template <class T>
struct WriterOf {
    void write(T const&);
    void close();
};

// Constrained, as a body that does not compile is the user's.
struct First {
    template <std::copy_constructible A>
    A operator()(A const& a, A const&) const;
};
struct Whole {
    template <std::copy_constructible A>
    A operator()(A const&) const;
};

template <class T>
T some();

"""

RECORDS = [
    "int", "std::string_view", "std::unique_ptr<int>", "Fixed", "std::pair<int, int>", "std::pair<std::string_view, double>",
    "std::pair<int, std::span<int const>>", "std::pair<std::span<int const>, int>", "std::pair<int, std::unique_ptr<int>>",
    "std::pair<char const*, int>",
]
MORE_RECORDS = [
    "double", "bool", "std::string", "std::span<int const>", "char const*", "Plain", "Once", "std::complex<double>",
    "std::vector<std::string_view>", "std::optional<std::span<int const>>", "std::tuple<int, std::string>", "std::pair<int const, int>",
    "std::pair<std::unique_ptr<int>, int>", "std::pair<Fixed, int>", "std::pair<int, Once>", "std::pair<int, bool>",
    "std::pair<std::wstring_view, std::wstring_view>", "std::pair<double, std::vector<std::string_view>>",
]

# T is the record, Other a batch or a stream of T, as what stands before, Ints one of pairs of int.
SPELLINGS = """
aggregate(0, [](int a, T const&) { return a; }, [](int a, int) { return a; })
aggregate(std::unique_ptr<int>(), [](auto a, T const&) { return a; }, [](auto a, auto) { return a; })
aggregate(0, [](int a, int) { return a; }, [](int a, int) { return a; })
aggregateByKey(0, [](int a, auto const&) { return a; }, [](int a, int) { return a; })
aggregateByKey(std::string_view(), [](auto a, auto const&) { return a; }, [](auto a, auto) { return a; })
aggregateByKey(0, [](int a, int) { return a; }, [](int a, int) { return a; }, ByParity{})
cache()
coalesce(2)
cogroup(some<Other>())
cogroup(some<Ints>())
cogroup(some<Other>(), some<Ints>(), ByParity{})
collect()
collectAsMap()
collectInto(some<std::vector<Owned<T>>&>())
collectInto(some<std::vector<T>>())
collectInto(some<std::vector<T> const&>())
collectInto(some<std::vector<std::pair<T, int>>&>())
combineByKey(Whole{}, First{}, First{})
combineByKey([](int v) { return v; }, [](int c, int) { return c; }, [](int c, int) { return c; }, ByParity{})
combineByKey([](auto&&) { return std::span<int const>(); }, [](auto c, auto const&) { return c; }, [](auto c, auto) { return c; })
count()
countByKey()
countByKey(ByParity{})
countByValue()
countByValue(ByParity{})
countByValueAndWindow(2s)
countByValueAndWindow(2s, 1s, ByParity{})
countByWindow(2s)
distinct()
distinct(ByParity{})
filter([](T const&) { return true; })
filter([](T const&) { return std::string(); })
filter([](T&) { return true; })
filter([](int) { return true; })
first()
flatMap([](T const& x) { return std::vector<int>(); })
flatMap([](T const& x) { return std::optional<std::unique_ptr<int>>(); })
flatMap([](T const& x) { return 1; })
flatMap<int>([](T const& x, auto emit) { emit(1); })
flatMap<std::unique_ptr<int>>([](int, auto emit) { })
flatMapValues([](auto const&) { return std::vector<int>(); })
flatMapValues([](int) { return std::vector<int>(); })
flatMapValues([](auto const&) { return 1; })
fold(T(some<T>()), [](T const& a, T const& b) -> T const& { return a; })
fold(0, [](int a, auto const&) { return a; })
fold(unordered, 0, [](int a, auto const&) { return a; })
fold(unordered, T(some<T>()), [](T const& a, T const& b) -> T const& { return a; })
foldByKey(0, [](int a, auto const&) { return a; })
foldByKey(0, [](int a, int) { return a; }, ByParity{})
foldByKey(std::unique_ptr<int>(), [](auto a, auto const&) { return a; })
foreach([](T const&) {})
foreach([](T&) {})
foreach([](std::string) {})
foreachPartition([](auto) {})
foreachPartition([](int) {})
foreachRDD([](RDD<T>) {})
foreachRDD([](RDD<int>) {})
foreachRDD([](int) {})
fullOuterJoin(some<Other>())
fullOuterJoin(some<Ints>(), ByParity{})
glom()
groupBy([](T const&) { return 1; })
groupBy([](T const&) { return std::span<int const>(); })
groupBy([](T const& x) -> T const& { return x; })
groupBy([](T const& x) { return &x; })
groupBy([](T const& x) { return 1; }, ByParity{})
groupByKey()
groupByKey(ByParity{})
groupByKeyAndWindow(2s)
groupByKeyAndWindow(2s, 1s, ByParity{})
intersection(some<Other>())
intersection(some<Ints>(), ByParity{})
isEmpty()
join(some<Other>())
join(some<Ints>())
join(some<Ints>(), ByParity{})
keyBy([](T const&) { return 1; })
keyBy([](T const&) { return std::unique_ptr<int>(); })
keyBy([](T const&) {})
keys()
leftOuterJoin(some<Other>())
leftOuterJoin(some<Ints>(), ByParity{})
lookup(1)
lookup(std::string())
map([](T const&) { return 1; })
map([](T const& x) -> T const& { return x; })
map([](T const&) {})
map([](T&) { return 1; })
map([](int) { return 1; })
map([](T const&) { return std::unique_ptr<int>(); })
map([](T const&) { return 1; }, some<DeadLetters<T>>())
map([](int) { return 1; }, some<DeadLetters<int>>())
mapPartitions([](auto part) { return part; })
mapPartitions([](auto) { return 1; })
mapPartitionsWithIndex([](std::size_t, auto part) { return part; })
mapPartitionsWithIndex([](std::size_t, auto) {})
mapValues([](auto const&) { return 1; })
mapValues([](int) { return 1; })
mapValues([](auto const&) { return std::unique_ptr<int>(); })
mapValues([](auto const&) {})
mapWithState(StateSpec{[](auto const&, auto const&, State<int>&) { return 1; }})
mapWithState(StateSpec{[](int, std::optional<int>, State<int>&) { return 1; }})
mapWithState(StateSpec{[](int, std::optional<int>, State<std::unique_ptr<int>>&) { return 1; }})
mapWithState(StateSpec{[](int, std::optional<int>, State<std::string_view>&) { return 1; }})
mapWithState(StateSpec{[](int, std::optional<int>, State<int>&) { return 1; }}.partitioner(ByParity{}))
max()
max([](T const&, T const&) { return true; })
max([](int, int) { return true; })
mean()
min()
min([](T const&, T const&) { return true; })
min([](std::string, std::string) { return true; })
named("x")
partitionBy(2)
partitionBy(ByParity{})
reduce([](T const& a, T const&) -> T const& { return a; })
reduce([](T a, T) { return a; })
reduce(unordered, [](T a, T) { return a; })
reduce(unordered, [](int a, int) { return a; })
reduce([](int a, int) { return a; })
reduce([](T const&, T const&) { return std::unique_ptr<int>(); })
reduceByKey(First{})
reduceByKey([](int a, int) { return a; }, ByParity{})
reduceByKey([](auto const& a, auto const&) { return 1; })
reduceByKeyAndWindow(First{}, 2s)
reduceByKeyAndWindow([](int a, int) { return a; }, 2s, 1s, ByParity{})
reduceByKeyAndWindow([](int a, int) { return a; }, [](int a, int) { return a; }, 2s)
reduceByKeyAndWindow(First{}, First{}, 2s, 1s, 2, [](int, int) { return true; })
reduceByKeyAndWindow([](int a, int) { return a; }, [](int a, std::string) { return a; }, 2s)
reduceByWindow([](T const& a, T const&) -> T const& { return a; }, 2s)
reduceByWindow(First{}, First{}, 2s, 1s)
reduceByWindow([](int a, int) { return a; }, 2s)
repartition(2)
rightOuterJoin(some<Other>())
rightOuterJoin(some<Ints>(), ByParity{})
sample(false, 0.5, 1)
saveAsTextFile("x")
saveAsTextFiles("x")
sortBy([](T const& x) -> T const& { return x; })
sortBy([](T const&) { return 1; })
sortBy([](T const&) { return std::unique_ptr<int>(); })
sortBy([](T const& x) { return &x; })
sortByKey()
stateSnapshots()
stats()
subtract(some<Other>())
subtract(some<Ints>(), ByParity{})
subtractByKey(some<Other>())
subtractByKey(some<Ints>())
subtractByKey(some<Ints>(), ByParity{})
sum()
sum(unordered)
take(1)
takeOrdered(1)
takeOrdered(1, [](T const&, T const&) { return true; })
top(1)
top(1, [](T const&, T const&) { return true; })
top(1, [](int, int) { return true; })
transform([](auto batch) { return batch; })
transform([](RDD<int> batch) { return batch; })
transform([](auto) { return 1; })
transformWith(some<Other>(), [](auto, auto b) { return b; })
transformWith(some<Other>(), [](auto, auto) { return 1; })
unionWith(some<Other>())
unionWith(some<Ints>())
updateStateByKey([](auto const&, std::optional<int> s) { return s; })
updateStateByKey([](std::span<int const>, std::optional<int> s) { return s; })
updateStateByKey([](std::span<int const>, std::optional<std::string_view> s) { return s; })
updateStateByKey([](std::span<int const>, std::optional<int> s) { return s; }, ByParity{})
values()
window(2s)
writeTo([](OutputKey const&) { return WriterOf<T>{}; })
writeTo([](OutputKey const&) { return WriterOf<int>{}; })
writeTo([](OutputKey const&) { return 1; })
print()
zipWithIndex()
"""

# Those that are made without a pipe before them.
ALONE = {
    "queueStream": ["queueStream(some<Graph&>(), some<RDDQueue<T>>())"],
    "receiverStream": [
        "receiverStream<int>(some<Graph&>(), [](std::stop_token, auto& store) { store(1); })",
        "receiverStream<int>(some<Graph&>(), [](std::stop_token) {})",
        "receiverStream<std::string_view>(some<Graph&>(), 1)",
    ],
    "socketStream": [
        'socketStream<int>(some<Graph&>(), "h", 1, [](auto&) { return std::optional<int>(); })',
        'socketStream<int>(some<Graph&>(), "h", 1, [](int) { return 1; })',
    ],
    "fileStream": [
        'fileStream(some<Graph&>(), "d", {}, [](std::string_view) { return std::vector<int>(); })',
        'fileStream(some<Graph&>(), "d", {}, [](std::string_view) { return 1; })',
    ],
    "pullStream": ["pullStream(some<Graph&>(), 1)"],
}
# These say nothing of records, or are no part of a pipe.
NO_SPELLING = {
    "binaryRecordsStream", "channelStream", "constantStream", "deadLetters", "socketTextStream", "tailTextFileStream", "textFileStream",
    "contains", "slice", "split", "splitLines", "transformAll", "unionAll",
    "unordered",
}


# What is wrong with a type itself is said where it is met first.
TOLD_ONCE = "sluice: what is kept beyond its batch must own what it shows"
JOBS = 4  # each a program of its own: so much less memory at once


def camel(name):
    head, *rest = name.split("_")
    return (head + "".join(word.capitalize() for word in rest)).replace("Rdd", "RDD")


def name_of(spelling):
    return re.match(r"\w+", spelling)[0]


def program(spellings, records, alone):
    """The text, and what stands on each line: {line: (record, before, spelling)}."""
    lines = PRELUDE.split("\n")
    what = {}
    number = 0
    for record in records:
        lines.append(f"namespace record_{number} {{ using T = {record};")
        for before in ("StoredBatch", "MadeStream"):
            for spelling in spellings:
                number += 1
                base = f"{before}<{number}, T>"
                text = spelling.replace("<Other>", f"<{before}<-{number}, T>>").replace("<Ints>", f"<{before}<-{number}, std::pair<int, int>>>")
                lines.append(f"using P{number} = Pipe<{number}, {base}, decltype({text})>; static_assert(sizeof(P{number}) > 0);")
                what[len(lines)] = (record, before, spelling)
        lines.append("}")
    lines.append("using T = int;")
    for spelling in alone:
        number += 1
        lines.append(f"using P{number} = Source<{number}, decltype({spelling})>; static_assert(sizeof(P{number}) > 0);")
        what[len(lines)] = ("int", "", spelling)
    lines.append("}  // namespace sweep\n")
    return "\n".join(lines), what


def errors_by_line(output, file, lines, clang):
    """{line of the file, of those given: the errors of its instantiation}; None: of no such line."""
    def own(text):
        return [int(n) for n in re.findall(rf"{re.escape(file)}:(\d+)[:,]", text) if int(n) in lines]

    found = {}
    message = re.compile(r"\S.*?:\d+(?::\d+)?: (?:fatal )?error: (.*)")
    here = waiting = None
    for text in output.split("\n"):
        at = message.match(text)
        if clang:  # the user's line stands behind the error
            if at:
                if waiting:
                    found.setdefault(None, []).append(waiting)
                waiting = at[1]
            if waiting and own(text):
                found.setdefault(own(text)[-1], []).append(waiting)
                waiting = None
        else:  # before it, once for all the errors of an instantiation
            if not at and re.match(r"\S.*?: (?:In|At) ", text):
                here = None
            here = own(text)[-1] if own(text) else here
            if at:
                found.setdefault(here, []).append(at[1])
    if waiting:
        found.setdefault(None, []).append(waiting)
    return found


def judged(text, what, include, compiler):
    """(how many pipes, how many are refused, [what is wrong])."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "sweep.cpp"
        file.write_text(text, encoding="utf-8")
        limits = ["-ferror-limit=0", "-ftemplate-backtrace-limit=0"] if "clang" in " ".join(compiler) else ["-fmax-errors=0"]
        done = subprocess.run([*compiler, "-I", include, "-fsyntax-only", "-w", "-fno-diagnostics-show-caret", *limits, str(file)],
                              text=True, capture_output=True, check=False)
        said = errors_by_line(done.stderr, str(file), what, "clang" in " ".join(compiler))
    refused, wrong = 0, said.get(None, [])
    told_of = {what[line][0] for line, errors in said.items() if line and any(TOLD_ONCE in e for e in errors)}
    for line, (record, before, spelling) in what.items():
        errors = said.get(line, [])
        reasons = [e for e in errors if not re.search(r"failed:? .*\brefused\"?$", e)]
        is_refused = len(reasons) < len(errors)
        refused += is_refused
        own = [e for e in reasons if "sluice" in e and "assert" in e]
        told_early = not is_refused and len(own) == len(reasons) == 1  # by the function that makes the operator
        told_before = is_refused and not reasons and record in told_of
        if len(own) != len(reasons) or (len(reasons) != is_refused and not told_early and not told_before):
            wrong.append(f"{before} of {record} | {spelling}: {'refused' if is_refused else 'accepted'}, {len(reasons)} reasons"
                         + "".join(f"\n     {e[:300]}" for e in reasons))
    return len(what), refused, wrong


def main():
    include, *umbrellas = [a for a in sys.argv[1:sys.argv.index("--")] if a != "--all"]
    records = RECORDS + (MORE_RECORDS if "--all" in sys.argv else [])
    compiler = sys.argv[sys.argv.index("--") + 1:]
    spellings = [line for line in SPELLINGS.split("\n") if line]
    known = {name_of(s) for s in spellings} | set(ALONE) | NO_SPELLING
    failed = 0
    for umbrella in umbrellas:
        for header in re.findall(r"^#include <sluice/\w+/(\w+)\.hpp>", Path(umbrella).read_text(encoding="utf-8"), re.MULTILINE):
            if camel(header) not in known:
                print(f"FAIL {header}: has no spelling in {Path(__file__).name}")
                failed += 1

    sources = [s for all_of in ALONE.values() for s in all_of]
    jobs = [(records[i::JOBS], sources if i == JOBS - 1 else []) for i in range(JOBS)]
    pipes = refused = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for part in pool.map(lambda job: judged(*program(spellings, *job), include, compiler), jobs):
            pipes, refused, failed = pipes + part[0], refused + part[1], failed + len(part[2])
            print("".join(f"FAIL {text}\n" for text in part[2]), end="")
    print(f"refusals: {pipes} pipes, {refused} refused, {failed} not as they should be")
    return 1 if failed or refused < pipes // 10 else 0


if __name__ == "__main__":
    sys.exit(main())
