#pragma once

#include <sluice/outputs/foreach_rdd.hpp>

namespace sluice::inline SLUICE_ABI {

/// Which partition of which batch of which output: a batch that is run again has the same keys, so that who remembers the
/// keys it has written writes each of them once.
///
/// Both numbers are those of the program as it is: a new version that registers another output before this one, or has another number of
/// partitions, gives them anew, also to a batch that the old one has written and not finished.
///
/// ```cpp
/// OutputKey const key{.time = Time{1s}, .output = 0, .partition = 2};
/// CHECK(key < OutputKey{.time = Time{1s}, .output = 1, .partition = 0});
/// ```
struct OutputKey {
    Time time;                  ///< of the batch
    std::size_t output = 0;     ///< in order of registration with the context, from 0
    std::size_t partition = 0;  ///< of the batch, from 0

    friend constexpr auto operator<=>(OutputKey const&, OutputKey const&) = default;
};

namespace detail {

template <class F>
concept OpensWriter = requires(F& f, OutputKey key) { requires std::is_object_v<decltype(f(key))>; };

template <class F>
using WriterOf = decltype(std::declval<F const&>()(OutputKey{}));

template <class W, class R>
concept Writes = requires(W& writer, R&& record) { writer.write(static_cast<R&&>(record)); };
template <class W>
concept Closes = requires(W& writer) { writer.close(); };

template <class F>
struct Opens {
    template <class Up>
    static constexpr bool holds = OpensWriter<F const>;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (OpensWriter<F>) {
            static_assert(holds<Up>, "sluice: the function is called as const, by several threads at once: no mutable lambda");
        } else {
            static_assert(holds<Up>, "sluice::writeTo(open): open must take an OutputKey, and return a writer");
        }
    }
};
/// Behind Opens.
template <class F>
struct WritesRecords {
    template <class Up>
    static constexpr bool holds = Writes<WriterOf<F>, RecordOf<Up>> && Closes<WriterOf<F>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        if constexpr (Writes<WriterOf<F>, RecordOf<Up>>) {
            static_assert(holds<Up>, "sluice::writeTo(open): the writer must have close(), called behind the last record");
        } else if constexpr (holdOf<ValueOf<Up>>() == Hold::covered && Writes<WriterOf<F>, Owned<RecordOf<Up>> const&>) {
            static_assert(holds<Up>, "sluice::writeTo(open): the writer must take text as std::string_view, not as std::string");
        } else {
            static_assert(holds<Up>,
                          "sluice::writeTo(open): the writer must have write(record), which takes one record, by value or as "
                          "const&");
        }
    }
};

/// A writer where it is used: open makes it in its place, so that it need not be one that can be moved.
template <class F>
struct OpenWriter {
    OpenWriter(F const& open, OutputKey key) : writer(open(key)) {}

    WriterOf<F> writer;
};

/// Opens a writer at the first record, so that a partition without records opens none.
template <class F>
struct WriteSink {
    std::optional<OpenWriter<F>>* opened;
    F const* open;
    OutputKey key;
    Label const* label;

    template <class R>
    bool operator()(R&& record)
    {
        runIn(*label, [&] {
            if (!*opened) opened->emplace(*open, key);
            (*opened)->writer.write(static_cast<R&&>(record));
        });
        return true;
    }
};

struct WriteTo {
    static constexpr char const* spelled = "writeTo";

    template <class Output>
    static void run(Output& output, Time t)
    {
        using F = decltype(output.f);
        auto const& planned = *output.batch;
        forPartitions(planned, [&](std::size_t p) {
            std::optional<OpenWriter<F>> opened;
            WriteSink<F> sink{&opened, &output.f, {t, output.id, p}, &output.label};
            try {
                planned.each(p, 0, sink);
            } catch (...) {
                if (opened) abort(opened->writer);
                throw;
            }
            if (opened) runIn(output.label, [&] { opened->writer.close(); });
        });
    }

private:
    template <class Writer>
    static void abort(Writer& writer)
    {
        if constexpr (requires { writer.abort(); }) {
            try {
                writer.abort();
            } catch (...) {  // what failed before is what counts
            }
        }
    }
};
template <class F>
using WriteToOp = BatchOutputOp<WriteTo, F, Opens<F>, WritesRecords<F>>;

}  // namespace detail

/// Output: write each partition of each batch through a writer of its own: open(OutputKey) makes it, for instance a
/// transaction named after the key, its `write(record)` takes each record, in order, and its `close()` ends it.
///
/// open is called as const, by the worker that runs the partition, when the first record comes: a partition without records
/// opens nothing, nor does *no RDD*. Behind the last record close is called, once. Where anything throws before that, close
/// is not called, but `abort()` where there is one, and the job fails with a `StreamError` that names this output, or the
/// operator that has thrown. A writer is used by one thread, and where open makes it: it need not be one that can be moved.
/// Partitions are written at the same time where there are workers.
///
/// ```cpp
/// struct Lines {
///     std::string text;
///     void write(int n) { text += std::to_string(n) + '\n'; }
///     void close() { CHECK(text == "7\n"); }
/// };
/// IntervalClock clock{1s};
/// testing::literalStream<int>(clock, {{7}}) | writeTo([](OutputKey) { return Lines{}; });
/// clock.poll(Time{0s});
/// clock.poll(Time{1s});
/// ```
inline constexpr detail::FunctionMaker<detail::WriteToOp> writeTo{};

}  // namespace sluice::inline SLUICE_ABI
