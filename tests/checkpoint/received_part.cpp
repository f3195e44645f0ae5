#include <sluice/checkpoint/received_part.hpp>

#include "../io/temporary.hpp"

#include <map>
#include <string>
#include <vector>

using namespace sluice;
using namespace sluice::detail;
using namespace std::chrono_literals;

namespace {

/// An input whose batches the test fills with blocks.
struct Part final : ReceivedPart {
    explicit Part(Counted<GraphCore> const& core) : core_(core) {}

    [[nodiscard]] Label const& label() const override { return label_; }
    [[nodiscard]] std::string schema() const override { return "texts"; }
    void flush() override {}
    bool blocksOf(Time t, Ids& ids) const override
    {
        auto const at = batches.find(t);
        if (at == batches.end()) return false;
        ids = at->second;
        return true;
    }
    void keepFound(FoundBlock const& block) override { kept[block.id] = std::string{block.bytes}; }
    void putBack(Ids const& ids) override { back = ids; }
    void standsAt(std::string const& position) override { stands = position; }
    [[nodiscard]] GraphCore const& graph() const override { return *core_; }

    std::uint64_t add(std::string const& bytes)
    {
        auto made = block();
        made.bytes() += bytes;
        made.add(1);
        return post(std::move(made));
    }
    bool addUpTo(std::string_view position)
    {
        return store(block(&position), &position, [](void*, std::uint64_t) {}, nullptr);
    }
    std::optional<Ids> again(Time t) { return unfinishedAt(t); }

    std::map<Time, Ids> batches;
    std::map<std::uint64_t, std::string> kept;
    Ids back;
    std::string stands;

private:
    Counted<GraphCore> core_;
    Label label_{"input", CallSite{}, "part"};
};

/// What a part has written.
struct Written final : CheckpointSink {
    void put(std::string_view, std::string_view text) override { value.emplace(text); }
    void remove(std::string_view) override {}
    void reset() override {}
    void take(CheckpointEntries&&) override {}
    std::optional<std::string> value;
};

struct Life {
    explicit Life(std::string const& directory, std::optional<std::string> const& saved = {},
                  std::vector<std::pair<Time, std::string>> const& unfinished = {})
        : core(GraphCore::make(Duration{1s})), part(makeCounted<Part>(core))
    {
        if (saved) part->load({}, *saved);
        for (auto const& [t, blocks] : unfinished) part->replay(t, blocks);
        log = makeCounted<WriteAheadLog>(
            directory, WriteAheadLogOptions{}, [](std::string const&) {}, [] { return Time{}; }, std::uint64_t{1});
        log->addStream("part", "texts");
        log->read([this](FoundBlock const& block) { return part->found(block); });
        part->begin(log, 0);
    }
    std::string begun(Time t) const
    {
        std::string text;
        CHECK(part->begun(t, text));
        return text;
    }
    std::optional<std::string> save(Time t, bool whole = true) const
    {
        Written to;
        part->save(t, whole, to);
        return to.value;
    }

    Counted<GraphCore> core;
    Counted<Part> part;
    Counted<WriteAheadLog> log;
};

constexpr Time second(int n) { return Time{std::chrono::seconds{n}}; }

}  // namespace

TEST_CASE("of what is found, blocks of batches that are done are not needed, others wait, and a batch has its own again, in their order")
{
    Temporary const folder;
    std::optional<std::string> saved;
    std::string begun;
    {
        Life life{folder.path()};
        for (auto const* const text : {"a", "b", "c", "d", "e"}) life.part->add(text);
        life.log->sync();
        life.part->batches[second(1)] = {0, 2};
        life.part->batches[second(2)] = {3, 1};
        saved = life.save(second(1));
        begun = life.begun(second(2));
        std::string none;
        CHECK_FALSE(life.part->begun(second(3), none));
    }
    REQUIRE(saved);
    Life life{folder.path(), saved, {{second(2), begun}}};
    CHECK(life.part->kept == std::map<std::uint64_t, std::string>{{1, "b"}, {3, "d"}, {4, "e"}});
    CHECK(life.part->back == ReceivedPart::Ids{4});
    CHECK(life.part->again(second(2)) == ReceivedPart::Ids{3, 1});
    CHECK_FALSE(life.part->again(second(2)));
    CHECK(life.part->add("f") == 5);
}

TEST_CASE("a file goes when the batches of all its blocks are done, and that lasts")
{
    Temporary const folder;
    Life life{folder.path()};
    life.part->add("a");
    life.part->add("b");
    life.log->sync();
    life.part->batches[second(1)] = {0};
    life.part->batches[second(2)] = {1};
    life.part->add("c");
    life.log->sync();
    auto const files = [&] { return WriteAheadLog::filesIn(folder.path()); };
    CHECK_FALSE(life.save(second(1), false));
    life.part->lasts(second(1));
    CHECK(files() == std::vector<std::uint64_t>{1, 2});
    CHECK(life.save(second(2)));
    CHECK(life.save(second(2)));  // where the context stops it is told twice
    CHECK(files() == std::vector<std::uint64_t>{1, 2});
    life.part->lasts(second(2));
    CHECK(files() == std::vector<std::uint64_t>{2});
}

TEST_CASE("the position is that of the newest block that has one, in what was kept or in the log")
{
    Temporary const folder;
    std::optional<std::string> saved;
    {
        Life life{folder.path()};
        CHECK(life.part->addUpTo("1"));
        life.part->batches[second(1)] = {0};
        saved = life.save(second(1));
        CHECK(life.part->addUpTo("2"));
        life.part->add("x");
        life.log->sync();
    }
    CHECK(Life{folder.path(), saved}.part->stands == "2");
    Temporary const empty;
    CHECK(Life{empty.path(), saved}.part->stands == "1");
    CHECK(Life{empty.path()}.part->stands.empty());
}

TEST_CASE("what is kept of a receiver and is none of it is refused")
{
    Temporary const folder;
    CHECK_THROWS_AS((Life{folder.path(), std::string{"\x63"}}), CodecError);
    std::optional<std::string> const nothing;
    CHECK_THROWS_AS((Life{folder.path(), nothing, {{second(1), "\x05"}}}), CodecError);
}
