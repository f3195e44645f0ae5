#include <sluice/checkpoint/get_or_create.hpp>
#include <sluice/sluice.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using Row = std::pair<std::string, std::int64_t>;
using Rows = std::vector<Row>;
using Sums = std::map<std::string, std::int64_t>;

constexpr auto addUp = [](std::vector<std::int64_t> const& values, std::optional<std::int64_t> total) -> std::optional<std::int64_t> {
    auto all = total.value_or(0);
    for (auto const value : values) all += value;
    return all;
};

/// A program that counts, and what its context is made of at each start.
struct Program {
    ManualClock clock{Time{}};
    int created = 0;
    std::vector<std::string> log{};
    std::optional<RDDQueue<Row>> queue{};
    Sums sums{};

    template <class Context>
    void build(Context& context)
    {
        ++created;
        queue.emplace();
        queueStream(context, *queue) | updateStateByKey(addUp) | named("sums") | checkpoint() |
            foreachRDD([this](auto batch) { sums = batch | collectAsMap(); });
    }
    [[nodiscard]] Config config()
    {
        return {.master = "inline", .clock = clock, .log = [this](LogEntry const& entry) {
                    if (entry.level == LogLevel::error) log.push_back(entry.text);
                }};
    }
    [[nodiscard]] std::unique_ptr<StreamingContext> make()
    {
        auto context = std::make_unique<StreamingContext>(config(), 1s);
        build(*context);
        return context;
    }
    void batch(StreamingContext& context, Rows rows)
    {
        queue->push(std::move(rows));
        clock.advance(1s);
        context.awaitBatches();
    }
};

template <class F>
std::string refused(F&& f)
{
    try {
        f();
    } catch (InvalidArgument const& error) {
        return error.what();
    }
    return "";
}
bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// Damages all that a directory has.
void spoil(std::string const& directory)
{
    for (auto const& entry : std::filesystem::directory_iterator{directory}) {
        if (entry.is_regular_file() && entry.path().filename() != "lock") std::ofstream{entry.path(), std::ios::binary} << "spoilt";
    }
}

}  // namespace

TEST_CASE("each start calls create, and goes on where the one before it ended, whatever create gives")
{
    Temporary const folder;
    auto const directory = folder.path("checkpoint");
    Program program;
    {
        auto const context = StreamingContext::getOrCreate(directory, [&] { return program.make(); });
        CHECK(context->getState() == ContextState::initialized);
        context->start();
        program.batch(*context, {{"a", 1}, {"b", 2}});
        context->stop();
        CHECK(program.sums == Sums{{"a", 1}, {"b", 2}});
    }
    {
        std::shared_ptr<StreamingContext> const context =
            StreamingContext::getOrCreate(directory, [&] { return std::shared_ptr<StreamingContext>{program.make()}; });
        context->start();
        program.batch(*context, {{"b", 10}});
        context->stop();
        CHECK(program.sums == Sums{{"a", 1}, {"b", 12}});
    }
    {
        StreamingContext context{program.config(), 1s};
        auto& same = StreamingContext::getOrCreate("file:" + directory, [&]() -> StreamingContext& {
            program.build(context);
            return context;
        });
        CHECK(&same == &context);
        context.start();
        program.batch(context, {{"a", 100}});
        context.stop();
        CHECK(program.sums == Sums{{"a", 101}, {"b", 12}});
    }
    StreamingContext context{program.config(), 1s};
    auto const create = [&] {
        program.build(context);
        return &context;
    };
    auto* const same = StreamingContext::getOrCreate(directory, create, true);  // all is well there: nothing is put aside
    CHECK(same == &context);
    context.start();
    program.batch(context, {{"a", 1000}});
    CHECK(program.sums == Sums{{"a", 1101}, {"b", 12}});
    CHECK(program.created == 4);
    CHECK(program.log.empty());
    CHECK(!std::filesystem::exists(directory + "/unreadable-1"));
}

TEST_CASE("create may keep the context itself, in this directory alone")
{
    Temporary const folder;
    Program program;
    auto const kept = [&](std::string const& directory) {
        return [&program, directory] {
            auto context = program.make();
            checkpoint(*context, directory, {.interval = 2s});
            return context;
        };
    };
    auto const context = StreamingContext::getOrCreate(folder.path("a/"), kept(folder.path("a")));
    context->start();
    context->stop();
    int const line = __LINE__ + 1;
    auto const text = refused([&] { static_cast<void>(StreamingContext::getOrCreate(folder.path("a"), kept(folder.path("b")))); });
    CHECK(text == "sluice::StreamingContext::getOrCreate (" + std::string{__FILE__} + ':' + std::to_string(line) +
                      "): it was called with " + folder.path("a") + ", and create keeps the context in " + folder.path("b"));
}

TEST_CASE("what create does wrong is refused, and what it throws goes through")
{
    Temporary const folder;
    Program program;
    auto const directory = folder.path("x");
    auto const none = [&] {
        static_cast<void>(StreamingContext::getOrCreate(directory, [] { return std::unique_ptr<StreamingContext>{}; }));
    };
    CHECK(has(refused(none), "create has returned no context"));
    auto const nameless = [&] { static_cast<void>(StreamingContext::getOrCreate("", [&] { return program.make(); })); };
    CHECK(has(refused(nameless), "the directory has no name"));
    CHECK(program.created == 0);
    auto const throws = []() -> StreamingContext* { throw std::runtime_error{"of create"}; };
    CHECK_THROWS_WITH_AS(StreamingContext::getOrCreate(directory, throws), "of create", std::runtime_error);
    auto const starts = [&] {
        auto context = std::make_unique<StreamingContext>(program.config(), 1s);
        queueStream(*context, RDDQueue<int>{}) | print(0);
        context->start();
        return context;
    };
    CHECK_THROWS_AS(static_cast<void>(StreamingContext::getOrCreate(directory, starts)), IllegalState);
    auto const create = [&] { return program.make(); };
    CHECK_THROWS_AS(static_cast<void>(StreamingContext::getOrCreate("hdfs://host/x", create)), Unsupported);
    auto const made = StreamingContext::getOrCreate(directory, create);
    for (bool const createOnError : {false, true}) {
        CHECK_THROWS_AS(static_cast<void>(StreamingContext::getOrCreate(directory, create, createOnError)), IllegalState);
    }
    CHECK(std::filesystem::exists(directory + "/log-1"));
}

TEST_CASE("where nothing whole is left it is thrown, or put aside to begin anew, and the log says so")
{
    Temporary const folder;
    auto const directory = folder.path("x");
    Program program;
    auto const create = [&] { return program.make(); };
    auto const run = [&](bool createOnError) {
        auto const context = StreamingContext::getOrCreate(directory, create, createOnError);
        context->start();
        program.batch(*context, {{"a", 1}});
        context->stop();
    };
    run(true);
    for (std::string const aside : {"/unreadable-1", "/unreadable-2"}) {
        CHECK(program.sums == Sums{{"a", 1}});
        run(true);
        CHECK(program.sums == Sums{{"a", 2}});
        spoil(directory);
        std::filesystem::remove(directory + "/log-1");
        CHECK_THROWS_AS(run(false), StreamError);
        CHECK(!std::filesystem::exists(directory + aside));
        CHECK(program.log.empty());
        run(true);
        CHECK(program.sums == Sums{{"a", 1}});
        REQUIRE(program.log.size() == 1);
        CHECK(has(program.log[0],
                  "what was in " + directory + " lies in " + directory + aside + " now, and the program begins anew: sluice::"));
        CHECK(std::filesystem::exists(directory + aside + "/log-2"));
        program.log.clear();
    }
}

TEST_CASE("the active context comes before the directory, which is not touched then")
{
    Temporary const folder;
    Program program;
    auto const create = [&] { return std::shared_ptr<StreamingContext>{program.make()}; };
    auto const made = StreamingContext::getActiveOrCreate(folder.path("a"), create);
    made->start();
    auto const second = StreamingContext::getActiveOrCreate(folder.path("b"), create);
    CHECK(second.get() == made.get());
    CHECK(second.use_count() == 0);  // who has started it owns it
    CHECK(!std::filesystem::exists(folder.path("b")));
    made->stop();
    auto const third = StreamingContext::getActiveOrCreate(folder.path("b"), create, true);
    CHECK(third.get() != made.get());
    CHECK(third->core()->checkpointing()->directory() == folder.path("b"));
    CHECK(program.created == 2);
}
