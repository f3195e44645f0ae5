#pragma once

#include <sluice/batch/maybe.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/stream/once.hpp>

#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// At which index each partition begins: of several, all but the last are counted, once, when the batch is prepared.
template <class Up>
struct Numbering : RefCounted {
    Maybe<Up> up;
    std::vector<std::int64_t> starts;
    Once once;

    template <class Op>
    void plan(Op const&, Up batch)
    {
        up.emplace(std::move(batch));
        once.reset();
    }
    void clear() { up.reset(); }

    void prepare()
    {
        once.run([this] {
            up->prepare();
            auto const n = up->partitions();
            starts.assign(n, 0);
            up->place().run(
                n, [this, n](std::size_t p) { return p + 1 == n || up->isEmpty(p); },
                [this](std::size_t p) {
                    CountSink sink;
                    up->each(p, 0, sink);
                    starts[p + 1] = sink.count;
                });
            for (std::size_t p = 1; p < n; ++p) starts[p] += starts[p - 1];
        });
    }
};

template <class Next>
struct ZipWithIndexStep {
    std::int64_t index;
    [[no_unique_address]] Next next;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        return next(std::pair<std::remove_cvref_t<R>, std::int64_t>(static_cast<R&&>(record), index++));
    }
};

template <class Up>
class ZippedWithIndex {
public:
    using Record = std::pair<ValueOf<Up>, std::int64_t>;
    static constexpr bool stored = false;
    static constexpr bool stable = Up::stable;

    explicit ZippedWithIndex(Counted<Numbering<Up>> numbering) : numbering_(std::move(numbering)) {}

    [[nodiscard]] static constexpr bool resumable() { return false; }  // a position before is no index
    [[nodiscard]] std::size_t partitions() const { return numbering_->up->partitions(); }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return numbering_->up->isEmpty(p); }
    [[nodiscard]] decltype(auto) place() const { return numbering_->up->place(); }
    void prepare() const { numbering_->prepare(); }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        ZipWithIndexStep<Sink> step{numbering_->starts[p], static_cast<Sink&&>(sink)};
        auto const at = numbering_->up->each(p, from, step);
        sink = static_cast<Sink&&>(step.next);
        return at;
    }

private:
    Counted<Numbering<Up>> numbering_;
};

/// Wide for what it does before its loop: all partitions have to be known before any index is.
struct ZipWithIndex : WideBase, Needs<need::HandedOn> {
    Label label;

    constexpr explicit ZipWithIndex(CallSite at) : label{"zipWithIndex", at} {}

    template <class Up>
    using Exchange = Numbering<Up>;
    template <class Up>
    using Batch = ZippedWithIndex<Up>;
};

}  // namespace detail

/// Put its index in the batch behind every record, as `std::int64_t` from 0: T becomes the pair (T, index), in the order of
/// partitions.
///
/// Nothing moves: partitions and the order of records are kept. Where there are several partitions, all but the last are
/// counted first: what stands before runs once more for it, in a stream once a batch; behind `cache()` that is cheap. An
/// empty batch stays empty, *no RDD* stays none.
///
/// ```cpp
/// CHECK((rdd({'a', 'b', 'c'}, 2) | zipWithIndex() | collect())
///       == std::vector<std::pair<char, std::int64_t>>{{'a', 0}, {'b', 1}, {'c', 2}});
/// ```
inline constexpr detail::Maker<detail::ZipWithIndex> zipWithIndex{};

}  // namespace sluice::inline SLUICE_ABI
