#include <sluice/operators/collect.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/binary_records_stream.hpp>
#include <sluice/testing/harness.hpp>

#include "../io/temporary.hpp"

#include <string>

using namespace sluice;
using namespace std::chrono_literals;
using namespace std::string_literals;

TEST_CASE("records of one length, file by file")
{
    Temporary const dir;
    testing::Harness harness;
    std::vector<std::string> records;
    std::vector<std::string> three;
    binaryRecordsStream(harness.context(), dir.path(), 3) | foreachRDD([&](auto batch) {
        CHECK(batch.numPartitions() == 3);
        three = batch | take(3);
        records = batch | collect();
    });
    harness.start();
    dir.write("a", "abc\n\0\xff"s, 1);
    dir.write("b", "", 1);
    dir.write("c", "xyzuvw", 1);
    harness.advance(1s);
    CHECK(records == std::vector<std::string>{"abc", "\n\0\xff"s, "xyz", "uvw"});
    CHECK(three == std::vector<std::string>{"abc", "\n\0\xff"s, "xyz"});
    CHECK(!harness.context().awaitTerminationOrTimeout(0s));
}

TEST_CASE("a file of another length is named, with both lengths, and gives no record")
{
    Temporary const dir;
    testing::Harness harness;
    std::vector<std::string> records{"untouched"};
    binaryRecordsStream(harness.context(), dir.path(), 4) | foreachRDD([&](auto batch) { records = batch | collect(); });
    harness.start();
    dir.write("odd", "0123456789", 1);
    harness.advance(1s);
    CHECK(records == std::vector<std::string>{"untouched"});
    std::string text;
    try {
        static_cast<void>(harness.context().awaitTerminationOrTimeout(0s));
    } catch (StreamError const& error) {
        text = error.what();
    }
    CHECK(text.starts_with("sluice::binaryRecordsStream ("));
    CHECK(text.ends_with("batch 1000 ms, partition 0: " + dir.path("odd") + " has 10 bytes, which are no records of 4"));
}

TEST_CASE("a record has a length")
{
    testing::Harness harness;
    CHECK_THROWS_WITH_AS(static_cast<void>(binaryRecordsStream(harness.context(), "/tmp", 0)),
                         "sluice::FixedLengthFormat: a record has at least one byte, got 0", InvalidArgument);
    CHECK(harness.context().core()->inputs().empty());
}
