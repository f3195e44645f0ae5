#pragma once

#include <sluice/operators/detail/or_letter.hpp>
#include <sluice/stream/dstream.hpp>
#include <sluice/stream/memo.hpp>
#include <sluice/stream/once.hpp>

#include <atomic>
#include <mutex>
#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Letters that no batch has taken yet.
template <class T>
struct WaitingLetters final : LetterBox<T> {
    void put(DeadLetter<T> letter) override
    {
        std::lock_guard const lock{mutex};
        letters.push_back(std::move(letter));
    }
    void takeInto(std::vector<DeadLetter<T>>& all)
    {
        std::lock_guard const lock{mutex};
        if (all.empty()) return all.swap(letters);
        for (auto& letter : letters) all.push_back(std::move(letter));
        letters.clear();
    }
    void clear()
    {
        std::lock_guard const lock{mutex};
        letters.clear();
    }
    [[nodiscard]] bool any() const
    {
        std::lock_guard const lock{mutex};
        return !letters.empty();
    }

    mutable std::mutex mutex;
    std::vector<DeadLetter<T>> letters;
};

/// One batch: what waits when its first job asks.
template <class T>
struct LetterRecords : RefCounted {
    using Entry = DeadLetter<T>;

    Counted<WaitingLetters<T>> source;
    EnginePlace runsAt;
    std::vector<Entry> records;
    Once once;

    [[nodiscard]] static constexpr std::size_t partitions() { return 1; }
    [[nodiscard]] bool isEmpty(std::size_t) const { return once.done() && records.empty(); }
    [[nodiscard]] EnginePlace const& place() const { return runsAt; }
    void prepare()
    {
        once.run([this] { source->takeInto(records); });
    }
    template <class Take>
    std::size_t eachSpan(std::size_t, std::size_t from, Take&& take) const
    {
        while (from < records.size()) {
            runsAt.poll();
            auto const left = records.size() - from;
            auto const taken = take(records.data() + from, left < recordsPerPoll ? left : recordsPerPoll);
            from += taken.count;
            if (!taken.more) break;
        }
        return from;
    }
    void clear()
    {
        records.clear();
        once.reset();
    }
};

template <class T>
struct LetterNode final : InputNode {
    using Batch = StoredBatch<LetterRecords<T>>;

    LetterNode(Counted<GraphCore> const& owner, Label const& where) : InputNode(owner, where), waiting(makeCounted<WaitingLetters<T>>()) {}

    void fix(Time) override {}
    [[nodiscard]] Maybe<Batch> at(Time t)
    {
        isRead.store(true, std::memory_order_relaxed);
        return Batch{memo.findOr(t, [this](LetterRecords<T>& records) {
            records.source = waiting;
            records.runsAt = graph->place();
        })};
    }
    [[nodiscard]] StreamInputInfo info(Time) const override { return {id, 0, {}}; }
    /// Letters of the last batches make one more, in a graceful stop.
    [[nodiscard]] bool hasWaiting() const override { return isRead.load(std::memory_order_relaxed) && waiting->any(); }
    [[nodiscard]] Duration slide() const { return graph->interval(); }
    void evict(Time upTo) override
    {
        if (!isRead) waiting->clear();
        memo.evict(upTo);
    }

    Counted<WaitingLetters<T>> waiting;
    Memo<LetterRecords<T>> memo;
    std::atomic<bool> isRead{false};
};

}  // namespace detail

/// What `deadLetters` gives: where they are put, and where they come out.
template <class T>
struct DeadLetterStream {
    using Node = detail::SharedNode<detail::LetterNode<T>>;

    DeadLetters<T> letters;
    DStream<DeadLetter<T>, Node> failed;
};

template <class T, class X>
constexpr detail::Refused operator|(DeadLetterStream<T> const&, X&&)
{
    static_assert(detail::isRefused<X>,
                  "sluice::deadLetters<T>(context) gives two, `auto [letters, failed] = …`: the pipe begins with the stream, failed");
    return {};
}

/// Records for which a function throws, as a stream of their own instead of a failed batch: T is their type, text a `std::string`.
///
/// Operators are given the letters, `map(f, letters)`, and so `filter`, `flatMap`, `mapValues`, `flatMapValues` and `keyBy`; a
/// letter is the whole record, also where f takes its value. The stream of `DeadLetter<T>` is given an output, behind
/// theirs: outputs run in the order in which they are registered, and a batch of letters has all that waits when its first
/// output runs; later ones are in the next. One partition, in the order of failures. Where the function runs again, for another
/// output that nothing is cached for, or in a batch that is tried again, its letters come again. Without an output letters are
/// dropped.
///
/// ```cpp
/// IntervalClock clock{1s};
/// RDDQueue<std::string> lines;
/// auto [letters, failed] = deadLetters<std::string>(clock);
/// int sum = 0;
/// std::string wrong;
/// queueStream(clock, lines) | map([](std::string_view line) { return std::stoi(std::string(line)); }, letters) |
///     foreachRDD([&](auto numbers) { sum += numbers | fold(0, std::plus{}); });
/// failed | foreachRDD([&](auto batch) {
///     for (auto const& letter : batch | collect()) wrong += letter.record + ": " + letter.error;
/// });
/// lines.push({"1", "two", "3"});
/// clock.poll(Time{0s});
/// clock.poll(Time{1s});
/// CHECK(sum == 4);
/// CHECK(wrong == "two: stoi");
/// ```
template <class T>
[[nodiscard]] DeadLetterStream<T> deadLetters(Graph const& graph, CallSite at = CallSite::here())
{
    static_assert(detail::mayWait<T>(),
                  "sluice::deadLetters<T>(context): letters wait for their batch, and must own what they show: a std::string, not a "
                  "std::string_view");
    auto node = detail::addInput<detail::LetterNode<T>>(graph, {"deadLetters", at});
    DeadLetters<T> letters{node->waiting};
    return {std::move(letters), detail::streamOf(detail::SharedNode<detail::LetterNode<T>>{std::move(node)})};
}

}  // namespace sluice::inline SLUICE_ABI
