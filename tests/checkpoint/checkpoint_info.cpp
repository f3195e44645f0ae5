#include <sluice/checkpoint/checkpoint_info.hpp>
#include <sluice/codec/binary.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// Two states and a source, whose last batch is at 1 s, and two more that have begun.
void write(std::string const& directory)
{
    detail::CheckpointStore store{directory, [](std::string const&) {}};
    detail::CheckpointCommit commit{Time{1s}};
    commit.begin({"counts", schemaOf<std::string>().encoded(), schemaOf<std::pair<std::int64_t, Time>>().encoded()});
    commit.put(encode(std::string{"a"}), encode(std::pair{std::int64_t{1}, Time{1s}}));
    commit.put(encode(std::string{"bb"}), encode(std::pair{std::int64_t{2}, Time{1s}}));
    commit.begin({"empty", schemaOf<int>().encoded(), schemaOf<int>().encoded()});
    commit.begin({"source", "", ""});
    commit.put("", "position");
    store.commit(std::move(commit));
    store.begun({Time{2s}, ""});
    store.begun({Time{3s}, ""});
    store.sync();
}

}  // namespace

TEST_CASE("states, batches and files of a directory")
{
    Temporary const folder;
    write(folder.path("x"));
    auto const info = checkpointInfo("file:" + folder.path("x"));
    CHECK(info.last == Time{1s});
    CHECK(info.unfinished == std::vector{Time{2s}, Time{3s}});
    REQUIRE(info.states.size() == 3);
    CHECK(info.states[0].name == "counts");
    CHECK(info.states[0].keyType == "text");
    CHECK(info.states[0].stateType == "(int64, time)");
    CHECK(info.states[0].keys == 2);
    CHECK(info.states[0].bytes == 2 + 3 + 2 * 16);
    CHECK(!info.states[0].isSource());
    CHECK(info.states[1].name == "empty");
    CHECK(info.states[1].keys == 0);
    CHECK(info.states[2].name == "source");
    CHECK(info.states[2].isSource());
    REQUIRE(info.files.size() == 2);
    CHECK(info.files[0].name == "lock");
    CHECK(info.files[0].records == 0);
    CHECK(info.files[1].name == "log-1");
    CHECK(info.files[1].bytes == std::filesystem::file_size(folder.path("x/log-1")));
    CHECK(info.files[1].records == 9);  // header; three states, two of them with entries; commit, begun, begun
    CHECK(info.files[1].damage.empty());
    CHECK(info.damages.empty());
}

TEST_CASE("what is damaged is named, and what is whole is told")
{
    Temporary const folder;
    write(folder.path("x"));
    auto const bytes = std::filesystem::file_size(folder.path("x/log-1"));
    std::filesystem::resize_file(folder.path("x/log-1"), bytes - 1);
    auto const cut = checkpointInfo(folder.path("x"));
    CHECK(cut.last == Time{1s});
    CHECK(cut.unfinished == std::vector{Time{2s}});
    CHECK(cut.files[1].records == 8);
    CHECK(has(cut.files[1].damage, "a record has not been written to its end"));
    REQUIRE(cut.damages.size() == 1);
    CHECK(has(cut.damages[0], "log-1 is damaged at byte "));

    std::filesystem::rename(folder.path("x/log-1"), folder.path("x/log-2"));
    auto const none = checkpointInfo(folder.path("x"));
    CHECK(!none.last);
    CHECK(none.states.empty());
    REQUIRE(none.files.size() == 2);
    CHECK(none.files[1].records == 8);
    REQUIRE(none.damages.size() == 1);
    CHECK(has(none.damages[0], "no image in it is whole"));
}

TEST_CASE("a directory without checkpoints has none, and one that is not there is said")
{
    Temporary const folder;
    folder.write("other", "bytes", 0);
    auto const info = checkpointInfo(folder.path());
    CHECK(!info.last);
    CHECK(info.damages.empty());
    REQUIRE(info.files.size() == 1);
    CHECK(info.files[0].name == "other");
    CHECK(info.files[0].bytes == 5);
    CHECK_THROWS_WITH_AS(static_cast<void>(checkpointInfo(folder.path("x"))), doctest::Contains("there is no directory "), StreamError);
    CHECK_THROWS_AS(static_cast<void>(checkpointInfo("hdfs://host/x")), Unsupported);
}
