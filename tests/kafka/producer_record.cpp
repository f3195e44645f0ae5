#include <sluice/kafka/producer_record.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace sluice;
using namespace std::literals;

namespace {

/// The bytes that are there; nothing where there are none.
template <class T>
std::optional<std::string> written(T const& of)
{
    auto const bytes = detail::kafkaBytes(of);
    if (bytes.data == nullptr) return {};
    return std::string(static_cast<char const*>(bytes.data), bytes.size);
}

}  // namespace

TEST_CASE("text and bytes are written as they are")
{
    CHECK(written("text"s) == "text");
    CHECK(written("text"sv) == "text");
    CHECK(written(static_cast<char const*>("text")) == "text");
    CHECK(written("a\0b"s) == "a\0b"s);
    CHECK(written(std::vector{std::byte{'a'}, std::byte{'b'}}) == "ab");
    std::vector<unsigned char> const bytes{'a', 'b', 'c'};
    CHECK(written(std::span{bytes}.first(2)) == "ab");
    CHECK(written(std::optional{"text"s}) == "text");
}

TEST_CASE("what is empty is there, what is missing is not")
{
    CHECK(written(""s) == "");
    CHECK(written(std::string_view{}) == "");
    CHECK(written(std::vector<std::byte>{}) == "");
    CHECK(written(std::span<char const>{}) == "");
    CHECK(written(std::optional{""sv}) == "");
    CHECK(written(std::optional<std::string>{}) == std::nullopt);
    CHECK(written(static_cast<char const*>(nullptr)) == std::nullopt);
}

TEST_CASE("what can be a message")
{
    static_assert(detail::isKafkaMessage<std::string> && detail::isKafkaMessage<std::optional<std::string_view>>);
    static_assert(detail::isKafkaMessage<std::pair<std::string const, std::vector<std::byte>>>);
    static_assert(detail::isKafkaMessage<std::pair<std::string, std::optional<std::string>>>);
    static_assert(detail::isKafkaMessage<kafka::ProducerRecord>);
    static_assert(!detail::isKafkaMessage<int> && !detail::isKafkaMessage<std::pair<std::string, int>>);
    static_assert(!detail::isKafkaMessage<std::vector<int>> && !detail::isKafkaMessage<std::optional<std::optional<std::string>>>);
    static_assert(!detail::isKafkaMessage<std::pair<std::string, std::pair<std::string, std::string>>>);
}
