#pragma once

#include <sluice/batch/collect_sink.hpp>
#include <sluice/batch/rdd.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Gathers views. What they look at is copied where it was made on the way (`keeps`).
template <class T, bool keeps>
struct ViewsSink {
    std::vector<T> records{};
    Arena* arena;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        if constexpr (keeps) records.push_back(arena->keep(T(static_cast<R&&>(record))));
        else records.push_back(static_cast<R&&>(record));
        return true;
    }
    constexpr std::vector<T> take() && { return std::move(records); }
};

/// Each partition as one record, also those that are empty.
template <class Up>
class Glommed {
    using T = ValueOf<Up>;
    static constexpr bool owns = holdOf<T>() == Hold::owns;

public:
    using Record = std::vector<T>;
    static constexpr bool stored = false;
    static constexpr bool stable = owns || Up::stable;

    constexpr explicit Glommed(Up up) : up_(static_cast<Up&&>(up)) {}

    [[nodiscard]] static constexpr bool resumable() { return true; }
    [[nodiscard]] constexpr std::size_t partitions() const { return up_.partitions(); }
    [[nodiscard]] static constexpr bool isEmpty(std::size_t) { return false; }
    [[nodiscard]] constexpr decltype(auto) place() const { return up_.place(); }
    constexpr void prepare() const { up_.prepare(); }

    template <class Sink>
    constexpr std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        if (from > 0) return from;
        if constexpr (owns) {
            push(p, CollectSink<T>{}, sink);
        } else if constexpr (Up::stable) {
            push(p, ViewsSink<T, false>{{}, nullptr}, sink);
        } else {
            Arena arena;
            push(p, ViewsSink<T, true>{{}, &arena}, sink);
        }
        return 1;
    }

private:
    template <class Gather, class Sink>
    constexpr void push(std::size_t p, Gather gather, Sink& sink) const
    {
        if (!up_.isEmpty(p)) up_.each(p, 0, gather);
        sink(static_cast<Gather&&>(gather).take());
    }

    [[no_unique_address]] Up up_;
};

struct Glom : PartwiseBase, Needs<need::Keepable, need::HandedOn> {
    Label label;

    constexpr explicit Glom(CallSite at) : label{"glom", at} {}

    template <class Up>
    static constexpr auto on(Up up, Counted<Box<Glom>> const&)
    {
        return Glommed<Up>{static_cast<Up&&>(up)};
    }
};

}  // namespace detail

/// Turn every partition into one record, a `std::vector<T>` of its records in their order.
///
/// Narrow. Text stays `std::string_view`; its bytes live as long as those of the batch or, where they were made on the way,
/// as long as the vector is looked at. Partitions are kept: an empty one gives an empty vector, and so does each of an empty
/// batch. *No RDD* stays none.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}, 2) | glom() | collect()) == std::vector<std::vector<int>>{{1}, {2, 3}});
/// CHECK((rdd(std::vector<int>{}, 2) | glom() | collect()) == std::vector<std::vector<int>>{{}, {}});
/// ```
inline constexpr detail::Maker<detail::Glom> glom{};

}  // namespace sluice::inline SLUICE_ABI
