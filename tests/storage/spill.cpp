#include <sluice/sluice.hpp>
#include <sluice/storage.hpp>
#include <sluice/testing.hpp>

#include "../io/full_disk.hpp"
#include "../io/temporary.hpp"
#include "../sources/socket_reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <random>
#include <thread>

#include <unistd.h>

using namespace sluice;
using namespace std::literals;

namespace {

using Lines = std::vector<std::string>;
using Record = std::pair<std::string, int>;
constexpr std::size_t KiB = 1024;

/// A program, what it told the log, and what of each batch was on the disk.
struct Program : StreamingListener {
    Temporary directory;
    ManualClock clock;
    Lines told;
    std::vector<std::size_t> spilled;
    Lines descriptions;
    StreamingContext context;

    explicit Program(Config config) : context{with(std::move(config)), 1s} { context.addStreamingListener(*this); }
    ~Program() { context.stop(); }

    Config with(Config config)
    {
        config.localDirectory = directory.path(config.localDirectory);
        config.clock = clock;
        config.exclusive = false;
        config.log = [this](LogEntry const& entry) { told.push_back(entry.text); };
        return config;
    }
    void onBatchSubmitted(BatchSubmitted const& event) override
    {
        spilled.push_back(event.batch.inputs.at(0).spilledBytes);
        descriptions.push_back(event.batch.inputs.at(0).description);
    }
    void advance()
    {
        clock.advance(1s);
        context.awaitBatches();
    }
    /// What the listener was told, all of it.
    std::size_t spilledInAll()
    {
        context.stop();
        std::size_t all = 0;
        for (auto const bytes : spilled) all += bytes;
        return all;
    }
};

/// The partitions of each batch, of what records come and of what operators make of them.
void watch(auto const& stream, Lines& out)
{
    auto const keep = [&out](auto batch) {
        std::string text;
        for (auto const& part : batch | glom() | collect()) {
            for (auto const& record : part) text += textOf(record) + ' ';
            text += '|';
        }
        out.push_back(text);
    };
    stream | foreachRDD(keep);
    stream | window(3s) | foreachRDD(keep);
    stream | repartition(2) | foreachRDD(keep);
    stream | zipWithIndex() | foreachRDD(keep);
    stream | foreachRDD([&out](auto batch) { out.push_back(std::to_string((batch | take(3)).size())); });
    stream | foreachRDD([&out](auto batch) { out.push_back(std::to_string(batch | count())); });
    stream | cache() | countByValue() | foreachRDD(keep);
}

/// Of batches of pairs, with a bound; beyond it they spill, or all of them are in memory.
Lines batchesOf(std::vector<std::vector<Record>> const& in, Config config, bool spills, std::size_t& spilledBytes)
{
    Lines out;
    Program program{std::move(config)};
    auto [channel, rows] = channelStream<Record>(program.context);
    auto const use = [&out](auto const& stream) {
        watch(stream, out);
        stream | reduceByKey(std::plus{}) | foreachRDD([&out](auto batch) { out.push_back(textOf(batch | collect())); });
    };
    if (spills) use(rows | spill());
    else use(rows);
    program.context.start();
    for (auto const& records : in) {
        for (auto const& record : records) CHECK(channel.push(record));
        program.advance();
    }
    spilledBytes += program.spilledInAll();
    CHECK(program.told == Lines{});
    return out;
}

}  // namespace

TEST_CASE("the law: what spills has the same batches as what does not, in the same order and partitions")
{
    std::mt19937 random{20'261'128};
    std::size_t spilled = 0;
    for (int i = 0; i < 12; ++i) {
        CAPTURE(i);
        std::vector<std::vector<Record>> in(2 + random() % 4);
        for (auto& records : in) {
            records.resize(random() % 3 == 0 ? random() % 20 : random() % 6000);
            for (auto& record : records)
                record = {std::string(random() % (random() % 50 == 0 ? 3000 : 40), 'x') + std::to_string(random() % 50),
                          static_cast<int>(random() % 100)};
        }
        Config config{.master = random() % 2 == 0 ? "inline" : "local[3]", .defaultParallelism = 1 + random() % 4};
        std::size_t none = 0;
        auto const inMemory = batchesOf(in, config, false, none);
        CHECK(none == 0);
        config.maxReceivedBytes = std::size_t{1} << (random() % 20);
        CHECK((batchesOf(in, config, true, spilled) == inMemory));
    }
    CHECK(spilled > 1000 * KiB);
}

namespace {

/// Lines that a server sends, a text for each batch. What it reads are those with a bound, or all of them in memory.
Lines linesOf(Lines const& texts, Config config, bool spills, std::size_t& spilledBytes)
{
    Lines out;
    SocketReader reader{std::move(config)};
    struct Watch : StreamingListener {
        void onBatchSubmitted(BatchSubmitted const& event) override { bytes += event.batch.inputs.at(0).spilledBytes; }
        std::size_t bytes = 0;
    } spilled;
    auto& context = reader.harness.context();
    context.addStreamingListener(spilled);
    auto const lines = socketTextStream(context, "127.0.0.1", reader.listener.port());
    auto const use = [&out](auto const& stream) {
        watch(stream, out);
        stream | flatMap(split()) | map([](auto word) { return std::pair{word, 1}; }) | reduceByKey(std::plus{}) |
            foreachRDD([&out](auto batch) { out.push_back(textOf(batch | collect())); });
        stream | filter(contains("ab")) | sluice::count() | foreachRDD([&out](auto batch) { out.push_back(textOf(batch | collect())); });
    };
    if (spills) use(lines | spill());
    else use(lines);
    reader.harness.start();
    auto const server = reader.accept();
    std::int64_t sent = 0;
    for (auto const& text : texts) {
        server.writeAll(text);
        sent += std::count(text.begin(), text.end(), '\n');
        reader.harness.awaitReceived(sent);
        reader.harness.advance(1s);
    }
    context.stop();
    spilledBytes += spilled.bytes;
    return out;
}

std::string randomText(std::mt19937& random, std::size_t size)
{
    std::string text;
    while (text.size() < size) {
        for (auto n = random() % (random() % 40 == 0 ? 5000 : 12); n > 0; --n) text += "abc   \r"[random() % 7];
        text += random() % 3 == 0 ? "\r\n" : "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("the law for text, from a socket whose bound is tiny: lines and words are what they are in memory, in the same partitions")
{
    std::mt19937 random{1128};
    for (int i = 0; i < 3; ++i) {
        CAPTURE(i);
        Lines texts;
        for (std::size_t const size : {700 * KiB, std::size_t{50}, std::size_t{0}, 900 * KiB}) texts.push_back(randomText(random, size));
        Config config{.master = i % 2 == 0 ? "local[3]" : "inline", .defaultParallelism = 1 + random() % 5};
        std::size_t none = 0;
        auto const inMemory = linesOf(texts, config, false, none);
        CHECK(none == 0);
        config.maxReceivedBytes = i == 0 ? 1 : 300 * KiB;
        std::size_t spilled = 0;
        CHECK((linesOf(texts, config, true, spilled) == inMemory));
        CHECK(spilled > 300 * KiB);
    }
}

TEST_CASE("with a rate limit batches have what they have without a spill, also where one ends within a block of the disk")
{
    auto const run = [](bool spills) {
        SocketReader reader{{.master = "inline", .receiverMaxRate = 10, .maxReceivedBytes = spills ? std::size_t{20} : 1000 * KiB}};
        auto& context = reader.harness.context();
        auto const lines = socketTextStream(context, "127.0.0.1", reader.listener.port());
        Lines out;
        auto const keep = foreachRDD([&out](auto batch) { out.push_back(textOf(batch | collect())); });
        if (spills) lines | spill() | keep;
        else lines | keep;
        reader.harness.start();
        auto const server = reader.accept();
        std::string text;
        for (int i = 0; i < 95; ++i) text += std::to_string(i) + '\n';
        server.writeAll(text);
        reader.harness.awaitReceived(95);
        for (int i = 0; i < 11; ++i) reader.harness.advance(1s);
        return out;
    };
    auto const inMemory = run(false);
    CHECK(inMemory.at(3) == textOf(Lines{"30", "31", "32", "33", "34", "35", "36", "37", "38", "39"}));
    CHECK(run(true) == inMemory);
}

TEST_CASE("a store of records takes what its rate allows, whether they lie in memory or on the disk")
{
    Program program{{.master = "inline", .receiverMaxRate = 5000, .maxReceivedBytes = 1000}};
    auto [channel, numbers] = channelStream<std::string>(program.context);
    std::vector<std::int64_t> counts;
    numbers | spill() | foreachRDD([&](auto batch) { counts.push_back(batch | sluice::count()); });
    program.context.start();
    for (int batch = 0; batch < 3; ++batch) {
        for (int i = 0; i < 6000; ++i) static_cast<void>(channel.tryPush(std::string(50, 'x')));
        program.advance();
    }
    CHECK(counts == std::vector<std::int64_t>{5000, 5000, 5000});
    CHECK(program.spilledInAll() > 1000 * KiB);
}

TEST_CASE("memory has what the bound says and a block, however much is received, and what batches give back is used again")
{
    Program program{{.master = "inline", .maxReceivedBytes = 100 * KiB}};
    auto [channel, texts] = channelStream<std::string>(program.context);
    std::int64_t total = 0;
    texts | spill() | foreachRDD([&](auto batch) { total += batch | map([](std::string const& text) { return text.size(); }) | sum(); });
    auto& space = texts.node().impl().store.space();
    program.context.start();
    std::size_t most = 0;
    for (int batch = 0; batch < 3; ++batch) {
        for (int i = 0; i < 30'000; ++i) {
            CHECK(channel.tryPush(std::string(68, 'x')));
            most = std::max(most, space.used());
        }
        program.advance();
        CHECK(space.used() == 0);
    }
    CHECK(most > 100 * KiB);
    CHECK(most < 166 * KiB);
    CHECK(total == 3 * 30'000 * 68);
    program.context.stop();
    CHECK(program.spilled == std::vector<std::size_t>(3, program.spilled.at(0)));
    CHECK(program.spilled[0] > 2700 * KiB);
    CHECK(program.spilled[0] < 3000 * KiB);
}

TEST_CASE("ranges go to one batch with what was said of them, also where one alone is far beyond the bound")
{
    struct Ranges {
        void run(std::stop_token const& stop, Store<int>& store) const
        {
            store.all(std::vector<int>(300'000, 7), "first");
            store.all(std::vector<int>(200'000, 8), "second");
            store.all(std::vector<int>{}, "third");
            store.upTo(std::vector<int>{9}, "end");
            while (!stop.stop_requested()) std::this_thread::yield();
        }
    };
    testing::Harness harness{{.maxReceivedBytes = 1000}};
    std::int64_t total = 0;
    Lines descriptions;
    struct Watch : StreamingListener {
        void onBatchSubmitted(BatchSubmitted const& event) override { inputs = event.batch.inputs; }
        std::vector<StreamInputInfo> inputs;
    } told;
    harness.context().addStreamingListener(told);
    auto const numbers = receiverStream(harness.context(), Ranges{});
    numbers | spill() | foreachRDD([&](auto batch) { total += batch | sum(); });
    harness.start();
    harness.awaitReceived(500'001);
    CHECK(numbers.node().impl().store.position() == "end");
    harness.advance(1s);
    CHECK(total == 300'000 * 7 + 200'000 * 8 + 9);
    harness.context().stop();
    CHECK(told.inputs.at(0).description == "first\nsecond\nthird");
    CHECK(told.inputs.at(0).spilledBytes == 500'000 * sizeof(int));  // where the last one fits
}

TEST_CASE("several threads store while batches are taken: each one's records keep their order, and none is lost")
{
    Program program{{.master = "local[2]", .maxReceivedBytes = 30 * KiB}};
    auto [channel, rows] = channelStream<std::pair<int, int>>(program.context);
    std::vector<std::vector<int>> seen(3);
    rows | spill() | foreachRDD([&](auto batch) {
        for (auto const& [who, number] : batch | collect()) seen[static_cast<std::size_t>(who)].push_back(number);
    });
    program.context.start();
    constexpr int each = 20'000;
    {
        std::vector<std::jthread> threads;
        std::atomic<int> running = 3;
        for (int who = 0; who < 3; ++who) {
            threads.emplace_back([&, who, to = channel] {
                for (int i = 0; i < each; ++i) to.push({who, i});
                --running;
            });
        }
        while (running > 0) program.advance();
    }
    program.advance();
    std::vector<int> all(each);
    for (int i = 0; i < each; ++i) all[static_cast<std::size_t>(i)] = i;
    for (auto const& one : seen) CHECK((one == all));
}

// ---- what fails ----------------------------------------------------------------------------------------------------------

namespace {

std::int64_t pushAll(Channel<std::string> const& channel, int most)
{
    std::int64_t taken = 0;
    while (taken < most && channel.tryPush(std::string(68, 'x'))) ++taken;
    return taken;
}

}  // namespace

TEST_CASE("a directory that is not there: what comes waits for room, the log is told once, and nothing is lost")
{
    Program program{{.master = "inline", .maxReceivedBytes = 100 * KiB, .localDirectory = "later"}};
    auto [channel, texts] = channelStream<std::string>(program.context);
    std::int64_t seen = 0;
    texts | spill() | foreachRDD([&](auto batch) { seen += batch | sluice::count(); });
    program.context.start();
    std::int64_t pushed = 0;
    for (int i = 0; i < 3; ++i) {
        auto const taken = pushAll(channel, 10'000);
        CHECK(taken >= 1024);  // the bound,
        CHECK(taken < 1720);   // and a block
        pushed += taken;
        program.advance();
        CHECK(seen == pushed);
    }
    REQUIRE(program.told.size() == 1);
    auto const cause = ": making a file in " + program.directory.path("later") +
                       ": No such file or directory; what is received beyond "
                       "Config::maxReceivedBytes waits until it can be written";
    CHECK(program.told[0].find("sluice::spill (") == 0);
    CHECK(program.told[0].find(cause) != std::string::npos);

    program.directory.makeDirectory("later");
    CHECK(pushAll(channel, 10'000) == 10'000);
    program.advance();
    CHECK(seen == pushed + 10'000);
    CHECK(program.told.size() == 1);
    CHECK(program.spilledInAll() > 500 * KiB);
}

TEST_CASE("a disk that gets full and is free again: the records of the blocks that were written and of those that were not are one batch")
{
    Program program{{.master = "inline", .maxReceivedBytes = 100 * KiB}};
    auto [channel, texts] = channelStream<std::string>(program.context);
    std::vector<std::int64_t> seen;
    texts | spill() | foreachRDD([&](auto batch) { seen.push_back(batch | sluice::count()); });
    program.context.start();
    auto pushed = pushAll(channel, 5'000);
    CHECK(pushed == 5'000);
    {
        FullDisk const full;
        pushed += pushAll(channel, 5'000);
        CHECK(pushed < 7'000);
        CHECK(program.told.size() == 1);
        CHECK(program.told.at(0).find("writing a file in " + program.directory.path() + ": File too large; what is") != std::string::npos);
    }
    program.advance();
    CHECK(seen == std::vector{pushed});
    CHECK(pushAll(channel, 5'000) == 5'000);
    program.advance();
    CHECK(seen == std::vector<std::int64_t>{pushed, 5'000});
}

TEST_CASE("text waits for room where a disk is full, as it does without a spill")
{
    SocketReader reader{{.master = "inline", .maxReceivedBytes = 300 * KiB, .log = silent}};
    auto& context = reader.harness.context();
    Lines lines;
    socketTextStream(context, "127.0.0.1", reader.listener.port()) | spill() | foreachRDD([&](auto batch) {
        for (auto const& line : batch | collect()) lines.push_back(line);
    });
    auto& input = *context.core()->inputs()[0];
    std::string text;
    Lines sent;
    for (int i = 0; i < 100'000; ++i) {
        sent.push_back("line " + std::to_string(i));
        text += sent.back() + '\n';
    }
    reader.harness.start();
    auto const server = reader.accept();
    std::optional<FullDisk> full{std::in_place};
    std::jthread const writer{[&] { server.writeAll(text); }};
    reader.harness.await("a receiver that waits", [&] { return input.isBlocked(); });
    CHECK(input.received() < 80'000);
    reader.harness.advance(1s);
    reader.harness.await("a receiver that waits again, or has all", [&] { return input.isBlocked() || input.received() == 100'000; });
    full.reset();
    while (lines.size() < sent.size()) {
        reader.harness.advance(1s);
        if (input.received() == 100'000) reader.harness.advance(1s);
    }
    CHECK((lines == sent));
}

TEST_CASE("a block that is damaged on the disk is an error of its batch, with the directory's name, and of no other one")
{
    Program program{{.master = "inline", .maxReceivedBytes = 10, .onBatchFailure = proceed}};
    auto [channel, numbers] = channelStream<int>(program.context);
    std::vector<std::int64_t> sums;
    auto const damage = [&numbers = numbers](Time t) {
        auto const blocks = numbers.node().impl().memo.find(t);
        for (auto const& part : blocks->parts) {
            if (!part.block->spilled) continue;
            auto const& place = dynamic_cast<detail::StoredBlock const&>(*part.block->spilled).place;
            CHECK(::pwrite(place.file->file.get(), "\7", 1, static_cast<::off_t>(place.at + place.size / 2)) == 1);
            return;
        }
        FAIL("nothing has spilled");
    };
    bool damages = true;
    constantStream(program.context, rdd({1})) | foreachRDD([&](auto const&, Time t) {
        if (std::exchange(damages, false)) damage(t);
    });
    numbers | spill() | foreachRDD([&](auto batch) { sums.push_back(batch | sum()); });
    program.context.start();
    for (int i = 0; i < 2; ++i) {
        for (int n = 0; n < 100'000; ++n) channel.push(1);
        program.advance();
    }
    CHECK(sums == std::vector<std::int64_t>{100'000});
    REQUIRE(!program.told.empty());
    CHECK(program.told[0].find("a file is damaged in " + program.directory.path() + ": the checksum of a block is another one") !=
          std::string::npos);
}

TEST_CASE("the stream in front of a spill is refused when a batch asks for it, and a second spill at once")
{
    Program program{{.master = "inline", .onBatchFailure = proceed}};
    auto [channel, numbers] = channelStream<int>(program.context);
    auto const spilled = numbers | named("numbers") | spill() | named("numbers again");
    CHECK_THROWS_WITH_AS(static_cast<void>(spilled | spill()), doctest::Contains("it spills already"), InvalidArgument);
    std::int64_t seen = 0;
    spilled | foreachRDD([&](auto batch) { seen += batch | sluice::count(); });
    numbers | foreachRDD([&](auto const&) { seen += 1000; });
    program.context.start();
    CHECK(channel.push(1));
    program.advance();
    CHECK(seen < 1000);
    REQUIRE(!program.told.empty());
    CHECK(program.told[0].find("what is received may lie on a disk: use the stream that spill() gives") != std::string::npos);
}

TEST_CASE("a batch that a program keeps is read when the context is gone")
{
    std::optional<RDD<std::string>> kept;
    {
        Program program{{.master = "inline", .maxReceivedBytes = 10}};
        auto [channel, texts] = channelStream<std::string>(program.context);
        texts | spill() | foreachRDD([&](auto batch) { kept.emplace(std::move(batch)); });
        program.context.start();
        for (int i = 0; i < 10'000; ++i) channel.push(std::to_string(i));
        program.advance();
    }
    auto const all = *kept | collect();
    REQUIRE(all.size() == 10'000);
    CHECK(all[9'999] == "9999");
}

TEST_CASE("an interval clock has no bound, so that nothing spills there")
{
    IntervalClock clock{1s};
    auto [channel, numbers] = channelStream<int>(clock);
    std::int64_t total = 0;
    numbers | spill() | foreachRDD([&](auto batch) { total += batch | sum(); });
    clock.poll(Time{0s});
    CHECK(channel.push(1));
    CHECK(channel.tryPush(2));
    clock.poll(Time{1s});
    CHECK(total == 3);
}
