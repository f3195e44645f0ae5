#pragma once

#include <sluice/batch/order.hpp>
#include <sluice/stream/record_exchange.hpp>
#include <sluice/stream/stable_sort.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Records in order: each partition of the upstream becomes a sorted run, a regular sample of all runs gives the keys at
/// which they are cut, and the pieces of one target are merged. Parallel sorting by regular sampling, after X. Li,
/// P. Lu, J. Schaeffer et al., "On the versatility of parallel sorting by regular sampling", Parallel Computing 19
/// (1993): no target has more than about twice its share, unless of one key. Records of one key are in one partition, in
/// the order of (partition, position); all of it depends on data and partitions alone.
///
/// `Op` has `label`, `ascending`, `partitions` (0: as many as the upstream), and key(record).
template <class Up, class Op>
class SortExchange : public RefCounted {
public:
    using T = ValueOf<Up>;
    using Entry = T;

    void describe(Counted<Box<Op>> op, Up up)
    {
        up_.emplace(static_cast<Up&&>(up));
        op_ = std::move(op);
        forget();
        auto const told = op_->value.partitions;
        partitions_ = told != 0 ? told : up_->partitions();
        once_.reset();
    }

    void clear()
    {
        std::size_t records = 0;
        for (auto const& one : sorted_) records += one.size();
        forget();
        if (slack_.isFar(records * sizeof(T))) {
            std::vector<Run>{}.swap(runs_);
            std::vector<std::vector<T>>{}.swap(sorted_);
        }
        up_.reset();
    }

    [[nodiscard]] std::size_t partitions() const { return partitions_; }
    [[nodiscard]] static Partitioning partitioning() { return {}; }
    [[nodiscard]] EnginePlace place() const { return up_->place(); }
    [[nodiscard]] bool isEmpty(std::size_t target) const { return target >= sorted_.size() || sorted_[target].empty(); }

    template <class F>
    std::size_t eachSpan(std::size_t target, std::size_t from, F&& f) const
    {
        auto const& records = sorted_[target];
        return from < records.size() ? from + f(records.data() + from, records.size() - from).count : from;
    }

    void prepare()
    {
        once_.run([this] {
            try {
                run();
            } catch (...) {
                forget();
                throw;
            }
        });
    }

private:
    static constexpr bool keeps = !Up::stable && holdOf<T>() != Hold::owns;
    using Found = decltype(std::declval<Op const&>().key(std::declval<T const&>()));
    static constexpr bool byAddress = std::is_lvalue_reference_v<Found>;
    using Made = std::remove_cvref_t<Found>;
    using K = std::conditional_t<byAddress, Made const*, std::conditional_t<isBool<Made>, char, Made>>;  // no std::vector<bool>

    /// The records of one partition as they came, and the order in which they stand. Keys are looked at where they are.
    struct Run {
        std::vector<T> records;
        std::vector<K> keys;
        std::vector<std::size_t> order;
        Arena arena;

        [[nodiscard]] auto const& key(std::size_t at) const
        {
            if constexpr (byAddress) return *keys[order[at]];
            else return keys[order[at]];
        }
    };

    struct Sink {
        Run* run;

        template <class R>
        bool operator()(R&& record)
        {
            if constexpr (keeps) run->records.push_back(run->arena.keep(T(static_cast<R&&>(record))));
            else run->records.push_back(static_cast<R&&>(record));
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
        return op_->value.ascending ? before(a, b) : before(b, a);
    }
    [[nodiscard]] bool precedes(Spot a, Spot b) const
    {
        auto const& x = runs_[a.run].key(a.at);
        auto const& y = runs_[b.run].key(b.at);
        return precedes(x, y) || (!precedes(y, x) && (a.run != b.run ? a.run < b.run : a.at < b.at));
    }

    void forget()
    {
        for (auto& run : runs_) {
            forget(run);
            run.arena.clear();
        }
        for (auto& records : sorted_) records.clear();
    }
    static void forget(Run& run)
    {
        run.records.clear();
        run.keys.clear();
        run.order.clear();
    }

    void run()
    {
        up_->prepare();
        auto const sources = up_->partitions();
        if (runs_.size() < sources) runs_.resize(sources);
        if (sorted_.size() < partitions_) sorted_.resize(partitions_);
        forPartitions(*up_, [this](std::size_t p) { sort(p); });

        std::size_t total = 0;
        filled_.clear();
        for (std::size_t r = 0; r < runs_.size(); ++r) {
            if (!runs_[r].order.empty()) filled_.push_back(r);
            total += runs_[r].order.size();
        }
        if (total == 0) return;
        try {
            auto const step = total / (sources * partitions_);
            cut(step > 0 ? step : 1);
        } catch (...) {
            failIn(op_->value.label);
        }
        place().run(
            partitions_, [this](std::size_t target) { return isCutEmpty(target); },
            [this](std::size_t target) {
                try {
                    merge(target);
                } catch (...) {
                    failIn(op_->value.label);
                }
            });
        for (auto& run : runs_) forget(run);
    }

    void sort(std::size_t p)
    {
        Run& run = runs_[p];
        Sink sink{&run};
        up_->each(p, 0, sink);
        for (auto const& record : run.records) {
            if constexpr (byAddress) run.keys.push_back(&op_->value.key(record));
            else run.keys.push_back(op_->value.key(record));
            run.order.push_back(run.order.size());
        }
        auto const at = [&run](std::size_t i) -> auto const& {
            if constexpr (byAddress) return *run.keys[i];
            else return run.keys[i];
        };
        try {
            stableSort(run.order, [&](std::size_t a, std::size_t b) { return precedes(at(a), at(b)); });
        } catch (...) {
            failIn(op_->value.label);
        }
    }

    /// Finds where each target begins in each run: before any record is moved, since keys may lie in records.
    void cut(std::size_t step)
    {
        std::vector<Spot> sample;
        for (auto const r : filled_) {
            for (std::size_t at = 0; at < runs_[r].order.size() && partitions_ > 1; at += step) sample.push_back({r, at});
        }
        stableSort(sample, [this](Spot a, Spot b) { return precedes(a, b); });

        cuts_.assign((partitions_ + 1) * filled_.size(), 0);
        for (std::size_t i = 0; i < filled_.size(); ++i) {
            auto const& run = runs_[filled_[i]];
            for (std::size_t t = 1; t < partitions_; ++t) cutOf(t)[i] = begin(run, sample[t * sample.size() / partitions_]);
            cutOf(partitions_)[i] = run.order.size();
        }
    }

    /// The position in a run of the first key that does not stand before that of the split.
    [[nodiscard]] std::size_t begin(Run const& run, Spot split) const
    {
        auto const& key = runs_[split.run].key(split.at);
        std::size_t first = 0;
        for (std::size_t left = run.order.size(); left > 0;) {
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
        out.reserve(size);
        while (!heads.empty()) {
            Head& next = heads.front();
            Run& run = runs_[next.run];
            out.push_back(std::move(run.records[run.order[next.at]]));
            if (++next.at == next.end) {
                next = heads.back();
                heads.pop_back();
            }
            siftDown(heads, 0, first);
        }
    }

    std::optional<Up> up_;
    Counted<Box<Op>> op_;
    std::size_t partitions_ = 0;
    std::vector<Run> runs_;
    std::vector<std::size_t> filled_;  // which runs have records: of 10,000 partitions most may have none
    std::vector<std::size_t> cuts_;    // for each target, where it begins in each of those; at the end, their sizes
    std::vector<std::vector<T>> sorted_;
    Slack slack_;
    Once once_;
};

/// A wide operator that sorts.
template <class Op>
struct SortBase : WideBase {
    template <class Up>
    using Exchange = SortExchange<Up, Op>;
    template <class Up>
    using Batch = StoredBatch<Exchange<Up>>;

    template <class Up>
    static void describe(Exchange<Up>& exchange, Counted<Box<Op>> const& op, Up up)
    {
        exchange.describe(op, static_cast<Up&&>(up));
    }
};

template <class K>
inline constexpr bool isSortKey = isOrdered<K>();

}  // namespace sluice::inline SLUICE_ABI::detail
