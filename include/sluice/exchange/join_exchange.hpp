#pragma once

#include <sluice/exchange/matched_rows.hpp>
#include <sluice/exchange/record_exchange.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// The key type of several batches of pairs.
template <class... Ups>
struct CommonKeyOf {
    using type = std::common_type_t<FirstOf<Ups>...>;
};
template <class... Ups>
using CommonKey = typename CommonKeyOf<Ups...>::type;

/// A key as one of that type.
template <class Common, class K>
decltype(auto) asKey(K const& key)
{
    if constexpr (std::is_same_v<K, Common>) return (key);
    else return Common(key);
}

template <bool optional, class V>
using Joined = std::conditional_t<optional, std::optional<V>, V>;

/// Pairs of two sides that meet by key, as `Op` says where: it has `label`, `by`, and leftMayLack, rightMayLack: is there an answer for a key
/// that one side lacks? Both sides go to their targets as they are. There rows that have one key are found (MatchedRows), and the values of each
/// key put side by side; each value of one side with each of the other is made only when it is asked for.
template <class Op, class Left, class Right>
class JoinExchange : public RefCounted {
    using Key = CommonKey<Left, Right>;
    using V = SecondOf<Left>;
    using W = SecondOf<Right>;

public:
    using Entry = std::pair<Key, std::pair<Joined<Op::leftMayLack, V>, Joined<Op::rightMayLack, W>>>;

    void plan(Counted<Box<Op>> op, Left left, Right right)
    {
        op_ = std::move(op);
        left_.emplace(std::move(left));
        right_.emplace(std::move(right));
        forget();
        Partitioning const given[] = {partitioningByKey<Key>(*left_), partitioningByKey<Key>(*right_)};
        partitioning_ = partitioningOfAll(op_->value.by.partitioning(), given, 2, place());
        once_.reset();
    }

    /// Lets go of the batch, and keeps the memory for the next one.
    void clear()
    {
        auto const used = lefts_.size() * sizeof(ValueOf<Left>) + rights_.size() * sizeof(ValueOf<Right>);
        forget();
        if (slack_.isFar(used)) {
            lefts_.free();
            rights_.free();
            std::vector<Part>{}.swap(parts_);
        }
        left_.reset();
        right_.reset();
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

    [[nodiscard]] std::size_t partitions() const { return partitioning_.partitions; }
    [[nodiscard]] Partitioning const& partitioning() const { return partitioning_; }
    [[nodiscard]] EnginePlace place() const { return EnginePlace{placeOf(left_->place(), right_->place())}; }
    [[nodiscard]] bool isEmpty(std::size_t target) const { return target >= parts_.size() || parts_[target].groups.size() == 0; }

    template <class Sink>
    [[gnu::noinline]] void push(std::size_t target, Sink& sink) const
    {
        Sink next = static_cast<Sink&&>(sink);
        parts_[target].push([&next](auto const& key, auto const& v, auto const& w) { return next(Entry(key, {v, w})); });
        sink = static_cast<Sink&&>(next);
    }

private:
    struct Route {
        Op const* op;

        template <class R>
        std::size_t target(Label const& label, R const& record, std::size_t targets) const
        {
            auto&& key = asKey<Key>(std::get<0>(record));
            return op->by.target(label, hashOfKey(key), key, targets);
        }
    };

    /// A value that stands with others: itself where it is small, else where it is.
    template <class T>
    static constexpr bool isSmall =
        std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T> && std::is_copy_assignable_v<T> && sizeof(T) <= 16;
    template <class T>
    using Shown = std::conditional_t<isSmall<T>, T, T const*>;
    template <class T>
    static Shown<T> show(T const& value)
    {
        if constexpr (isSmall<T>) return value;
        else return &value;
    }
    template <class T>
    static T const& shown(Shown<T> const& value)
    {
        if constexpr (isSmall<T>) return value;
        else return *value;
    }

    /// One partition of the result.
    struct Part {
        ValueOf<Left> const* left = nullptr;
        ValueOf<Right> const* right = nullptr;
        MatchedRows groups;
        PageVector<Shown<V>> lefts;   // group by group
        PageVector<Shown<W>> rights;  // likewise, where a key is there more than once

        void meet(PageVector<ValueOf<Left>> const& ls, PageVector<ValueOf<Right>> const& rs)
        {
            left = ls.data();
            right = rs.data();
            auto const leftKey = [this](std::size_t row) -> decltype(auto) { return asKey<Key>(std::get<0>(left[row])); };
            auto const rightKey = [this](std::size_t row) -> decltype(auto) { return asKey<Key>(std::get<0>(right[row])); };
            groups.begin(ls.size(), rs.size());
            groups.enterRight(rightKey);
            if constexpr (Op::rightMayLack) groups.template findOrEnter<Key>(leftKey, rightKey);
            else groups.find(leftKey, rightKey, [this](std::size_t row) { __builtin_prefetch(right + row); });
            groups.arrange(Op::leftMayLack);
            lefts.resize(groups.matches());
            groups.eachLeft([this](std::size_t row, std::size_t i) { lefts[i] = show(std::get<1>(left[row])); });
            if (!groups.repeats()) return;
            rights.resize(rs.size());
            groups.eachRight([this](std::size_t row, std::size_t i) { rights[i] = show(std::get<1>(right[row])); });
        }

        /// give(key, value, value) for each pair, while its answer wants more.
        template <class Give>
        void push(Give const& give) const
        {
            constexpr std::size_t ahead = 16;
            std::size_t begin = 0;
            for (std::size_t g = 0; g < groups.size(); ++g) {
                auto const& group = groups.group(g);
                if (auto const& coming = groups.group(g + ahead < groups.size() ? g + ahead : g); coming.right != MatchedRows::none) {
                    __builtin_prefetch(right + coming.right);
                }
                bool const more = group.left != MatchedRows::none
                                      ? pushGroup(group, begin, asKey<Key>(std::get<0>(left[group.left])), give)
                                      : pushGroup(group, begin, asKey<Key>(std::get<0>(right[group.right])), give);
                if (!more) return;
                begin = group.end;
            }
        }

    private:
        template <class Give>
        bool pushGroup(MatchedRows::Group const& group, std::size_t begin, Key const& key, Give const& give) const
        {
            if constexpr (Op::leftMayLack) {
                if (group.left == MatchedRows::none) return pushRight(group.right, key, std::optional<V>{}, give);
            }
            for (auto i = begin; i < group.end; ++i) {
                if (!pushRight(group.right, key, shown<V>(lefts[i]), give)) return false;
            }
            return true;
        }
        template <class Value, class Give>
        bool pushRight(std::uint32_t row, Key const& key, Value const& value, Give const& give) const
        {
            if constexpr (Op::rightMayLack) {
                if (row == MatchedRows::none) return give(key, value, std::optional<W>{});
            }
            if (!groups.repeats()) return give(key, value, std::get<1>(right[row]));
            auto const span = groups.spanOf(row);
            for (auto i = span.end - span.size; i < span.end; ++i) {
                if (!give(key, value, shown<W>(rights[i]))) return false;
            }
            return true;
        }
    };

    void forget()
    {
        for (auto& part : parts_) part.groups.clear();
        lefts_.forget();
        rights_.forget();
    }

    void run()
    {
        auto const routeOf = [this](std::size_t) { return Route{&op_->value}; };
        auto const targets = partitions();
        auto const& label = op_->value.label;
        lefts_.fill(*left_, targets, partitioningByKey<Key>(*left_) == partitioning_, label, routeOf);
        rights_.fill(*right_, targets, partitioningByKey<Key>(*right_) == partitioning_, label, routeOf);
        if (parts_.size() < targets) parts_.resize(targets);
        place().run(
            targets, [this](std::size_t target) { return hasNothing(target); },
            [this](std::size_t target) { parts_[target].meet(lefts_.gathered(target), rights_.gathered(target)); });
    }
    [[nodiscard]] bool hasNothing(std::size_t target) const
    {
        bool const noLeft = lefts_.isEmpty(target);
        bool const noRight = rights_.isEmpty(target);
        return (noLeft || noRight) && (noLeft || !Op::rightMayLack) && (noRight || !Op::leftMayLack);
    }

    Counted<Box<Op>> op_;
    Maybe<Left> left_;
    Maybe<Right> right_;
    Partitioning partitioning_;
    RecordLists<Left> lefts_;
    RecordLists<Right> rights_;
    std::vector<Part> parts_;
    Slack slack_;
    Once once_;
};

/// What a join has made, as an expression: pairs that are made on the way.
template <class Owner>
class JoinBatch : public SharedBatch<Owner> {
public:
    using Record = typename Owner::Entry;
    static constexpr bool stored = false;

    using SharedBatch<Owner>::SharedBatch;

    [[nodiscard]] static constexpr bool resumable() { return false; }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return this->owner_->isEmpty(p); }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        this->owner_->push(p, sink);
        return from;
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
