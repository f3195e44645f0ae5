#pragma once

#include <sluice/operators/detail/action.hpp>
#include <sluice/operators/detail/has_text.hpp>
#include <sluice/outputs/foreach_rdd.hpp>

#include <cstdio>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The block of one batch: its records, a line each, as many as are wanted, and whether there are more.
struct PrintedBlock {
    PrintedBlock(Time t, std::size_t wanted);
    /// Room for one more record; false: there are more than are shown.
    bool takesOne();
    void write(std::FILE* file);

    std::size_t left;
    bool more = false;
    std::string text;
};

/// Within the loop: what a record looks at need not outlive it.
struct PrintSink {
    PrintedBlock* block;

    template <class T>
    bool operator()(T const& record) const
    {
        if (!block->takesOne()) return false;
        appendForm(block->text, record);
        appendPart(block->text, '\n');
        return true;
    }
    [[nodiscard]] bool hasEnough() const { return block->more; }
};

struct PrintBatch {
    std::size_t wanted;
    std::FILE* file;

    template <class T, class Node>
    void operator()(RDD<T, Node> batch, Time t) const
    {
        PrintedBlock block{t, wanted};
        pushUntilEnough(batch.node(), PrintSink{&block});
        block.write(file);
    }
};

struct Print : BatchOutputOp<ForeachRDD, PrintBatch, HasText> {
    constexpr Print(PrintBatch print, CallSite at) : BatchOutputOp(print, Label{"print", at}) {}
};

struct PrintFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(std::size_t n, std::FILE* file, CallSite at = CallSite::here()) const
    {
        return Print{{n, file}, at};
    }
    [[nodiscard]] auto operator()(std::size_t n = 10, CallSite at = CallSite::here()) const { return Print{{n, stdout}, at}; }
};

}  // namespace detail

/// Output: write the time of each batch and its first n records, one a line, to a file: `print(n = 10, file = stdout)`.
/// A line `...` follows where there are more; an empty line ends the block.
///
/// Written for empty batches too; nothing where there is *no RDD*. The text of a record is that of `textOf(record)`. A
/// file that cannot be written to fails the job.
///
/// ```cpp
/// IntervalClock clock{1s};
/// auto [channel, numbers] = channelStream<int>(clock);
/// std::FILE* const file = std::tmpfile();
/// numbers | print(10, file);
/// clock.poll(Time{0s});
/// channel.push(7);
/// clock.poll(Time{1s});
/// CHECK(std::ftell(file) > 0);
/// std::fclose(file);
/// ```
inline constexpr detail::PrintFn print{};

}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/outputs/print.ipp>
#endif
