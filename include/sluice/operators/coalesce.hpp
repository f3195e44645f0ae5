#pragma once

#include <sluice/batch/rdd.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Neighbouring partitions as one.
template <class Up>
class Coalesced {
public:
    using Record = RecordOf<Up>;
    static constexpr bool stored = Up::stored;
    static constexpr bool stable = Up::stable;

    constexpr Coalesced(Up up, std::size_t wanted) : up_(static_cast<Up&&>(up)), wanted_(wanted) {}

    /// Positions count within one partition of those before.
    [[nodiscard]] constexpr bool resumable() const { return up_.resumable() && partitions() == up_.partitions(); }
    [[nodiscard]] constexpr std::size_t partitions() const
    {
        auto const all = up_.partitions();
        return wanted_ < all ? wanted_ : all;
    }
    [[nodiscard]] constexpr bool isEmpty(std::size_t p) const
    {
        for (auto q = begin(p); q < begin(p + 1); ++q) {
            if (!up_.isEmpty(q)) return false;
        }
        return true;
    }
    [[nodiscard]] constexpr decltype(auto) place() const { return up_.place(); }
    constexpr void prepare() const { up_.prepare(); }

    template <class Sink>
    constexpr std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        return pushPartitions(up_, begin(p), begin(p + 1), from, sink);
    }

private:
    [[nodiscard]] constexpr std::size_t begin(std::size_t p) const { return p * up_.partitions() / partitions(); }

    [[no_unique_address]] Up up_;
    std::size_t wanted_;
};

struct Coalesce : PartwiseBase, Needs<> {
    std::size_t wanted;
    Label label;

    constexpr Coalesce(std::size_t n, CallSite at) : wanted(n), label{"coalesce", at}
    {
        if (n == 0) throw InvalidArgument{concat({where(label), ": at least one partition, got 0"})};
    }

    template <class Up>
    static constexpr auto on(Up up, Counted<Box<Coalesce>> const& op)
    {
        return Coalesced<Up>{static_cast<Up&&>(up), op->value.wanted};
    }
};

}  // namespace detail

/// At most n partitions, without an exchange: `coalesce(n)`. Neighbouring partitions become one; where there are no more
/// than n, nothing changes.
///
/// Narrow. Of m partitions, the i-th new one holds those from i * m / n to (i + 1) * m / n; the order of records is kept.
/// What stands before it runs in n tasks, too. An empty batch stays empty, *no RDD* stays none. n = 0: `InvalidArgument`.
///
/// ```cpp
/// auto const fewer = rdd({1, 2, 3, 4, 5}, 5) | coalesce(2);
/// CHECK((fewer | glom() | collect()) == std::vector<std::vector<int>>{{1, 2}, {3, 4, 5}});
/// ```
inline constexpr detail::NumberMaker<detail::Coalesce> coalesce{};

}  // namespace sluice::inline SLUICE_ABI
