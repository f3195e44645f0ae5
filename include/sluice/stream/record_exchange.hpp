#pragma once

#include <sluice/stream/exchange.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Records that go to other partitions as they are: those of each partition of the upstream into one row of lists, one
/// for each target; a target's records are those of all rows, one after another. Made once, when it is first prepared.
///
/// `Op` has `label`, `byKey`, partitioning(up), and route(p), which answers for the records of partition p, one after
/// another, target(label, record, targets).
template <class Up, class Op>
class RecordExchange : public RefCounted {
public:
    using T = ValueOf<Up>;
    using Entry = T;
    static constexpr bool keeps = !Up::stable && holdOf<T>() != Hold::owns;

    void describe(Counted<Box<Op>> op, Up up)
    {
        up_.emplace(static_cast<Up&&>(up));
        op_ = std::move(op);
        forget();
        partitioning_ = op_->value.partitioning(*up_);
        once_.reset();
    }

    void clear()
    {
        std::size_t records = 0;
        for (auto const& list : lists_) records += list.records.size();
        forget();
        if (slack_.isFar(records * sizeof(T))) std::vector<Records>{}.swap(lists_);
        up_.reset();
    }

    [[nodiscard]] std::size_t partitions() const { return partitioning_.partitions; }
    [[nodiscard]] Partitioning partitioning() const { return Op::byKey ? partitioning_ : Partitioning{}; }
    [[nodiscard]] EnginePlace place() const { return up_->place(); }

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

    [[nodiscard]] bool isEmpty(std::size_t target) const
    {
        for (std::size_t r = 0; r < rows_; ++r) {
            if (!lists_[r * partitions() + target].records.empty()) return false;
        }
        return true;
    }

    template <class F>
    std::size_t eachSpan(std::size_t target, std::size_t from, F&& f) const
    {
        std::size_t behind = 0;
        for (std::size_t r = 0; r < rows_; ++r) {
            auto const& records = lists_[r * partitions() + target].records;
            behind += records.size();
            if (from >= behind) continue;
            auto const left = behind - from;
            Taken const taken = f(records.data() + (records.size() - left), left);
            from += taken.count;
            if (!taken.more) break;
        }
        return from;
    }

private:
    struct Records {
        std::vector<T> records;
        std::vector<std::size_t> to;  // the target of each, while they are together
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
            if constexpr (keeps) list.records.push_back(list.arena.keep(T(static_cast<R&&>(record))));
            else list.records.push_back(static_cast<R&&>(record));
            return true;
        }
    };

    void forget()
    {
        for (auto& list : lists_) {
            list.records.clear();
            list.to.clear();
            list.arena.clear();
        }
        rows_ = 0;
    }

    void run()
    {
        up_->prepare();
        bool const stays = Op::byKey && partitioningOf(*up_) == partitioning_;
        auto const rows = stays ? 1 : up_->partitions();
        auto const targets = partitions();
        bool const together = !stays && targets > 1 && rows > mostApart / targets;
        auto const lists = together ? targets + rows : rows * targets;
        if (lists_.size() < lists) lists_.resize(lists);
        forPartitions(*up_, [&, this](std::size_t p) {
            auto route = op_->value.route(p);
            Sink<decltype(route)> sink{&lists_[together ? targets + p : stays ? p : p * targets], stays ? 1 : targets, &op_->value.label,
                                       std::move(route), together};
            up_->each(p, 0, sink);
        });
        for (auto p = targets; together && p < lists; ++p) scatter(lists_[p]);
        rows_ = together ? 1 : rows;
    }

    /// Hands on what was together; the bytes stay where they are, for as long as the lists.
    void scatter(Records& from)
    {
        for (std::size_t i = 0; i < from.records.size(); ++i) lists_[from.to[i]].records.push_back(std::move(from.records[i]));
        from.records.clear();
        from.to.clear();
    }

    std::optional<Up> up_;
    Counted<Box<Op>> op_;
    Partitioning partitioning_;
    std::vector<Records> lists_;
    Slack slack_;
    std::size_t rows_ = 0;
    Once once_;
};

/// Whether records can lie side by side in a list of their own.
template <class Up>
inline constexpr bool listable = movable<Up> && !isBool<ValueOf<Up>>;

/// A wide operator that sends records elsewhere.
template <class Op>
struct RedistributeBase : WideBase {
    template <class Up>
    using Exchange = RecordExchange<Up, Op>;
    template <class Up>
    using Batch = StoredBatch<Exchange<Up>>;

    template <class Up>
    static void describe(Exchange<Up>& exchange, Counted<Box<Op>> const& op, Up up)
    {
        exchange.describe(op, static_cast<Up&&>(up));
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
