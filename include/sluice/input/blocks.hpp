#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/batch/place.hpp>
#include <sluice/batch/sink.hpp>
#include <sluice/batch/slack.hpp>
#include <sluice/input/spill.hpp>

#include <string>
#include <string_view>
#include <vector>

// What receivers store, and the batches that are made of it. A batch refers to blocks, which are immutable and shared;
// its partitions are cut by the number of its records or bytes, so that they do not depend on how the blocks fell.

namespace sluice::inline SLUICE_ABI::detail {

/// Records that came together: here, or on a disk.
template <class T>
struct RecordBlock : RefCounted {
    std::vector<T> records;
    Counted<SpilledBlock> spilled;
    Slack slack;

    /// Its records go, its memory is used again.
    void clear()
    {
        bool const far = slack.isFar(records.size() * sizeof(T));
        records.clear();
        spilled = {};
        if (far) std::vector<T>{}.swap(records);
    }
};

/// The blocks of one batch.
template <class T>
struct RecordBlocks : RefCounted {
    struct Part {
        Counted<RecordBlock<T>> block;
        std::size_t end;  // its records end here, counted from the batch's first
    };
    List<Part> parts;
    std::size_t bytes = 0;        // of all records,
    std::size_t spilled = 0;      // of those on a disk
    std::size_t unprocessed = 0;  // those of them that count as received and not yet processed
    std::string description;      // what was said of them when they were stored
    List<std::uint64_t> logged;   // as a StoreLog knows them, where there is one
    EnginePlace place;
    std::size_t partitions = 1;

    RecordBlocks() = default;
    ~RecordBlocks() { clear(); }

    [[nodiscard]] std::size_t size() const { return parts.empty() ? 0 : parts.back().end; }

    [[nodiscard]] std::int64_t records() const { return static_cast<std::int64_t>(size()); }

    void add(Counted<RecordBlock<T>> block, std::size_t blockBytes)
    {
        auto const end = size() + block->records.size();
        parts.push_back({std::move(block), end});
        bytes += blockBytes;
        unprocessed += blockBytes;
    }
    /// A block belongs to one batch: its records go with it, and its memory is used again.
    void clear()
    {
        for (auto const& part : parts) part.block->clear();
        parts.clear();
        bytes = spilled = unprocessed = 0;
        description.clear();
        logged.clear();
        place = EnginePlace{};
    }
};

/// The expression of received records.
template <class T>
class Received : public OfSpans<T> {
public:
    explicit Received(Counted<RecordBlocks<T>> blocks) : blocks_(std::move(blocks)) {}

    [[nodiscard]] static constexpr bool resumable() { return true; }
    [[nodiscard]] std::size_t partitions() const { return blocks_->partitions; }
    [[nodiscard]] std::size_t size() const { return blocks_->size(); }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return begin(p) == begin(p + 1); }
    [[nodiscard]] EnginePlace const& place() const { return blocks_->place; }
    void prepare() const {}

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        return eachSpan(p, from, [&sink](T const* records, std::size_t size) { return pushSpan(records, size, sink); });
    }

    /// For those who take whole spans: f(pointer, size) answers what it has Taken.
    template <class F>
    std::size_t eachSpan(std::size_t p, std::size_t from, F&& f) const
    {
        return eachSpanIn(p, from, f, [](RecordBlock<T> const& block) { return block.records.data(); });
    }

protected:
    /// recordsOf(block) says where the records of a block lie, until the next one is asked for.
    template <class F, class RecordsOf>
    std::size_t eachSpanIn(std::size_t p, std::size_t from, F&& f, RecordsOf&& recordsOf) const
    {
        auto at = begin(p) + from;
        auto const end = begin(p + 1);
        auto const& parts = blocks_->parts;
        for (auto i = partOf(at); at < end; ++i) {
            auto const& [block, last] = parts[i];
            auto const first = i == 0 ? 0 : parts[i - 1].end;
            auto const stop = last < end ? last : end;
            T const* const records = at < stop ? recordsOf(*block) : nullptr;
            while (at < stop) {
                blocks_->place.poll();
                auto const size = stop - at < recordsPerPoll ? stop - at : recordsPerPoll;
                auto const taken = f(records + (at - first), size);
                at += taken.count;
                if (!taken.more) return at - begin(p);
            }
        }
        return at - begin(p);
    }

private:
    /// The part that holds record `at` of the batch.
    [[nodiscard]] std::size_t partOf(std::size_t at) const
    {
        auto const& parts = blocks_->parts;
        std::size_t begin = 0;
        for (auto end = parts.size(); begin < end;) {
            auto const middle = begin + (end - begin) / 2;
            if (parts[middle].end <= at) begin = middle + 1;
            else end = middle;
        }
        return begin;
    }
    [[nodiscard]] std::size_t begin(std::size_t p) const { return p * blocks_->size() / blocks_->partitions; }

    Counted<RecordBlocks<T>> blocks_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
