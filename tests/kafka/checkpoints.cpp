#include <sluice/kafka.hpp>

#include "../checkpoint/lives.hpp"
#include "../io/temporary.hpp"
#include "broker.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

// A program that reads a topic, ends and begins again: each record belongs to one batch, and to that one again where it was not done.

using namespace sluice;
using namespace std::literals;
using kafka_test::brokers;
using kafka_test::theWriter;

namespace {

struct Life : OneLife {
    Life(Temporary const& directory, kafka::Subscription const& subscription, int begin, int end, int diesIn = 0,
         kafka::Options options = {.startingOffsets = kafka::StartingOffsets::earliest})
        : OneLife(directory.path("checkpoints"), begin, end, diesIn, {.master = "inline"}, [&](auto& ssc) {
              options.brokers = brokers();
              return kafka::createDirectStream(ssc, subscription, options) | named("messages") | map(&kafka::Record::value);
          })
    {
    }
};

}  // namespace

TEST_SUITE_BEGIN("broker");

TEST_CASE("it goes on where it was; what was not done comes again, in the same batch, whatever has come since")
{
    auto const& writer = theWriter();
    Temporary const directory;
    auto const topic = writer.topic("kept", 2);
    auto const both = kafka::subscribe({topic});
    writer.write(topic, 0, {"a", "b"});
    {
        Life const life{directory, both, 100, 101};
        CHECK(life.batches == Batches{{101, {"a", "b"}}});
    }
    writer.write(topic, 1, {"c"});
    {
        Life const life{directory, both, 101, 102, 102};  // dies in it
        CHECK(life.batches == Batches{{102, {"c"}}});
    }
    writer.write(topic, 0, {"d"});
    writer.write(topic, 1, {"e"});
    {
        Life const life{directory, both, 102, 103};
        CHECK(life.batches == Batches{{102, {"c"}}, {103, {"d", "e"}}});
    }
    Life const life{directory, both, 103, 104};
    CHECK(life.batches.empty());
    CHECK(life.warnings.empty());
}

TEST_CASE("a checkpoint goes before all that says else where to begin; a partition that came meanwhile is read from its beginning")
{
    auto const& writer = theWriter();
    Temporary const directory;
    auto const topic = writer.topic("before", 1);
    auto const from = kafka::subscribe({topic}, {{topic, 0, 1}});
    kafka::Options const latest{};
    writer.write(topic, 0, {"a", "b", "c"});
    {
        Life const life{directory, from, 100, 101, 0, latest};
        CHECK(life.batches == Batches{{101, {"b", "c"}}});
    }
    writer.addPartitions(topic, 2);
    writer.write(topic, 0, {"d"});
    writer.write(topic, 1, {"e"});
    {
        Life const life{directory, from, 101, 102, 0, latest};
        CHECK(life.batches == Batches{{102, {"d", "e"}}});
    }
    Life const life{directory, kafka::assign({{topic, 1}}), 102, 103, 0, latest};
    CHECK(countOf(life.warnings, "partition 0, which was read before the restart, is not read any more") == 1);
}

TEST_SUITE_END();
