#pragma once

#include <sluice/operators/cache.hpp>
#include <sluice/state/windowed_records.hpp>
#include <sluice/storage/disk_part.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// What may lie on a disk: what is made anew of its bytes.
template <class T>
struct DiskForm {
    static constexpr bool holds = Decodable<T>;
};

/// One batch, kept in a DiskStore.
template <class Up>
struct DiskRecords : CachedRecords<Up, DiskPart<Stored<ValueOf<Up>>>> {
    static constexpr bool passing = true;
    using Shared = Counted<DiskStore>;

    void plan(Up batch, Shared const& store, bool memoryFirst)
    {
        CachedRecords<Up, DiskPart<Stored<ValueOf<Up>>>>::plan(static_cast<Up&&>(batch));
        if (this->parts.size() < this->count) this->parts.resize(this->count);
        open(store, memoryFirst);
    }
    /// Of what a node had in the process before.
    template <class Node>
    SLUICE_COLD void open(Node const& node, Shared& store)
    {
        if (!store) store = makeCounted<DiskStore>(node.label, node.graph->localDirectory(), std::size_t{0}, node.graph->compression());
        open(store, false);
    }
    [[nodiscard]] std::size_t bytesInMemory() const
    {
        std::size_t all = 0;
        for (auto const& part : this->parts) all += part.bytesInMemory();
        return all;
    }

private:
    void open(Shared const& store, bool memoryFirst)
    {
        for (auto& part : this->parts) part.open(store, memoryFirst, this->runsAt);
    }
};

template <class Up>
struct KeptOf<StoredBatch<DiskRecords<Up>>> {
    using type = DiskRecords<Up>;
};

/// What `cache(Storage::disk)` and `cache(Storage::memoryThenDisk)` do, for batches, and windows of them, that are larger than memory.
///
/// Each batch is written once, in the binary form of its records, and read by whoever stands below it, a block of about 64 KiB at a time,
/// of as many partitions at once as there are workers: a record lies in memory while it is pushed. What stands below is the same as behind
/// `cache()`, in the same order; a `window` behind it keeps no records of its own, and reads those of each batch. `Storage::disk` keeps
/// nothing in memory. `Storage::memoryThenDisk` keeps the first records that come, up to `Config::maxCachedBytes` for each such cache, and
/// writes the others: which of its batches a window finds on the disk does not matter, since it reads all of them, so none is moved.
///
/// Files lie in `Config::localDirectory`, without a name, compressed where `Config::compression` says so: they are gone with the process,
/// however it ends. They are no checkpoint. A file
/// has up to 256 MiB of several batches, and its space is free when the last of these is let go. Where `/tmp` lies in memory, as on
/// some systems, give another directory.
///
/// Records must be `Decodable`, and are kept owned: anything else is refused while compiling. A container without an order of its own may
/// come back in another one. A disk that is full, a directory that is not there or may not be written to, and a block whose checksum is not
/// that which was written, are each a `StreamError` of the batch that names the directory. The batch holds what it is computed of until it
/// is written whole, so where it is tried again nothing is lost.
///
/// ```cpp
/// auto out = testing::runBatches<std::string>({{"to be", "or"}, {"not"}}, [](auto in) {
///     return in | flatMap(split()) | cache(Storage::disk) | window(2s) | map([](std::string const& word) { return word; });
/// });
/// CHECK(out == testing::Batches<std::string>{{"to", "be", "or"}, {"to", "be", "or", "not"}});
/// ```
template <class Op, class Up>
struct DiskCacheNode final : HoldingNode {
    using Records = DiskRecords<typename Up::Batch>;
    using Batch = StoredBatch<Records>;

    SLUICE_COLD DiskCacheNode(Counted<GraphCore> const& owner, Op const& op, Up upstream)
        : HoldingNode(owner, op.label),
          up(static_cast<Up&&>(upstream)),
          store(makeCounted<DiskStore>(label, owner->localDirectory(), owner->maxCachedBytes(), owner->compression())),
          memoryFirst(op.memoryFirst)
    {
    }

    [[nodiscard]] Maybe<Batch> at(Time t)
    {
        if (auto known = memo.find(t)) return Batch{std::move(known)};
        auto batch = up.at(t);
        if (!batch) return {};
        return Batch{memo.findOr(t, [&](Records& kept) { kept.plan(*std::move(batch), store, memoryFirst); })};
    }

    [[nodiscard]] Duration slide() const { return up.slide(); }
    void evict(Time upTo) override { memo.evict(upTo); }
    SLUICE_COLD void rename(char const* name) override
    {
        label.name = name;
        store->rename(label);
    }
    [[nodiscard]] SLUICE_COLD StreamHeldInfo held() const override
    {
        std::size_t records = 0;
        std::size_t bytes = 0;
        memo.each([&](Records const& kept) {
            if (!kept.once.done()) return;
            records += kept.records();
            bytes += kept.bytesInMemory();
        });
        return heldInfo(records, bytes);
    }

    Up up;
    Counted<DiskStore> store;
    bool memoryFirst;
    Memo<Records> memo;
};

}  // namespace detail

}  // namespace sluice::inline SLUICE_ABI
