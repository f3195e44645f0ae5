#pragma once

#include <sluice/stream/cached_records.hpp>
#include <sluice/stream/dstream.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class Op, class Up>
struct CacheNode final : HoldingNode {
    using Batch = Cached<typename Up::Batch>;

    CacheNode(Counted<GraphCore> const& owner, Op const& op, Up upstream) : HoldingNode(owner, op.label), up(static_cast<Up&&>(upstream)) {}

    [[nodiscard]] Maybe<Batch> at(Time t)
    {
        if (auto known = memo.find(t)) return Batch{std::move(known)};
        auto batch = up.at(t);
        if (!batch) return {};
        return Batch{memo.findOr(t, [&](auto& kept) { kept.plan(*std::move(batch)); })};
    }

    [[nodiscard]] Duration slide() const { return up.slide(); }
    void evict(Time upTo) override { memo.evict(upTo); }
    [[nodiscard]] SLUICE_COLD StreamHeldInfo held() const override
    {
        std::size_t records = 0;
        memo.each([&records](auto const& kept) {
            if (kept.once.done()) records += kept.records();
        });
        return heldInfo(records, records * sizeof(typename CachedRecords<typename Up::Batch>::Entry));
    }

    Up up;
    Memo<CachedRecords<typename Up::Batch>> memo;
};

struct CacheBase : StreamOpBase {
    Label label;

    constexpr explicit CacheBase(CallSite at) : label{"cache", at} {}

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isDStream<S>, "sluice::cache(): must stand behind a stream; of a batch, rdd(batch | collect()) keeps the records");
    }
};

struct Cache : CacheBase, Needs<need::Storable> {
    using CacheBase::CacheBase;

    template <class Node>
    auto attach(Node node) const
    {
        return nodeStream<CacheNode>(*this, static_cast<Node&&>(node));
    }
};

// What lies on a disk, of <sluice/storage.hpp>: its records' form, and its node.
template <class T>
struct DiskForm;
template <class Op, class Up>
struct DiskCacheNode;

struct InMemory {};
struct OnDisk {
    bool memoryFirst;
};

struct NeedsDisk {
    template <class Up, class Form = DiskForm<ValueOf<Up>>>
    static constexpr bool isIncluded = requires { sizeof(Form); };
    template <class Up>
    static consteval bool hasForm()
    {
        if constexpr (isIncluded<Up>) return DiskForm<ValueOf<Up>>::holds;
        else return false;
    }
    template <class Up>
    static constexpr bool holds = hasForm<Up>();

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(isIncluded<Up>, "sluice::cache(Storage::disk): include <sluice/storage.hpp>");
        static_assert(!isIncluded<Up> || holds<Up>,
                      "sluice::cache(Storage::disk): the records must have a binary form, and be made of it again: specialise "
                      "sluice::EncodedAs for what has none, and let structs own what they show");
    }
};

struct CacheOnDisk : CacheBase, Needs<need::Storable, NeedsDisk> {
    bool memoryFirst;

    constexpr CacheOnDisk(OnDisk where, CallSite at) : CacheBase(at), memoryFirst(where.memoryFirst) {}

    template <class Node>
    auto attach(Node node) const
    {
        return nodeStream<DiskCacheNode>(*this, static_cast<Node&&>(node));
    }
};

struct CacheMaker : Maker<Cache> {
    using Maker<Cache>::operator();
    [[nodiscard]] constexpr Cache operator()(InMemory, CallSite at = CallSite::here()) const { return Cache{at}; }
    [[nodiscard]] constexpr CacheOnDisk operator()(OnDisk where, CallSite at = CallSite::here()) const { return {where, at}; }
};

}  // namespace detail

/// Where `cache(storage)` keeps records.
///
/// ```cpp
/// IntervalClock clock{1s};
/// RDDQueue<int> queue;
/// auto const kept = queueStream(clock, queue) | cache(Storage::memory);
/// static_assert(std::is_same_v<decltype(kept)::Value, int>);
/// ```
struct Storage {
    static constexpr detail::InMemory memory{};            ///< as `cache()`
    static constexpr detail::OnDisk disk{false};           ///< in a file, by `<sluice/storage.hpp>`
    static constexpr detail::OnDisk memoryThenDisk{true};  ///< in memory up to `Config::maxCachedBytes`, what comes then in a file
};

/// A stream of the same records that computes each batch once, however many outputs stand below it, and keeps it in
/// memory for as long as the batch is remembered. The stream before it is unchanged.
///
/// On streams only. Records are kept owned: text comes as `std::string`; a plain struct stays what it is, and its views look at a
/// copy of their text, which lives as long as the batch is remembered. Partitions and order are kept. An empty batch
/// stays empty, *no RDD* stays none.
///
/// `cache(Storage::disk)` and `cache(Storage::memoryThenDisk)`, of `<sluice/storage.hpp>`, are for batches, and windows of them, that are
/// larger than memory: see there.
///
/// What is cached is gone with the process, and made anew of batches that run again. With a `checkpoint` a window behind it keeps its batches
/// for itself; a `slice` of batches of the process before has none of them, and the log says so.
///
/// ```cpp
/// std::atomic<int> calls = 0;
/// auto out = testing::runBatches<int>({{1, 2}}, [&](auto in) {
///     auto slow = in | map([&](int x) { ++calls; return x; }) | cache();
///     return slow | unionWith(slow);
/// });
/// CHECK(out == testing::Batches<int>{{1, 2, 1, 2}});
/// CHECK(calls == 2);
/// ```
inline constexpr detail::CacheMaker cache{};

}  // namespace sluice::inline SLUICE_ABI
