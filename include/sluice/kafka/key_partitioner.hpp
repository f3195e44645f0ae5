#pragma once

#include <sluice/codec/binary.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Which partition of a topic a key belongs to: the same everywhere and for ever, since topics outlive programs, machines and versions.

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// murmur2 by Austin Appleby, as Java's clients of Kafka have it, with their seed.
[[nodiscard]] inline std::uint32_t kafkaMurmur2(std::string_view bytes)
{
    constexpr std::uint32_t m = 0x5bd1e995;
    auto const* at = bytes.data();
    auto left = bytes.size();
    auto h = std::uint32_t{0x9747b28c} ^ static_cast<std::uint32_t>(left);
    for (; left >= 4; left -= 4, at += 4) {
        std::uint32_t k = 0;
        getNumber(at, k);
        k *= m;
        k ^= k >> 24;
        h = h * m ^ k * m;
    }
    auto const byte = [at](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(at[i])}; };
    if (left > 2) h ^= byte(2) << 16;
    if (left > 1) h ^= byte(1) << 8;
    if (left > 0) h = (h ^ byte(0)) * m;
    h ^= h >> 13;
    h *= m;
    return h ^ h >> 15;
}

/// Of so many partitions that of a key's bytes, as Java's clients choose it.
[[nodiscard]] inline std::int32_t kafkaPartition(std::string_view keyBytes, std::int32_t partitions)
{
    return static_cast<std::int32_t>(kafkaMurmur2(keyBytes) & 0x7fffffff) % partitions;
}

/// Whether a key is written as it is, and not in its binary form, which begins with its size.
template <class K>
inline constexpr bool isKafkaText = isBinaryText<K>;
template <EncodedByUser K>
inline constexpr bool isKafkaText<K> = isKafkaText<EncodedType<K>>;

/// The bytes of keys, one after another: what was given before is gone then.
template <class K>
class KafkaKeyBytes {
public:
    [[nodiscard]] std::string_view operator()(K const& key)
    {
        if constexpr (isBinaryText<K>) {
            return key;
        } else {
            bytes_.clear();
            BinaryWriter writer{bytes_};
            encode(key, writer);
            writer.finish();
            return asWritten(bytes_, isKafkaText<K>);
        }
    }

    /// Of a key in its binary form.
    [[nodiscard]] static std::string_view asWritten(std::string_view encoded, bool isText)
    {
        if (!isText) return encoded;
        std::size_t size = 1;
        while ((encoded[size - 1] & 0x80) != 0) ++size;
        return encoded.substr(size);
    }

private:
    std::string bytes_;
};

}  // namespace detail

namespace kafka {

/// A partitioner that puts a key where Kafka has it: of so many partitions that which Java's clients and `kafka::writeTo` choose by the
/// key's bytes (murmur2). Text is its bytes as they are, any other key its binary form (`encode`); text in a key of several parts is in that.
/// What it answers is the same in every process, machine and version.
///
/// ```cpp
/// kafka::KeyPartitioner const by{8};
/// CHECK(by.partition("foobar"sv) == 6);
/// auto const parts = rdd({std::pair{"foobar"sv, 1}}) | partitionBy(by);
/// CHECK(parts.numPartitions() == 8);
/// ```
class KeyPartitioner {
public:
    /// None, or more than there can be: `InvalidArgument`.
    explicit KeyPartitioner(std::size_t partitions) : partitions_(partitions)
    {
        if (partitions == 0 || partitions > std::size_t{INT32_MAX})
            throw InvalidArgument{"sluice::kafka::KeyPartitioner(partitions): there must be 1 to 2147483647 partitions"};
    }

    [[nodiscard]] std::size_t numPartitions() const noexcept { return partitions_; }

    template <class K>
        requires Encodable<K>
    [[nodiscard]] std::size_t partition(K const& key) const
    {
        sluice::detail::KafkaKeyBytes<K> bytes;
        return static_cast<std::size_t>(sluice::detail::kafkaPartition(bytes(key), static_cast<std::int32_t>(partitions_)));
    }

    friend bool operator==(KeyPartitioner const&, KeyPartitioner const&) = default;

private:
    std::size_t partitions_;
};

}  // namespace kafka

}  // namespace sluice::inline SLUICE_ABI
