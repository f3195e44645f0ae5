#pragma once

#include <sluice/codec/binary.hpp>
#include <sluice/storage/disk_store.hpp>

#include <cstring>
#include <memory>

namespace sluice::inline SLUICE_ABI::detail {

/// How much is written to a DiskStore at once, in bytes of the binary form; and so many records at most, since all of them lie in memory
/// while they are read.
inline constexpr std::size_t fullBlock = std::size_t{64} << 10;
template <class Entry>
inline constexpr std::size_t mostInBlock = sizeof(Entry) < fullBlock * 4 ? fullBlock * 4 / sizeof(Entry) : 1;

/// The records of one block after another, in the same memory.
template <class Entry>
class DecodedBlock {
public:
    [[nodiscard]] Entry const* decode(std::string_view bytes, std::size_t count)
    {
        if (room_ < count) {
            records_.reset(new Entry[count]);
            room_ = count;
        }
        if constexpr (isImage<Entry>) {
            std::memcpy(static_cast<void*>(records_.get()), bytes.data(), count * sizeof(Entry));
        } else {
            BinaryReader reader{bytes};
            for (std::size_t i = 0; i < count; ++i) decodeNext(reader, records_[i]);
        }
        return records_.get();
    }

private:
    std::unique_ptr<Entry[]> records_;
    std::size_t room_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
