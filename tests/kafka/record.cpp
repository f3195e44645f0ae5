#include <sluice/kafka/record.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <type_traits>

using namespace sluice;

TEST_CASE("a record has a text, as Spark's has, whoever owns what it shows")
{
    kafka::Record const record{.key = "", .value = "v", .topic = "t", .partition = 1, .offset = 7, .hasValue = true};
    CHECK(textOf(record) == "Record(topic: t, partition: 1, offset: 7, key: None, value: v)");
    CHECK(textOf(OwnedAs<kafka::Record>::own(record)) == textOf(record));
    kafka::Record const deleted{.key = "k", .topic = "t", .offset = 8, .hasKey = true};
    CHECK(textOf(deleted) == "Record(topic: t, partition: 0, offset: 8, key: k, value: None)");
}

TEST_CASE("what is owned has all that a record shows, also that it shows nothing")
{
    auto text = std::string("value");
    kafka::Record const record{.value = text, .topic = "t", .partition = 2, .offset = 7, .timestamp = Time{Duration{5}}, .hasValue = true};
    auto const owned = OwnedAs<kafka::Record>::own(record);
    text = "other";
    CHECK(owned == kafka::OwnedRecord{"", "value", "t", 2, 7, Time{Duration{5}}, false, true, {}});
    CHECK(canOwn<kafka::Record>);
    static_assert(std::is_same_v<Owned<kafka::Record>, kafka::OwnedRecord>);
}

TEST_CASE("headers of no message are none")
{
    kafka::Headers const none;
    CHECK(none.size() == 0);
    CHECK(none.find("trace") == std::nullopt);
    none.each([](auto, auto) { CHECK(false); });
}
