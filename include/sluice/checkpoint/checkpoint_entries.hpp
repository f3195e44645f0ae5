#pragma once

#include <sluice/checkpoint/record_file.hpp>
#include <sluice/codec/binary.hpp>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// Memory of records that have been written, for those that come: a page that the system gives out fresh costs more than what is written to
/// it. It keeps what one commit takes.
class RecordMemory {
public:
    static constexpr std::size_t least = std::size_t{64} << 10;  // bytes; shorter ones are the allocator's

    /// With whatever is in it; perhaps without memory.
    [[nodiscard, gnu::cold]] std::string take()
    {
        std::lock_guard const lock{mutex_};
        ++taken_;
        if (spare_.empty()) return {};
        auto memory = std::move(spare_.back());
        spare_.pop_back();
        return memory;
    }
    [[gnu::cold]] void give(std::string&& memory)
    {
        if (memory.capacity() < least || memory.capacity() > longest) return;
        std::lock_guard const lock{mutex_};
        if (spare_.size() < most) spare_.push_back(std::move(memory));
    }
    /// A commit has been written: more than the next one takes, if it is as this one, is not kept.
    [[gnu::cold]] void settle()
    {
        std::lock_guard const lock{mutex_};
        if (spare_.size() > taken_) spare_.resize(taken_);
        taken_ = 0;
    }

    [[nodiscard, gnu::cold]] std::size_t spare() const
    {
        std::lock_guard const lock{mutex_};
        return spare_.size();
    }

private:
    static constexpr std::size_t most = 32;                       // records
    static constexpr std::size_t longest = std::size_t{2} << 20;  // bytes

    mutable std::mutex mutex_;
    std::vector<std::string> spare_;
    std::size_t taken_ = 0;  // since the last commit
};

/// What has changed of a state, or of a part of it, as bytes: of each key text, and 0, or 1 and the state's text. They stand in records of
/// about a MiB, with room before them for what a log writes there: they are encoded to where they are written from.
class CheckpointEntries {
public:
    static constexpr std::size_t most = std::size_t{1} << 20;  // where no entry is long
    static constexpr std::size_t full = most - most / 16;
    /// What stands before a record in a file, its kind, and the number of its state: see CheckpointRecord.
    static constexpr std::size_t room = recordHeader + 1 + sizeof(std::uint32_t);

    CheckpointEntries() = default;
    /// About so many are to come: memory for them is there at once, up to what a record takes.
    explicit CheckpointEntries(std::size_t entries, RecordMemory* memory = nullptr)
        : expected_(entries * usualEntry < most ? entries * usualEntry : most), memory_(memory)
    {
    }

    void put(std::string_view key, std::string_view value)
    {
        auto& to = writer();
        to.text(key);
        to.number(isPut);
        to.text(value);
    }
    void remove(std::string_view key)
    {
        auto& to = writer();
        to.text(key);
        to.number(isRemoved);
    }

    /// The same, of what they are encoded as; a value may be several, one behind the other.
    template <class Key, class... Values>
    void encodeEntry(Key const& key, Values const&... values)
    {
        auto& to = writer();
        if constexpr (areShort<Key, Values...>) {
            constexpr auto keyBytes = fixedBytes<Key>;
            constexpr auto valueBytes = (fixedBytes<Values> + ...);
            auto* at = to.room(keyBytes + valueBytes + 3);
            *at++ = static_cast<char>(keyBytes);
            at = putFlat(at, key);
            *at++ = static_cast<char>(isPut);
            *at++ = static_cast<char>(valueBytes);
            ((at = putFlat(at, values)), ...);
            to.writtenTo(at);
        } else {
            to.sized([&] { encode(key, to); });
            to.number(isPut);
            to.sized([&] { (encode(values, to), ...); });
        }
    }
    template <class Key>
    void encodeRemoved(Key const& key)
    {
        auto& to = writer();
        to.sized([&] { encode(key, to); });
        to.number(isRemoved);
    }

    /// The records, in which nothing is added any more; there are none then.
    [[nodiscard]] std::deque<std::string> taken()
    {
        if (size() >= full) expected_ = most;
        writer_.reset();
        return std::exchange(records_, {});
    }
    [[nodiscard]] bool empty() const noexcept { return records_.empty(); }
    /// Bytes of the last one.
    [[nodiscard]] std::size_t size() const noexcept { return writer_ != nullptr ? writer_->written() : 0; }

    /// take(key, state) for each entry that a reader stands at, until its end.
    template <class Take>
    static void each(BinaryReader& reader, Take&& take)
    {
        while (reader.left() > 0) {
            auto const key = reader.text();
            if (reader.number<std::uint8_t>() == isRemoved) take(key, std::optional<std::string_view>{});
            else take(key, std::optional{reader.text()});
        }
    }

private:
    static constexpr std::uint8_t isRemoved = 0;
    static constexpr std::uint8_t isPut = 1;

    static constexpr std::size_t usualEntry = 32;  // bytes
    static constexpr std::size_t oneByte = 0x80;   // sizes below it take one
    template <class Key, class... Values>
    static constexpr bool areShort =
        fixedBytes<Key> < oneByte && ((fixedBytes<Values> < oneByte) && ...) && (fixedBytes<Values> + ...) < oneByte;

    [[nodiscard]] BinaryWriter& writer()
    {
        if (writer_ == nullptr || writer_->written() >= full) [[unlikely]]
            open();
        return *writer_;
    }
    [[gnu::cold]] void open()
    {
        writer_.reset();
        if (!records_.empty()) expected_ = most;
        auto& record = records_.emplace_back();
        if (memory_ != nullptr && expected_ >= RecordMemory::least) record = memory_->take();
        record.resize(room + expected_);
        writer_ = std::make_unique<BinaryWriter>(record, room);
    }

    std::size_t expected_ = 0;        // bytes, of the next record
    RecordMemory* memory_ = nullptr;  // null: the allocator's
    std::deque<std::string> records_;
    std::unique_ptr<BinaryWriter> writer_;  // to the last one, which stays where it is
};

}  // namespace sluice::inline SLUICE_ABI::detail
