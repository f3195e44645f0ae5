#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// Of each key of a compacted topic's partition the last value, as bytes.
class KafkaEntries {
public:
    KafkaEntries() = default;
    KafkaEntries(KafkaEntries const&) = delete;
    KafkaEntries& operator=(KafkaEntries const&) = delete;

    void put(std::string_view key, std::string_view value)
    {
        auto const tag = tagOfKey(key);
        auto const known = find(tag, key);
        if (known == KeyIndex::none) {
            index_.reserve(index_.size() + 1, [this](std::uint32_t number) { return keyAt(number); });
            auto const number = fresh();
            entries_[number] = {write(key, value), static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())};
            index_.insert(index_.tagFor(tag, key), number);
            return;
        }
        auto& entry = entries_[known];
        if (value.size() <= entry.valueSize) {  // mostly it is as long as it was
            if (!value.empty()) std::memcpy(entry.at + entry.keySize, value.data(), value.size());
            wasted_ += entry.valueSize - value.size();
        } else {
            wasted_ += entry.keySize + entry.valueSize;
            entry.at = write(key, value);
        }
        entry.valueSize = static_cast<std::uint32_t>(value.size());
        if (wasted_ > leastWaste && wasted_ > used_ / 2) compact();
    }
    void remove(std::string_view key)
    {
        auto const tag = tagOfKey(key);
        auto const known = find(tag, key);
        if (known == KeyIndex::none) return;
        index_.erase(index_.tagFor(tag, key), known);
        auto& entry = entries_[known];
        wasted_ += entry.keySize + entry.valueSize;
        entry.at = nullptr;
        free_.push_back(known);
        if (wasted_ > leastWaste && wasted_ > used_ / 2) compact();
    }

    [[nodiscard]] std::size_t size() const { return index_.size(); }
    /// Of memory.
    [[nodiscard]] std::size_t bytes() const { return used_ + entries_.capacity() * sizeof(Entry) + index_.bytes(); }

    /// take(key, value) for each, in no particular order.
    template <class Take>
    void each(Take const& take) const
    {
        for (auto const& entry : entries_) {
            if (entry.at != nullptr) take(std::string_view{entry.at, entry.keySize}, valueOf(entry));
        }
    }

private:
    static constexpr std::size_t blockSize = std::size_t{1} << 20;
    static constexpr std::size_t leastWaste = std::size_t{16} << 20;

    struct Entry {
        char* at;  // of the key, behind which the value lies; null: there is none
        std::uint32_t keySize;
        std::uint32_t valueSize;
    };

    [[nodiscard]] std::string_view keyAt(std::uint32_t number) const { return {entries_[number].at, entries_[number].keySize}; }
    [[nodiscard]] static std::string_view valueOf(Entry const& entry) { return {entry.at + entry.keySize, entry.valueSize}; }
    [[nodiscard]] std::uint32_t find(std::uint32_t tag, std::string_view key) const
    {
        return index_.find(index_.tagFor(tag, key), [&](std::uint32_t number) { return keyAt(number) == key; });
    }
    [[nodiscard]] std::uint32_t fresh()
    {
        if (free_.empty()) {
            entries_.push_back({});
            return static_cast<std::uint32_t>(entries_.size() - 1);
        }
        auto const number = free_.back();
        free_.pop_back();
        return number;
    }

    char* write(std::string_view key, std::string_view value)
    {
        auto const size = key.size() + value.size();
        if (size > left_ || next_ == nullptr) [[unlikely]]
            addBlock(size);
        auto* const at = next_;
        if (!key.empty()) std::memcpy(at, key.data(), key.size());
        if (!value.empty()) std::memcpy(at + key.size(), value.data(), value.size());
        next_ += size;
        left_ -= size;
        used_ += size;
        return at;
    }
    SLUICE_COLD void addBlock(std::size_t least)
    {
        auto const size = least > blockSize ? least : blockSize;
        blocks_.push_back(std::make_unique<char[]>(size + 1));  // so that also what is empty is somewhere
        next_ = blocks_.back().get();
        left_ = size;
    }
    SLUICE_COLD void compact()
    {
        auto const before = std::move(blocks_);
        blocks_.clear();
        next_ = nullptr;
        left_ = used_ = wasted_ = 0;
        for (auto& entry : entries_) {
            if (entry.at != nullptr) entry.at = write({entry.at, entry.keySize}, valueOf(entry));
        }
    }

    std::vector<Entry> entries_;
    std::vector<std::uint32_t> free_;
    KeyIndex index_;
    std::vector<std::unique_ptr<char[]>> blocks_;
    char* next_ = nullptr;
    std::size_t left_ = 0;
    std::size_t used_ = 0;    // bytes in blocks
    std::size_t wasted_ = 0;  // of them
};

}  // namespace sluice::inline SLUICE_ABI::detail
