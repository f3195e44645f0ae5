#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/exchange/exchange.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// What an exchange has that puts the records of one upstream into lists. They are filled once, when it is first prepared; their memory
/// is used again for the next batch. `Derived` has
///
///   begin()    how many partitions it makes of the upstream
///   fill()     runs the upstream
///   size()     how many records it holds
///   forget()   is without records again
///   free()     is without memory, too
template <class Derived, class Up, class Op>
class ListExchange : public RefCounted {
public:
    using Entry = ValueOf<Up>;

    void plan(Counted<Box<Op>> op, Up up)
    {
        up_.emplace(std::move(up));
        op_ = std::move(op);
        self().forget();
        self().begin();
        once_.reset();
    }

    void clear()
    {
        auto const size = self().size();
        self().forget();
        if (slack_.isFar(size * sizeof(Entry))) self().free();
        up_.reset();
    }

    void prepare()
    {
        once_.run([this] {
            try {
                self().fill();
            } catch (...) {
                self().forget();
                throw;
            }
        });
    }

    [[nodiscard]] EnginePlace place() const { return up_->place(); }

protected:
    [[nodiscard]] Op const& op() const { return op_->value; }

    Maybe<Up> up_;

private:
    [[nodiscard]] Derived& self() { return static_cast<Derived&>(*this); }

    Counted<Box<Op>> op_;
    Slack slack_;
    Once once_;
};

/// A record as it is, or, where it looks at bytes that were made on the way, with these.
template <class Up, class R>
void putInto(PageVector<ValueOf<Up>>& list, Arena& arena, R&& record)
{
    using Entry = ValueOf<Up>;
    if constexpr (!Up::stable && holdOf<Entry>() != Hold::owns) list.push_back(arena.keep(Entry(static_cast<R&&>(record))));
    else list.push_back(static_cast<R&&>(record));
}

/// The records of an upstream as they are, by where they go: those of each of its partitions into one row of lists, one for each target; a
/// target's records are those of all rows, one after another.
template <class Up>
class RecordLists {
public:
    using Entry = ValueOf<Up>;

    [[nodiscard]] bool isEmpty(std::size_t target) const
    {
        for (std::size_t r = 0; r < rows_; ++r) {
            if (!lists_[r * targets_ + target].records.empty()) return false;
        }
        return true;
    }

    template <class F>
    std::size_t eachSpan(std::size_t target, std::size_t from, F&& f) const
    {
        return eachSpanOf(rows_, from, [&](std::size_t r) -> auto const& { return lists_[r * targets_ + target].records; }, f);
    }

    /// Those of a target, side by side.
    PageVector<Entry> const& gathered(std::size_t target)
    {
        auto& all = lists_[target].records;
        std::size_t size = 0;
        for (std::size_t r = 0; r < rows_; ++r) size += lists_[r * targets_ + target].records.size();
        all.reserve(size);
        for (std::size_t r = 1; r < rows_; ++r) {
            auto& records = lists_[r * targets_ + target].records;
            for (auto& record : records) all.push_back(std::move(record));
            records.clear();
        }
        return all;
    }

    [[nodiscard]] std::size_t size() const
    {
        std::size_t records = 0;
        for (auto const& list : lists_) records += list.records.size();
        return records;
    }
    void free() { Row<Records>{}.swap(lists_); }
    void forget()
    {
        for (auto& list : lists_) {
            list.records.clear();
            list.to.clear();
            list.arena.clear();
        }
        rows_ = 0;
    }

    /// Runs the upstream. Where its records stay, what stands in partition p goes to target p; else where routeOf(p) says, which answers for
    /// those of partition p, one after another, target(label, record, targets).
    template <class RouteOf>
    void fill(Up const& up, std::size_t targets, bool stays, Label const& label, RouteOf const& routeOf)
    {
        up.prepare();
        auto const rows = stays ? 1 : up.partitions();
        bool const together = !stays && targets > 1 && rows > mostApart / targets;
        auto const lists = together ? targets + rows : rows * targets;
        if (lists_.size() < lists) Row<Records>(lists).swap(lists_);  // what is in them has been forgotten
        targets_ = targets;
        forPartitions(up, [&, this](std::size_t p) {
            auto route = routeOf(p);
            Sink<decltype(route)> sink{&lists_[together ? targets + p
                                               : stays  ? p
                                                        : p * targets],
                                       stays ? 1 : targets, &label, std::move(route), together};
            up.each(p, 0, sink);
        });
        for (auto p = targets; together && p < lists; ++p) scatter(lists_[p]);
        rows_ = together ? 1 : rows;
    }

private:
    struct Records {
        PageVector<Entry> records;
        List<std::size_t> to;  // the target of each, while they are together
        Arena arena;
    };

    template <class Route>
    struct Sink {
        Records* lists;
        std::size_t targets;
        Label const* label;
        Route route;
        bool together;

        template <class R>
        bool operator()(R&& record)
        {
            auto const target = targets == 1 ? 0 : route.target(*label, std::as_const(record), targets);
            auto& list = lists[together ? 0 : target];
            if (together) list.to.push_back(target);
            putInto<Up>(list.records, list.arena, static_cast<R&&>(record));
            return true;
        }
    };

    /// Hands on what was together; the bytes stay where they are, for as long as the lists.
    void scatter(Records& from)
    {
        for (std::size_t i = 0; i < from.records.size(); ++i) lists_[from.to[i]].records.push_back(std::move(from.records[i]));
        from.records.clear();
        from.to.clear();
    }

    Row<Records> lists_;
    std::size_t rows_ = 0;
    std::size_t targets_ = 0;
};

/// Records that go to other partitions as they are.
///
/// `Op` has `label`, `byKey`, partitioning(up), and route(p), which is what RecordLists asks of one.
template <class Up, class Op>
class RecordExchange : public ListExchange<RecordExchange<Up, Op>, Up, Op> {
    using Base = ListExchange<RecordExchange, Up, Op>;
    friend Base;

public:
    [[nodiscard]] std::size_t partitions() const { return partitioning_.partitions; }
    [[nodiscard]] Partitioning partitioning() const { return Op::byKey ? partitioning_ : Partitioning{}; }
    [[nodiscard]] bool isEmpty(std::size_t target) const { return lists_.isEmpty(target); }

    template <class F>
    std::size_t eachSpan(std::size_t target, std::size_t from, F&& f) const
    {
        return lists_.eachSpan(target, from, static_cast<F&&>(f));
    }

private:
    using Base::up_;

    void begin() { partitioning_ = this->op().partitioning(*up_); }
    [[nodiscard]] std::size_t size() const { return lists_.size(); }
    void free() { lists_.free(); }
    void forget() { lists_.forget(); }
    void fill()
    {
        bool const stays = Op::byKey && partitioningOf(*up_) == partitioning_;
        lists_.fill(*up_, partitions(), stays, this->op().label, [this](std::size_t p) { return this->op().route(p); });
    }

    Partitioning partitioning_;
    RecordLists<Up> lists_;
};

/// Whether records can lie side by side in a list of their own.
template <class Up>
inline constexpr bool listable = movable<Up> && !isBool<ValueOf<Up>>;

namespace need {

struct Listable {
    template <class Up>
    static constexpr bool holds = listable<Up>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(listable<Up> || mayNotKeep<Up>(),
                      "sluice: the records must be copyable and no bool, and must not hold views, of a "
                      "type that the library cannot keep, into what was made on the way: map "
                      "them to a type that owns");
    }
};

}  // namespace need

/// A wide operator that sends records elsewhere.
template <class Op>
using RedistributeBase = OverOne<Op, RecordExchange>;

}  // namespace sluice::inline SLUICE_ABI::detail
