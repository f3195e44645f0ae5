#pragma once

#include <sluice/batch/maybe.hpp>
#include <sluice/batch/partitioner.hpp>
#include <sluice/batch/rdd.hpp>

#include <cstddef>
#include <new>

// RDD<T> without its expression. Records cross the border in blocks, one indirect call each: as they lie where they are
// stored side by side, by their addresses where they are stored and dear to copy, else through a block that stays in
// the L1 cache. One file although it is long: each way over the border is a sink on this side and a loop on that.

namespace sluice::inline SLUICE_ABI::detail {

/// Takes a block of `size` records: where they stand side by side, or, where that is null, the address of each. No struct of these: it
/// would be written to the stack in halves and read as a whole, which the processor has to wait for.
template <class T>
using BlockFn = Taken (*)(void*, T const* records, T const* const* addresses, std::size_t size);

/// Whether stored records are handed on by their addresses: those that are dear to copy.
template <class T>
inline constexpr bool goesByAddress = sizeof(T) > 2 * sizeof(void*) || !std::is_trivially_copyable_v<T>;

/// Whether a sink, behind any number of steps, wants one record and then the position behind it. Sinks that hand on from one
/// RDD<T> to the next want what they were asked for: `one`.
template <class Sink>
constexpr bool wantsOne(Sink const& sink)
{
    if constexpr (requires { sink.one; }) return sink.one;
    else if constexpr (requires { sink.next; }) return wantsOne(sink.next);
    else return false;
}

/// Gathers computed records. T is trivially destructible, so that the count may live in the sink. Where the loop asks for
/// its room, no record is asked whether the block is full: only so that is a loop of vectors.
template <class T, bool loopAsks>
struct GatherSink {
    T* out;
    std::size_t size;
    std::size_t capacity;
    bool one;
    BlockFn<T> fn;
    void* context;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        std::construct_at(out + size, static_cast<R&&>(record));
        ++size;
        return wantsMore();
    }

    template <class R>
    constexpr bool pushIf(R&& record, bool keep)
        requires std::is_trivially_copyable_v<T>
    {
        std::construct_at(out + size, static_cast<R&&>(record));
        size += keep ? 1 : 0;
        return wantsMore();
    }

    [[nodiscard]] constexpr std::size_t room() const
        requires loopAsks
    {
        return capacity - size;
    }

    bool flush()
    {
        if (size == 0) return true;
        auto const taken = fn(context, out, nullptr, size);
        size = 0;
        return taken.more;
    }

private:
    constexpr bool wantsMore() { return loopAsks || size < capacity || flush(); }
};

/// Hands each record on at once, at its address: for those whose bytes live no longer than the push, and for those that
/// have to be destroyed.
template <class T>
struct SingleSink {
    bool one;
    BlockFn<T> fn;
    void* context;

    constexpr bool operator()(T const& record) { return fn(context, &record, nullptr, 1).more; }
};

/// Gathers where stored records lie.
template <class T>
struct AddressSink {
    T const** out;
    std::size_t size;
    std::size_t capacity;
    bool one;
    BlockFn<T> fn;
    void* context;

    constexpr bool operator()(T const& record)
    {
        out[size] = &record;
        return ++size < capacity || flush();
    }

    bool flush()
    {
        if (size == 0) return true;
        auto const taken = fn(context, nullptr, out, size);
        size = 0;
        return taken.more;
    }
};

template <class T>
struct JoinedBatches;

template <class T>
struct AnyBatchBase : GoesInTurn {
    [[nodiscard]] virtual bool resumable() const = 0;
    [[nodiscard]] virtual std::size_t partitions() const = 0;
    [[nodiscard]] virtual Partitioning partitioning() const = 0;
    [[nodiscard]] virtual bool isEmpty(std::size_t p) const = 0;
    /// How many records it has, where that is known without running it; else -1.
    [[nodiscard]] virtual std::int64_t size() const { return -1; }
    [[nodiscard]] virtual EnginePlace const& place() const = 0;
    virtual void prepare() const = 0;
    [[nodiscard]] virtual bool views(void const*, void const*) const { return false; }
    virtual std::size_t blocks(std::size_t p, std::size_t from, bool one, BlockFn<T> fn, void* context) const = 0;

    /// What it joins, if it does.
    [[nodiscard]] virtual JoinedBatches<T> const* joined() const { return nullptr; }
};

[[noreturn]] SLUICE_COLD inline void refuseDepth()
{
    throw InvalidArgument{
        concat({"sluice::RDD<T>: it would be more than ", Digits{deepestBatches}.text(),
                " batches deep: where a loop writes batch = batch | op, let one operator call all their functions, or begin "
                "anew now and then, with rdd(batch | collect())"})};
}

/// A batch that knows how many records it has.
template <class Node>
concept Counts = requires(Node const& node) {
    { node.size() } -> std::convertible_to<std::int64_t>;
};

template <class T, class Node>
class AnyBatchOf final : public AnyBatchBase<T> {
public:
    explicit AnyBatchOf(Node node) : node_(static_cast<Node&&>(node)) { place(*node_); }

    [[nodiscard]] bool resumable() const override { return node_->resumable(); }
    [[nodiscard]] std::size_t partitions() const override { return node_->partitions(); }
    [[nodiscard]] Partitioning partitioning() const override { return partitioningOf(*node_); }
    [[nodiscard]] bool isEmpty(std::size_t p) const override { return node_->isEmpty(p); }
    [[nodiscard]] std::int64_t size() const override
    {
        if constexpr (Counts<Node>) return static_cast<std::int64_t>(node_->size());
        else return -1;
    }
    [[nodiscard]] EnginePlace const& place() const override { return place_; }
    void prepare() const override { node_->prepare(); }
    [[nodiscard]] bool views(void const* from, void const* to) const override { return viewsMemory(*node_, from, to); }

    std::size_t blocks(std::size_t p, std::size_t from, bool one, BlockFn<T> fn, void* context) const override
    {
        if constexpr (requires { node_->eachSpan(p, from, [](T const*, std::size_t) { return Taken{}; }); }) {
            return node_->eachSpan(p, from, [=](T const* records, std::size_t size) { return fn(context, records, nullptr, size); });
        } else if constexpr (byAddress) {
            return place_.depth() <= shallow ? gatherOnStack<T const*>(p, from, one, fn, context)
                                             : gatherOnHeap<T const*>(p, from, one, fn, context);
        } else if constexpr (!std::is_trivially_destructible_v<T> || (!Node::stable && holdOf<T>() != Hold::owns)) {
            SingleSink<T> sink{one, fn, context};
            return node_->each(p, from, sink);
        } else {
            return place_.depth() <= shallow ? gatherOnStack<T>(p, from, one, fn, context) : gatherOnHeap<T>(p, from, one, fn, context);
        }
    }

    /// The slot of an erased stream: the same object for the next batch.
    void assign(Node node)
    {
        node_.emplace(static_cast<Node&&>(node));
        place(*node_);
    }
    void clear()
    {
        node_.reset();
        place_ = EnginePlace{};
    }

private:
    static constexpr bool byAddress = Node::stored && std::is_reference_v<RecordOf<Node>> && goesByAddress<T>;
    static constexpr std::size_t inBlock = byAddress && sizeof(T) < sizeof(T const*) ? sizeof(T const*) : sizeof(T);  // bytes of each
    static constexpr std::size_t blockSize = inBlock > 8192 ? 1 : 8192 / inBlock;
    static constexpr std::size_t shallow = 8;  // the blocks of so many may lie on the stack

    void place(Node const& node)
    {
        EnginePlace place{node.place()};
        if (place.depth() >= deepestBatches) refuseDepth();
        place.deepen(place.depth() + 1);
        place_ = static_cast<EnginePlace&&>(place);
    }

    // Each has a frame of its own: those of the deep ones must be small.
    template <class Item>
    [[gnu::noinline]] std::size_t gatherOnStack(std::size_t p, std::size_t from, bool one, BlockFn<T> fn, void* context) const
    {
        alignas(64) alignas(Item) std::byte memory[blockSize * sizeof(Item)];
        return gather(reinterpret_cast<Item*>(memory), p, from, one, fn, context);
    }
    template <class Item>
    [[gnu::noinline]] std::size_t gatherOnHeap(std::size_t p, std::size_t from, bool one, BlockFn<T> fn, void* context) const
    {
        static constexpr auto align = std::align_val_t{alignof(Item) < 64 ? 64 : alignof(Item)};
        struct Memory {
            void* at;
            ~Memory() { ::operator delete(at, align); }
        } const memory{::operator new(blockSize * sizeof(Item), align)};
        return gather(static_cast<Item*>(memory.at), p, from, one, fn, context);
    }

    std::size_t gather(T* out, std::size_t p, std::size_t from, bool one, BlockFn<T> fn, void* context) const
    {
        constexpr bool loopAsks = requires { requires Node::bySpans; };
        GatherSink<T, loopAsks> sink{out, 0, one ? 1 : blockSize, one, fn, context};
        auto const at = node_->each(p, from, sink);
        sink.flush();
        return at;
    }
    std::size_t gather(T const** out, std::size_t p, std::size_t from, bool one, BlockFn<T> fn, void* context) const
    {
        AddressSink<T> sink{out, 0, one ? 1 : blockSize, one, fn, context};
        auto const at = node_->each(p, from, sink);
        sink.flush();
        return at;
    }

    Maybe<Node> node_;
    EnginePlace place_;
};

/// The node of RDD<T>.
template <class T>
class AnyBatch {
public:
    using Record = T const&;
    static constexpr bool stored = false;  // a record may live no longer than its block
    static constexpr bool stable = false;

    explicit AnyBatch(Counted<AnyBatchBase<T>> batch) : batch_(std::move(batch)) {}

    [[nodiscard]] bool resumable() const { return batch_->resumable(); }
    [[nodiscard]] std::size_t partitions() const { return batch_->partitions(); }
    [[nodiscard]] Partitioning partitioning() const { return batch_->partitioning(); }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return batch_->isEmpty(p); }
    [[nodiscard]] std::int64_t size() const { return batch_->size(); }
    [[nodiscard]] EnginePlace const& place() const { return batch_->place(); }
    void prepare() const { batch_->prepare(); }
    [[nodiscard]] bool views(void const* from, void const* to) const { return batch_->views(from, to); }
    [[nodiscard]] Counted<AnyBatchBase<T>> const& batch() const { return batch_; }

    /// As each(), and adds to `pushed` how many records were pushed.
    template <class Sink>
    std::size_t eachCounting(std::size_t p, std::size_t from, Sink& sink, std::int64_t& pushed) const
    {
        struct Counting {
            Sink& sink;
            std::int64_t& pushed;
        } counting{sink, pushed};
        return batch_->blocks(
            p, from, wantsOne(sink),
            [](void* context, T const* records, T const* const* addresses, std::size_t size) -> Taken {
                auto& target = *static_cast<Counting*>(context);
                auto const taken = pushBlock(records, addresses, size, target.sink);
                target.pushed += static_cast<std::int64_t>(taken.count);
                return taken;
            },
            &counting);
    }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        return batch_->blocks(
            p, from, wantsOne(sink),
            [](void* context, T const* records, T const* const* addresses, std::size_t size) -> Taken {
                return pushBlock(records, addresses, size, *static_cast<Sink*>(context));
            },
            &sink);
    }

private:
    template <class Sink>
    static Taken pushBlock(T const* records, T const* const* addresses, std::size_t size, Sink& sink)
    {
        if constexpr (goesByAddress<T>) {
            if (records == nullptr) return pushAddresses(addresses, size, sink);
        }
        return pushSpan(records, size, sink);
    }
    template <class Sink>
    static Taken pushAddresses(T const* const* addresses, std::size_t size, Sink& sink)
    {
        Sink local = static_cast<Sink&&>(sink);
        std::size_t i = 0;
        bool more = true;
        while (i < size && more) more = local(*addresses[i++]);
        sink = static_cast<Sink&&>(local);
        return {i, more};
    }

    Counted<AnyBatchBase<T>> batch_;
};

template <class T, class Node>
AnyBatch<T> anyBatch(Node node)
{
    if constexpr (!std::is_same_v<T, ValueOf<Node>>) {
        return AnyBatch<T>{{}};  // refused by the caller
    } else if constexpr (std::is_same_v<AnyBatch<T>, Node>) {
        return node;
    } else if constexpr (requires { requires Node::joinsAny; }) {
        return static_cast<Node&&>(node).joined();
    } else {
        return AnyBatch<T>{makeCounted<AnyBatchOf<T, Node>>(static_cast<Node&&>(node))};
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
