#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>
#include <sluice/storage.hpp>
#include <sluice/testing.hpp>

#include "../io/temporary.hpp"
#include "../sources/socket_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

// What is received lies on the disk beyond the bound, and is written down for the next process: both see all of it.

namespace {

using Lines = std::vector<std::string>;

/// Whoever receives: what was on the disk, and the batches.
struct Seen : StreamingListener {
    void onBatchSubmitted(BatchSubmitted const& event) override { spilled += event.batch.inputs.at(0).spilledBytes; }
    std::size_t spilled = 0;
    std::vector<Lines> batches;
};

auto keep(Seen& seen, bool fails)
{
    return foreachRDD([&seen, fails](auto batch) {
        if (fails) throw InvalidArgument{"the process ends here"};
        Lines records;
        for (auto const& record : batch | collect()) records.emplace_back(record);
        seen.batches.push_back(std::move(records));
    });
}

/// A batch of records, or what the process before has had of them.
void recordsLife(std::string const& directory, Lines const& pushed, bool fails, bool spillFirst, Seen& seen)
{
    ManualClock clock{Time{fails ? 0s : 1s}};
    StreamingContext ssc{{.master = "inline", .maxReceivedBytes = 1000, .onBatchFailure = sluice::stop, .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, directory);
    ssc.addStreamingListener(seen);
    auto [channel, texts] = channelStream<std::string>(ssc);
    if (spillFirst) texts | named("texts") | spill() | checkpoint() | keep(seen, fails);
    else texts | named("texts") | checkpoint() | spill() | keep(seen, fails);
    ssc.start();
    for (auto const& record : pushed) CHECK(channel.push(record));
    clock.advance(1s);
    ssc.stop();
}

void linesLife(std::string const& directory, std::string const& text, std::int64_t lines, bool fails, Seen& seen)
{
    SocketReader reader{{.master = "inline", .maxReceivedBytes = 1000, .onBatchFailure = sluice::stop}};
    auto& context = reader.harness.context();
    checkpoint(context, directory);
    context.addStreamingListener(seen);
    socketTextStream(context, "127.0.0.1", reader.listener.port()) | named("text") | checkpoint() | spill() | keep(seen, fails);
    reader.harness.start();
    auto const server = reader.accept();
    server.writeAll(text);
    reader.harness.awaitReceived(lines);
    try {
        reader.harness.advance(fails ? 1s : 2s);  // the first of the two is the batch that runs again
    } catch (StreamError const&) {
        CHECK(fails);
    }
    context.stop();
}

}  // namespace

TEST_CASE("a batch that did not end has the same records again in the next process, wherever they lay in the first")
{
    Lines pushed;
    for (int i = 0; i < 20'000; ++i) pushed.push_back("record " + std::to_string(i));
    for (bool const spillFirst : {true, false}) {
        CAPTURE(spillFirst);
        Temporary const directory;
        Seen first;
        recordsLife(directory.path("kept"), pushed, true, spillFirst, first);
        CHECK(first.batches.empty());
        CHECK(first.spilled > 500'000);
        Seen second;
        recordsLife(directory.path("kept"), {"another"}, false, spillFirst, second);
        REQUIRE(second.batches.size() >= 2);
        CHECK((second.batches[0] == pushed));
        CHECK((second.batches[1] == Lines{"another"}));
    }
}

TEST_CASE("so has text, which is written down out of the blocks on the disk")
{
    Temporary const directory;
    std::string text;
    Lines sent;
    for (int i = 0; i < 50'000; ++i) {
        sent.push_back("line " + std::to_string(i));
        text += sent.back() + '\n';
    }
    Seen first;
    linesLife(directory.path("kept"), text, 50'000, true, first);
    CHECK(first.batches.empty());
    CHECK(first.spilled > 400'000);
    Seen second;
    linesLife(directory.path("kept"), "another\n", 1, false, second);
    REQUIRE(!second.batches.empty());
    Lines all;
    for (auto const& batch : second.batches) all.insert(all.end(), batch.begin(), batch.end());
    sent.emplace_back("another");
    CHECK((all == sent));
}
