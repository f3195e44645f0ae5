#include <sluice/kafka/direct_source.hpp>
#include <sluice/operators/map.hpp>

#include <doctest/doctest.h>

using namespace sluice;

TEST_CASE("what is mapped out of a record is known to lie in the batch")
{
    using Value = decltype(map(&kafka::Record::value));
    static_assert(detail::Narrow<detail::KafkaRecords, Value>::stable);
    static_assert(detail::KafkaRecords::stable && !detail::KafkaRecords::stored);
}
