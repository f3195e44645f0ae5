#pragma once

#include <sluice/batch/counted.hpp>
#include <sluice/batch/sink.hpp>

// The expressions of records that a batch has put somewhere, and that its copies share: what an exchange, a window or a state has made,
// what is cached, the value of an action. The owner of these records has
//
//   Entry                                 their type
//   partitions(), place(), prepare()      what an expression answers (rdd.hpp)
//   isEmpty(p)                            asked before and after prepare()
//   partitioning()                        where their keys say in which partition they are
//   part(p)                               the records of one partition, with data() and size(); or, where they lie in several places,
//   eachSpan(p, from, take)               take(pointer, size) for each of these from position `from` on, while its answer wants more
//   passing                               optional, true: records lie in memory while they are pushed, and no longer. A part has
//                                         eachSpan(from, take) then in place of data()

namespace sluice::inline SLUICE_ABI::detail {

template <class Owner>
inline constexpr bool passes = requires { requires Owner::passing; };

/// take(pointer, size) for the records of a part from one on that there is.
template <class Part, class Take>
[[gnu::always_inline]] inline Taken takeFrom(Part const& part, std::size_t from, Take&& take)
{
    if constexpr (requires { part.data(); }) return take(part.data() + from, part.size() - from);
    else return part.eachSpan(from, take);
}

/// What the expressions over such an owner have in common.
template <class Owner>
class SharedBatch {
public:
    using Record = typename Owner::Entry const&;
    static constexpr bool stored = !passes<Owner>;
    static constexpr bool stable = true;

    explicit SharedBatch(Counted<Owner> owner) : owner_(std::move(owner)) {}

    [[nodiscard]] static constexpr bool resumable() { return true; }
    [[nodiscard]] std::size_t partitions() const { return owner_->partitions(); }
    [[nodiscard]] decltype(auto) partitioning() const
        requires(requires(Owner const& owner) { owner.partitioning(); })
    {
        return owner_->partitioning();
    }
    [[nodiscard]] decltype(auto) place() const { return owner_->place(); }
    void prepare() const { owner_->prepare(); }
    [[nodiscard]] Counted<Owner> const& owner() const { return owner_; }

protected:
    Counted<Owner> owner_;
};

/// Records that lie side by side in memory.
template <class Owner>
class StoredBatch : public SharedBatch<Owner> {
public:
    static constexpr bool bySpans = true;

    using SharedBatch<Owner>::SharedBatch;

    [[nodiscard]] bool isEmpty(std::size_t p) const { return this->owner_->isEmpty(p); }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        return eachSpan(p, from, [&sink](auto const* records, std::size_t size) { return pushSpan(records, size, sink); });
    }

    template <class Take>
    std::size_t eachSpan(std::size_t p, std::size_t from, Take&& take) const
    {
        if constexpr (requires { this->owner_->part(p); }) {
            auto const& part = this->owner_->part(p);
            return from < part.size() ? from + takeFrom(part, from, take).count : from;
        } else {
            return this->owner_->eachSpan(p, from, take);
        }
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
