#pragma once

#include <sluice/operators/detail/order.hpp>

#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// The n records that stand before all others, in memory for n: a heap whose root is the last of them. Of equal ones
/// the first stay.
template <class T, class V, class Before>
class Best {
public:
    constexpr Best(Before const* before, std::size_t wanted) : before_(before), wanted_(wanted) {}

    /// Whether a record that comes now would have a place.
    [[nodiscard]] constexpr bool wants(V const& record) const
    {
        if (heap_.size() < wanted_) return true;
        return wanted_ > 0 && static_cast<bool>((*before_)(record, shown(heap_.front().value)));
    }

    /// Takes one that it wants.
    constexpr void take(T record)
    {
        Entry entry{static_cast<T&&>(record), taken_++};
        if (heap_.size() < wanted_) {
            heap_.push_back(static_cast<Entry&&>(entry));
            siftUp(heap_.size() - 1);
        } else {
            siftDown(static_cast<Entry&&>(entry), heap_.size());
        }
    }

    /// The records, in their order.
    constexpr std::vector<T> sorted() &&
    {
        for (std::size_t end = heap_.size(); end > 1; --end) {
            Entry last = std::move(heap_[end - 1]);
            heap_[end - 1] = std::move(heap_[0]);
            siftDown(std::move(last), end - 1);
        }
        std::vector<T> records;
        records.reserve(heap_.size());
        for (Entry& entry : heap_) records.push_back(std::move(entry.value));
        return records;
    }

    static constexpr decltype(auto) shown(T const& record)
    {
        if constexpr (std::is_same_v<T, V>) return (record);
        else return V(record);
    }

private:
    struct Entry {
        T value;
        std::size_t position;  // in order of coming: of equal ones the later stands behind
    };

    [[nodiscard]] constexpr bool inOrder(Entry const& a, Entry const& b) const
    {
        if ((*before_)(shown(a.value), shown(b.value))) return true;
        if ((*before_)(shown(b.value), shown(a.value))) return false;
        return a.position < b.position;
    }

    constexpr void siftUp(std::size_t at)
    {
        Entry entry = std::move(heap_[at]);
        for (; at > 0; at = (at - 1) / 2) {
            if (!inOrder(heap_[(at - 1) / 2], entry)) break;
            heap_[at] = std::move(heap_[(at - 1) / 2]);
        }
        heap_[at] = std::move(entry);
    }

    /// Puts an entry in the root's place, among the first `size`.
    constexpr void siftDown(Entry&& entry, std::size_t size)
    {
        std::size_t at = 0;
        for (std::size_t child = 1; child < size; child = 2 * at + 1) {
            if (child + 1 < size && inOrder(heap_[child], heap_[child + 1])) ++child;
            if (!inOrder(entry, heap_[child])) break;
            heap_[at] = std::move(heap_[child]);
            at = child;
        }
        heap_[at] = std::move(entry);
    }

    Before const* before_;
    std::size_t wanted_;
    std::size_t taken_ = 0;
    std::vector<Entry> heap_;
};

/// What is stored of a record until the end of the loops: a view where what it looks at lies in the batch.
template <class Up>
using HeldOf = std::conditional_t<Up::stable, ValueOf<Up>, Owned<ValueOf<Up>>>;

template <class T, class V, class Before>
struct BestSink {
    Best<T, V, Before> best;
    Label const* label;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        runIn(*label, [&] {
            if (best.wants(record)) best.take(keptAs<T>(static_cast<R&&>(record)));
        });
        return true;
    }
};

/// The n foremost records of a batch: of each partition at the same time, then of these, in the order of partitions.
template <class Up, class Before>
constexpr std::vector<Owned<ValueOf<Up>>> bestRecords(Up const& up, std::size_t n, Before const& before, Label const& label)
{
    using V = ValueOf<Up>;
    using T = HeldOf<Up>;
    auto const foremost = [&](std::size_t p) {
        BestSink<T, V, Before> sink{{&before, n}, &label};
        up.each(p, 0, sink);
        std::vector<T> sorted;
        runIn(label, [&] { sorted = std::move(sink.best).sorted(); });
        return sorted;
    };
    auto const merge = [&label](auto& all, std::vector<T>&& part) {
        runIn(label, [&] {
            for (auto&& each : part) {  // of bools they are no references
                T record(std::move(each));
                if (!all.wants(all.shown(record))) break;  // nor would those behind it have a place
                all.take(std::move(record));
            }
        });
    };
    auto best = mergedParts(up, Best<T, V, Before>{&before, n}, foremost, merge);
    std::vector<T> records;
    runIn(label, [&] { records = std::move(best).sorted(); });
    if constexpr (std::is_same_v<T, Owned<V>>) {
        return records;
    } else {
        std::vector<Owned<V>> owned;
        owned.reserve(records.size());
        for (T const& record : records) owned.push_back(own(record));
        return owned;
    }
}

/// The n records of a batch that stand before all others, in their order: takeOrdered, top.
template <class Less, class Before>
struct BestAction : ActionBase, OrderNeeds<Less> {
    [[no_unique_address]] Before before;
    std::size_t wanted;
    Label label;

    constexpr BestAction(std::size_t n, Less less, Label l) : before{std::move(less)}, wanted(n), label(l) {}

    template <class Up>
    constexpr auto run(Up const& up) const
    {
        return bestRecords(up, wanted, before, label);
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
