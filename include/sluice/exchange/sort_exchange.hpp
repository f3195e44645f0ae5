#pragma once

#include <sluice/batch/order.hpp>
#include <sluice/batch/rank.hpp>
#include <sluice/batch/rank_sort.hpp>
#include <sluice/exchange/record_exchange.hpp>
#include <sluice/exchange/stable_sort.hpp>

// One file although it is long: the ways to sort a partition, and to cut and merge them, are chosen by the same traits.

namespace sluice::inline SLUICE_ABI::detail {

/// Records in order: each partition of the upstream becomes a sorted run, a regular sample of all runs gives the keys at
/// which they are cut, and the pieces of one target are merged. Parallel sorting by regular sampling, after X. Li,
/// P. Lu, J. Schaeffer et al., "On the versatility of parallel sorting by regular sampling", Parallel Computing 19
/// (1993): no target has more than about twice its share, unless of one key. Records of one key are in one partition, in
/// the order of (partition, position); all of it depends on data and partitions alone.
///
/// `Op` has `label`, `ascending`, `partitions` (0: as many as the upstream), key(record), and ofMember: is that a part of the record, which
/// may be asked for again? Small records of such keys, where these have a rank, are moved themselves; of others it is their places that are
/// sorted.
template <class Up, class Op>
class SortExchange : public ListExchange<SortExchange<Up, Op>, Up, Op> {
    using Base = ListExchange<SortExchange, Up, Op>;
    friend Base;

public:
    using T = ValueOf<Up>;

    [[nodiscard]] std::size_t partitions() const { return partitions_; }
    [[nodiscard]] bool isEmpty(std::size_t target) const { return target >= sorted_.size() || sorted_[target].empty(); }
    [[nodiscard]] auto const& part(std::size_t target) const { return sorted_[target]; }

private:
    using Base::op;
    using Base::up_;
    using Found = decltype(std::declval<Op const&>().key(std::declval<T const&>()));
    static constexpr bool byAddress = std::is_lvalue_reference_v<Found>;
    using Made = std::remove_cvref_t<Found>;
    using K = std::conditional_t<byAddress, Made const*, std::conditional_t<isBool<Made>, char, Made>>;  // no std::vector<bool>

    static constexpr bool movesRecords = [] {
        if constexpr (Op::ofMember && byAddress && hasRank<Made>) {
            return isRankWhole<Made> && std::is_trivially_copy_constructible_v<T> && std::is_trivially_destructible_v<T> && sizeof(T) <= 32;
        } else {
            return false;
        }
    }();

    /// The records of one partition in their order.
    struct SortedRun {
        PageVector<T> records;
        Arena arena;

        [[nodiscard]] std::size_t size() const { return records.size(); }
        [[nodiscard]] auto const& key(std::size_t at) const { return Op::key(records[at]); }
        [[nodiscard]] T& record(std::size_t at) { return records[at]; }
        void clear() { records.clear(); }
    };

    /// The records of one partition as they came, and the order in which they stand. Keys are looked at where they are.
    struct OrderedRun {
        PageVector<T> records;
        PageVector<K> keys;
        PageVector<std::size_t> order;
        Arena arena;

        [[nodiscard]] std::size_t size() const { return order.size(); }
        [[nodiscard]] auto const& key(std::size_t at) const { return keyAt(order[at]); }
        [[nodiscard]] T& record(std::size_t at) { return records[order[at]]; }
        void clear()
        {
            records.clear();
            keys.clear();
            order.clear();
        }
        [[nodiscard]] auto const& keyAt(std::size_t record) const
        {
            if constexpr (byAddress) return *keys[record];
            else return keys[record];
        }
    };

    using Run = std::conditional_t<movesRecords, SortedRun, OrderedRun>;

    struct Sink {
        Run* run;

        template <class R>
        bool operator()(R&& record)
        {
            putInto<Up>(run->records, run->arena, static_cast<R&&>(record));
            return true;
        }
    };

    /// Where a record stands: position `at` of a run's order.
    struct Spot {
        std::size_t run;
        std::size_t at;
    };

    template <class A>
    [[nodiscard]] bool precedes(A const& a, A const& b) const
    {
        return op().ascending ? before(a, b) : before(b, a);
    }
    [[nodiscard]] bool precedes(Spot a, Spot b) const
    {
        auto const& x = runs_[a.run].key(a.at);
        auto const& y = runs_[b.run].key(b.at);
        return precedes(x, y) || (!precedes(y, x) && (a.run != b.run ? a.run < b.run : a.at < b.at));
    }

    void begin() { partitions_ = op().partitions != 0 ? op().partitions : up_->partitions(); }
    [[nodiscard]] std::size_t size() const
    {
        std::size_t records = 0;
        for (auto const& one : sorted_) records += one.size();
        return records;
    }
    void free()
    {
        std::vector<Run>{}.swap(runs_);
        std::vector<PageVector<T>>{}.swap(sorted_);
    }
    void forget()
    {
        for (auto& run : runs_) {
            run.clear();
            run.arena.clear();
        }
        for (auto& records : sorted_) records.clear();
    }

    void fill()
    {
        up_->prepare();
        auto const sources = up_->partitions();
        if (runs_.size() < sources) runs_.resize(sources);
        if (sorted_.size() < partitions_) sorted_.resize(partitions_);
        forPartitions(*up_, [this](std::size_t p) { sort(p); });

        std::size_t total = 0;
        filled_.clear();
        for (std::size_t r = 0; r < runs_.size(); ++r) {
            if (!runs_[r].records.empty()) filled_.push_back(r);
            total += runs_[r].size();
        }
        if (total == 0) return;
        try {
            auto const step = total / (sources * partitions_);
            cut(step > 0 ? step : 1);
        } catch (...) {
            failIn(op().label);
        }
        this->place().run(
            partitions_, [this](std::size_t target) { return isCutEmpty(target); },
            [this](std::size_t target) {
                try {
                    merge(target);
                } catch (...) {
                    failIn(op().label);
                }
            });
        for (auto& run : runs_) run.clear();
    }

    void sort(std::size_t p)
    {
        Run& run = runs_[p];
        Sink sink{&run};
        up_->each(p, 0, sink);
        if constexpr (movesRecords) sortRecords(run.records);
        else order(run);
    }

    void sortRecords(PageVector<T>& records) const
    {
        struct Pages {
            std::size_t bytes;
            void* at = allocatePages(bytes);
            ~Pages() { releasePages(at, bytes); }
        } const pages{(records.size() + 1) * sizeof(T)};
        auto const flip = op().ascending ? 0 : ~std::uint64_t{0};
        rankSort(records.data(), static_cast<T*>(pages.at), records.size(), [flip](T const& t) { return rankOf<Made>(Op::key(t)) ^ flip; });
    }

    void order(Run& run) const
    {
        for (auto const& record : run.records) {
            if constexpr (byAddress) run.keys.push_back(&op().key(record));
            else run.keys.push_back(op().key(record));
        }
        try {
            if constexpr (hasRank<Made>) {
                orderByRank(run);
            } else {
                for (std::size_t i = 0; i < run.keys.size(); ++i) run.order.push_back(i);
                stableSort(run.order, [&](std::size_t a, std::size_t b) { return precedes(run.keyAt(a), run.keyAt(b)); });
            }
        } catch (...) {
            failIn(op().label);
        }
    }

    /// Keys of one rank that are not the same are compared.
    void orderByRank(Run& run) const
    {
        PageVector<Ranked> items;
        PageVector<Ranked> room;
        items.reserve(run.keys.size());
        for (std::size_t i = 0; i < run.keys.size(); ++i) {
            auto const rank = rankOf<Made>(run.keyAt(i));
            items.push_back({op().ascending ? rank : ~rank, i});
        }
        sortByRank(items, room);
        run.order.reserve(items.size());
        for (auto const& item : items) run.order.push_back(item.at);
        if constexpr (!isRankWhole<Made>) {
            std::vector<std::size_t> alike;
            for (std::size_t begin = 0, end = 0; begin < items.size(); begin = end) {
                while (end < items.size() && items[end].rank == items[begin].rank) ++end;
                if (end - begin == 1) continue;
                alike.assign(run.order.data() + begin, run.order.data() + end);
                stableSort(alike, [&](std::size_t a, std::size_t b) { return precedes(run.keyAt(a), run.keyAt(b)); });
                for (std::size_t i = 0; i < alike.size(); ++i) run.order[begin + i] = alike[i];
            }
        }
    }

    /// Finds where each target begins in each run: before any record is moved, since keys may lie in records.
    void cut(std::size_t step)
    {
        std::vector<Spot> sample;
        for (auto const r : filled_) {
            for (std::size_t at = 0; at < runs_[r].size() && partitions_ > 1; at += step) sample.push_back({r, at});
        }
        stableSort(sample, [this](Spot a, Spot b) { return precedes(a, b); });

        cuts_.assign((partitions_ + 1) * filled_.size(), 0);
        for (std::size_t i = 0; i < filled_.size(); ++i) {
            auto const& run = runs_[filled_[i]];
            for (std::size_t t = 1; t < partitions_; ++t) cutOf(t)[i] = begin(run, sample[t * sample.size() / partitions_]);
            cutOf(partitions_)[i] = run.size();
        }
    }

    /// The position in a run of the first key that does not stand before that of the split.
    [[nodiscard]] std::size_t begin(Run const& run, Spot split) const
    {
        auto const& key = runs_[split.run].key(split.at);
        std::size_t first = 0;
        for (std::size_t left = run.size(); left > 0;) {
            auto const half = left / 2;
            if (precedes(run.key(first + half), key)) {
                first += half + 1;
                left -= half + 1;
            } else {
                left = half;
            }
        }
        return first;
    }

    [[nodiscard]] std::size_t* cutOf(std::size_t target) { return cuts_.data() + target * filled_.size(); }
    [[nodiscard]] bool isCutEmpty(std::size_t target)
    {
        for (std::size_t i = 0; i < filled_.size(); ++i) {
            if (cutOf(target)[i] != cutOf(target + 1)[i]) return false;
        }
        return true;
    }

    void merge(std::size_t target)
    {
        struct Head : Spot {
            std::size_t end;
        };
        std::vector<Head> heads;  // a heap: the next record is in front
        std::size_t size = 0;
        for (std::size_t i = 0; i < filled_.size(); ++i) {
            auto const first = cutOf(target)[i];
            auto const end = cutOf(target + 1)[i];
            if (first < end) heads.push_back({{filled_[i], first}, end});
            size += end - first;
        }
        auto const first = [this](Spot a, Spot b) { return precedes(a, b); };
        for (auto i = heads.size() / 2; i-- > 0;) siftDown(heads, i, first);
        auto& out = sorted_[target];
        if (heads.size() == 1) {
            Run& run = runs_[heads[0].run];
            if constexpr (movesRecords) {
                if (size == run.size()) return out.swap(run.records);
            }
            out.reserve(size);
            for (auto at = heads[0].at; at < heads[0].end; ++at) out.push_back(std::move(run.record(at)));
            return;
        }
        out.reserve(size);
        while (!heads.empty()) {
            Head& next = heads.front();
            Run& run = runs_[next.run];
            out.push_back(std::move(run.record(next.at)));
            if (++next.at == next.end) {
                next = heads.back();
                heads.pop_back();
            }
            siftDown(heads, 0, first);
        }
    }

    std::size_t partitions_ = 0;
    std::vector<Run> runs_;
    std::vector<std::size_t> filled_;  // which runs have records: of 10,000 partitions most may have none
    std::vector<std::size_t> cuts_;    // for each target, where it begins in each of those; at the end, their sizes
    std::vector<PageVector<T>> sorted_;
};

template <class K>
inline constexpr bool isSortKey = isOrdered<K>();

namespace need {

/// A number of partitions is no order.
template <class Ascending>
struct RisesOrFalls {
    template <class Up>
    static constexpr bool holds = isBool<Ascending>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: ascending must be a bool; the number of partitions comes behind it");
    }
};

/// Behind NoPointer.
template <template <class> class KeyIn>
struct SortKey {
    template <class Up>
    static constexpr bool holds = isSortKey<KeyIn<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice: what is sorted by must have an order: operator<");
    }
};

}  // namespace need

/// An operator that sorts by KeyIn<Up>, rising or falling. Ascending is the type of what says which.
template <class Derived, class Ascending, template <class> class KeyIn, class... Before>
struct SortBase : OverOne<Derived, SortExchange>,
                  Needs<need::RisesOrFalls<Ascending>, Before..., need::NoPointer<KeyIn>, need::SortKey<KeyIn>, need::Listable> {
    bool ascending;
    std::size_t partitions;  // 0: as many as before
    Label label;

    SortBase(bool up, MaybePartitions n, CallSite at) : ascending(up), partitions(0), label{Derived::spelled, at}
    {
        partitions = byOf(n, label).partitions;
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
