#pragma once

#include <sluice/batch/call.hpp>
#include <sluice/batch/owned.hpp>
#include <sluice/stream/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace kafka {

/// A message to be written that is more than a value, or a key and a value: what a record is mapped to, or what the function of `writeTo`
/// makes of it.
///
/// ```cpp
/// kafka::ProducerRecord const deleted{.key = "k"};
/// CHECK(!deleted.value);
/// ```
struct ProducerRecord {
    std::optional<std::string> key{};         ///< empty: none
    std::optional<std::string> value{};       ///< empty: none, which in a compacted topic deletes the key
    std::optional<std::int32_t> partition{};  ///< empty: as of a record without it
    std::optional<Time> timestamp{};          ///< empty: now
    std::vector<std::pair<std::string, std::optional<std::string>>> headers{};

    friend bool operator==(ProducerRecord const&, ProducerRecord const&) = default;
};

}  // namespace kafka

namespace detail {

/// The bytes of a key or a value, which live as long as the call; null: there is none.
struct KafkaBytes {
    void const* data = nullptr;
    std::size_t size = 0;
};

template <class T>
concept KafkaText = std::is_convertible_v<T const&, std::string_view>;
/// `std::vector<std::byte>`, `std::span<unsigned char const>`, …
template <class T>
concept KafkaBlock = requires(T const& bytes) {
    std::size(bytes);
    requires std::is_pointer_v<decltype(std::data(bytes))>;
    requires std::is_same_v<std::remove_cvref_t<decltype(*std::data(bytes))>, std::byte> ||
                 std::is_same_v<std::remove_cvref_t<decltype(*std::data(bytes))>, unsigned char> ||
                 std::is_same_v<std::remove_cvref_t<decltype(*std::data(bytes))>, char>;
};

/// Whether it can be a key or a value.
template <class T>
inline constexpr bool isKafkaBytes = KafkaText<T> || KafkaBlock<T>;
template <class T>
inline constexpr bool isKafkaBytes<std::optional<T>> = KafkaText<T> || KafkaBlock<T>;

/// Whether it can be a message.
template <class T>
inline constexpr bool isKafkaMessage = isKafkaBytes<T>;
template <class K, class V>
inline constexpr bool isKafkaMessage<std::pair<K, V>> = isKafkaBytes<std::remove_cvref_t<K>> && isKafkaBytes<std::remove_cvref_t<V>>;
template <>
inline constexpr bool isKafkaMessage<kafka::ProducerRecord> = true;

template <class T>
KafkaBytes kafkaBytes(T const& of)
{
    if constexpr (OptionalOf<T>::value) {
        return of ? kafkaBytes(*of) : KafkaBytes{};
    } else if constexpr (KafkaText<T>) {
        if constexpr (std::is_pointer_v<T>) {
            if (of == nullptr) return {};
        }
        std::string_view const text = of;
        return {text.data() != nullptr ? text.data() : "", text.size()};
    } else {
        return {std::data(of) != nullptr ? static_cast<void const*>(std::data(of)) : "", std::size(of)};
    }
}

}  // namespace detail

}  // namespace sluice::inline SLUICE_ABI
