#include <sluice/kafka/typed_stream.hpp>

#include "errors.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace sluice;
using namespace std::literals;
using kafka_test::errorOf;
using kafka_test::has;

TEST_CASE("deserialisers read what Kafka's own serialisers write, and the library's binary form")
{
    CHECK(kafka::Deserialiser<std::string_view>{}("text") == "text");
    CHECK(kafka::Deserialiser<std::int16_t>{}("\xff\xfe"sv) == -2);
    CHECK(kafka::Deserialiser<std::int32_t>{}("\0\0\1\2"sv) == 258);
    CHECK(kafka::Deserialiser<double>{}("\x3f\xf8\0\0\0\0\0\0"sv) == 1.5);
    CHECK(has(errorOf([] { static_cast<void>(kafka::Deserialiser<std::int32_t>{}("123")); }),
              "a number of 4 bytes is expected, there are 3"));
    auto const pair = std::pair{7, "seven"s};
    CHECK(kafka::Deserialiser<std::pair<int, std::string>>{}(encode(pair)) == pair);
    CHECK_THROWS_AS(static_cast<void>(kafka::Deserialiser<std::vector<int>>{}("\x7f")), CodecError);
}
