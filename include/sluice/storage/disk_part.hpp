#pragma once

#include <sluice/batch/collect_sink.hpp>
#include <sluice/batch/place.hpp>
#include <sluice/batch/sink.hpp>
#include <sluice/input/bytes_of.hpp>
#include <sluice/storage/disk_block.hpp>

#include <optional>

namespace sluice::inline SLUICE_ABI::detail {

/// The records of one partition, the first of them in memory as far as the store lets them, the others in their binary form on the disk, in
/// blocks of about 64 KiB. Read by any number of threads, a block at a time: a record lies in memory while it is pushed.
template <class Entry>
class DiskPart {
public:
    DiskPart() = default;
    DiskPart(DiskPart&&) noexcept = default;
    DiskPart& operator=(DiskPart&& other) noexcept
    {
        std::swap(state_, other.state_);
        return *this;
    }
    ~DiskPart() { clear(); }

    /// Before the first record: where they go. None goes to memory unless that is said.
    void open(Counted<DiskStore> const& store, bool memoryFirst, EnginePlace const& place)
    {
        if (!state_) state_ = std::make_unique<State>();
        state_->store = store;
        state_->toMemory = state_->memoryFirst = memoryFirst;
        state_->place = place;
    }

    /// The records of partition p of a batch.
    template <class Up>
    void take(Up const& up, std::size_t p)
    {
        Sink sink{state_.get()};
        up.each(p, 0, sink);
        finish();
    }

    /// One record more; behind the last one finish().
    template <class R>
    void operator()(R&& record)
    {
        state_->add(static_cast<R&&>(record));
    }
    void finish()
    {
        if (state_->inBlock > 0) state_->flush();
        state_->giveBuffer();
    }

    void clear() noexcept
    {
        if (!state_) return;
        state_->blocks.clear();
        state_->memory.clear();
        state_->store->leave(std::exchange(state_->granted, 0));
        state_->giveBuffer();
        state_->used = state_->onDisk = state_->inBlock = 0;
        state_->toMemory = state_->memoryFirst;
    }

    [[nodiscard]] std::size_t size() const { return state_ ? state_->memory.size() + state_->onDisk + state_->inBlock : 0; }
    [[nodiscard]] std::size_t bytesInMemory() const { return state_ ? state_->used : 0; }

    template <class Take>
    Taken eachSpan(std::size_t from, Take&& take) const
    {
        auto const& state = *state_;
        std::size_t taken = 0;
        auto const inMemory = state.memory.size();
        if (from < inMemory) {
            auto const got = take(state.memory.data() + from, inMemory - from);
            taken = got.count;
            from += got.count;
            if (!got.more) return {taken, false};
        }
        Reading reading{state};
        auto begin = inMemory;
        for (auto const& block : state.blocks) {
            auto const end = begin + block.records;
            if (from < end) {
                state.place.poll();
                auto const* const records = reading.read(block);
                auto const got = take(records + (from - begin), end - from);
                taken += got.count;
                from += got.count;
                if (!got.more) return {taken, false};
            }
            begin = end;
        }
        return {taken, true};
    }

private:
    static constexpr std::size_t grantedAtOnce = std::size_t{64} << 10;

    struct Block {
        DiskPlace place;
        std::size_t records;
    };

    struct State {
        Counted<DiskStore> store;
        EnginePlace place;
        KeepSink<Entry> memory;
        bool memoryFirst = false;
        bool toMemory = false;    // as long as it fits
        std::size_t granted = 0;  // of memory by the store,
        std::size_t used = 0;     // and so much of that is used
        std::string buffer;
        std::optional<BinaryWriter> writer;  // to it, while there is a block
        std::size_t inBlock = 0;             // records
        std::size_t onDisk = 0;
        std::vector<Block> blocks;

        template <class R>
        void add(R&& record)
        {
            if (toMemory) {
                Entry entry(own(static_cast<R&&>(record)));
                if (fits(bytesOf(entry))) {
                    memory(static_cast<Entry&&>(entry));
                    return;
                }
                toMemory = false;  // nor does what comes behind it: the order of records is kept
                write(entry);
            } else {
                write(static_cast<std::remove_cvref_t<R> const&>(record));
            }
        }
        template <class R>
        void write(R const& record)
        {
            if (!writer) {
                buffer = store->takeBuffer();
                buffer.clear();
                writer.emplace(buffer);
            }
            encodeInto(*writer, record);
            ++inBlock;
            if (writer->written() >= fullBlock || inBlock >= mostInBlock<Entry>) flush();
        }
        SLUICE_COLD void flush()
        {
            writer->finish();
            blocks.push_back({store->write(buffer), inBlock});
            onDisk += std::exchange(inBlock, 0);
            writer.reset();
            buffer.clear();
            writer.emplace(buffer);
        }
        bool fits(std::size_t bytes)
        {
            if (bytes > granted - used) {
                auto more = bytes < grantedAtOnce ? grantedAtOnce : bytes;
                if (!store->enter(more)) {
                    more = bytes - (granted - used);
                    if (!store->enter(more)) return false;
                }
                granted += more;
            }
            used += bytes;
            return true;
        }
        void giveBuffer() noexcept
        {
            writer.reset();
            if (buffer.capacity() >= fullBlock) store->giveBuffer(std::move(buffer));
            buffer = {};
        }
    };

    struct Sink {
        State* state;

        template <class R>
        bool operator()(R&& record)
        {
            state->add(static_cast<R&&>(record));
            return true;
        }
    };

    /// The records of one block after another, in the same memory.
    struct Reading {
        explicit Reading(State const& state) : store(*state.store) {}
        Reading(Reading const&) = delete;
        Reading& operator=(Reading const&) = delete;
        ~Reading()
        {
            if (bytes.capacity() > 0) store.giveBuffer(std::move(bytes));
        }

        [[nodiscard]] Entry const* read(Block const& block)
        {
            if (bytes.empty()) bytes = store.takeBuffer();
            return records.decode(store.read(block.place, bytes), block.records);
        }

        DiskStore& store;
        std::string bytes;
        DecodedBlock<Entry> records;
    };

    std::unique_ptr<State> state_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
