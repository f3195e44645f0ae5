#include <sluice/checkpoint/checkpoint_store.hpp>
#include <sluice/io/file_bytes.hpp>

#include "../io/temporary.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <system_error>
#include <vector>

using namespace sluice;
using namespace sluice::detail;
using namespace std::chrono_literals;

namespace {

using Entries = std::map<std::string, std::string>;

/// What a directory says.
struct Known {
    std::map<std::string, Entries> states;
    std::int64_t last = -1;
    std::string positions;
    std::vector<std::int64_t> unfinished;
    bool operator==(Known const&) const = default;
};

Known read(CheckpointReader const& reader)
{
    Known known;
    if (!reader.empty()) {
        known.last = reader.last().time.milliseconds();
        known.positions = reader.last().positions;
    }
    for (auto const& batch : reader.unfinished()) known.unfinished.push_back(batch.time.milliseconds());
    for (auto const& state : reader.states()) {
        auto& entries = known.states[state.name];
        CHECK(state.keySchema == "key of " + state.name);
        reader.each(state.name, [&](std::string_view key, std::string_view value) {
            CHECK(entries.emplace(key, value).second);  // each once
        });
    }
    return known;
}

struct Warnings {
    std::vector<std::string> texts;
    [[nodiscard]] CheckpointReader::Warn warn()
    {
        return [this](std::string const& text) { texts.push_back(text); };
    }
};

CheckpointedState stateOf(std::string const& name) { return {name, "key of " + name, "state of " + name}; }
Time at(std::int64_t ms) { return Time{std::chrono::milliseconds{ms}}; }

Known readDirectory(std::string const& directory)
{
    Warnings warnings;
    auto known = read(CheckpointReader{directory, warnings.warn()});
    CHECK(warnings.texts.empty());
    return known;
}

std::string textOf(Known const& known)
{
    auto text = std::to_string(known.last) + " " + known.positions + ", begun";
    for (auto const t : known.unfinished) text += " " + std::to_string(t);
    for (auto const& [name, entries] : known.states) {
        text += "\n  " + name;
        for (auto const& [key, value] : entries) text += " " + key + "=" + value;
    }
    return text;
}

/// A program's life in batches that change things at random; what is known of it after each of its commits.
class Life {
public:
    Life(std::string directory, unsigned seed, CheckpointStore::Settings settings)
        : directory_(std::move(directory)), random_(seed), settings_(settings)
    {
        start();
    }
    void start()
    {
        store_.reset();
        store_.emplace(directory_, warnings_.warn(), settings_);
        CHECK(textOf(read(store_->found())) == textOf(known_));
        store_->forget();
    }
    void batch()
    {
        auto const t = ++time_;
        store_->begun({at(t), "up to " + std::to_string(t)});
        CheckpointCommit commit{at(t)};
        commit.positions = "behind " + std::to_string(t);
        for (std::string const name : {"counts", "sums", "rare"}) {
            if (random_() % 3 == 0 || (name == "rare" && random_() % 8 != 0)) continue;
            commit.begin(stateOf(name));
            auto& entries = known_.states[name];
            if (random_() % 5 == 0) {
                commit.reset();
                entries.clear();
            }
            for (auto changes = random_() % 6; changes > 0; --changes) {
                auto const key = "key " + std::to_string(random_() % 12);
                if (random_() % 3 == 0) {
                    commit.remove(key);
                    entries.erase(key);
                } else {
                    auto const value = std::to_string(random_());
                    commit.put(key, value);
                    entries[key] = value;
                }
            }
        }
        known_.positions = commit.positions;
        store_->commit(std::move(commit));
        store_->sync();
        known_.last = t;
        known_.unfinished.clear();
    }
    void begin()
    {
        store_->begun({at(time_ + 1), ""});
        store_->sync();
        known_.unfinished = {time_ + 1};
    }
    void awaitImage() { store_->awaitImage(); }
    void end() { store_.reset(); }

    [[nodiscard]] Known const& known() const { return known_; }
    [[nodiscard]] Warnings const& warnings() const { return warnings_; }

private:
    std::string directory_;
    std::mt19937 random_;
    CheckpointStore::Settings settings_;
    Warnings warnings_;
    std::optional<CheckpointStore> store_;
    Known known_;
    std::int64_t time_ = 0;
};

std::vector<std::string> filesIn(std::string const& directory)
{
    std::vector<std::string> names;
    for (auto const& file : std::filesystem::directory_iterator{directory}) names.push_back(file.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}
std::string bytesOf(std::string const& path) { return std::string{io::FileBytes{path}.view()}; }

}  // namespace

TEST_CASE("a directory that is empty, or is not there, knows nothing")
{
    Temporary const folder;
    CHECK(readDirectory(folder.path("none")).last == -1);
    CHECK(readDirectory(folder.path()).last == -1);
    {
        Warnings warnings;
        CheckpointStore const store{folder.path("new"), warnings.warn()};
        CHECK(store.found().empty());
        CHECK_THROWS_AS((CheckpointStore{folder.path("new"), warnings.warn()}), IllegalState);
    }
    CHECK(readDirectory(folder.path("new")).last == -1);
}

TEST_CASE("what was committed is known after each start, whatever the logs and images are")
{
    for (unsigned seed = 1; seed <= 20; ++seed) {
        Temporary const folder;
        std::mt19937 random{seed};
        Life life{folder.path("checkpoint"), seed, {.leastLog = 300 + random() % 2000, .mostCommits = 1 + random() % 20}};
        for (int round = 0; round < 12; ++round) {
            for (auto batches = random() % 15; batches > 0; --batches) life.batch();
            if (random() % 3 == 0) life.begin();
            if (random() % 2 == 0) life.awaitImage();
            life.start();
        }
        life.end();
        auto expected = life.known();
        CHECK(readDirectory(folder.path("checkpoint")) == expected);
        CHECK(life.warnings().texts.empty());
        CHECK(filesIn(folder.path("checkpoint")).size() < 40);
    }
}

TEST_CASE("old files go: two images are kept, and the logs since the older one")
{
    Temporary const folder;
    Life life{folder.path(), 3, {.mostCommits = 4}};
    for (int i = 0; i < 42; ++i) {
        life.batch();
        life.awaitImage();
    }
    life.end();
    CHECK(filesIn(folder.path()) == std::vector<std::string>{"image-10", "image-11", "lock", "log-10", "log-11"});
}

TEST_CASE("who commits faster than images are made waits for them: logs have an end")
{
    Temporary const folder;
    Warnings warnings;
    CheckpointStore store{folder.path("x"), warnings.warn(), {.leastLog = 2000}};
    std::uintmax_t most = 0;
    for (int i = 1; i <= 3000; ++i) {
        CheckpointCommit commit{at(i)};
        commit.begin(stateOf("counts"));
        for (int key = 0; key < 50; ++key) commit.put("key " + std::to_string(key), std::to_string(i));
        store.commit(std::move(commit));
        if (i % 100 != 0) continue;
        for (auto const& file : std::filesystem::directory_iterator{folder.path("x")}) {
            std::error_code gone;  // an old one may be
            auto const size = file.file_size(gone);
            if (!gone) most = std::max(most, size);
        }
    }
    CHECK(most > 2000);
    CHECK(most < 8 * 2000 + 2000);
    CHECK(warnings.texts.empty());
}

TEST_CASE("what no commit has followed was not, and does not come back")
{
    Temporary const folder;
    Warnings warnings;
    for (int const t : {1, 2}) {
        CheckpointStore store{folder.path(), warnings.warn()};
        CheckpointCommit commit{at(t)};
        commit.begin(stateOf("s"));
        commit.put("a", std::to_string(t));
        store.commit(std::move(commit));
        store.sync();
    }
    // The second batch without its commit, which is the last record.
    auto const second = bytesOf(folder.path("log-2"));
    folder.write("log-2", second.substr(0, second.size() - recordHeader - 10), 0);
    for (int i = 0; i < 2; ++i) {
        CheckpointStore store{folder.path(), warnings.warn()};
        CHECK(read(store.found()).states.at("s") == Entries{{"a", "1"}});
        CHECK(store.found().last().time == at(1));
    }
    CHECK(warnings.texts.empty());
}

TEST_CASE("a start that ends while it begins batches again knows those behind them as they were")
{
    Temporary const folder;
    Warnings warnings;
    auto const begin = [&](std::vector<std::pair<std::int64_t, std::string>> const& batches) {
        CheckpointStore store{folder.path("x"), warnings.warn()};
        std::string known;
        for (auto const& batch : store.found().unfinished()) known += batch.positions + ' ';
        for (auto const& [t, positions] : batches) store.begun({at(t), positions});
        store.sync();
        return known;
    };
    CHECK(begin({{1, "a"}, {2, "b"}, {3, "c"}}).empty());
    CHECK(begin({{1, "a again"}}) == "a b c ");
    CHECK(begin({{2, "b again"}, {4, "d"}}) == "a again b c ");
    CHECK(begin({}) == "a again b again c d ");
    CHECK(warnings.texts.empty());
}

TEST_CASE("whatever byte of a directory is another one, or missing: an older state, which was one, or an error; and it goes on from there")
{
    Temporary const folder;
    auto const directory = folder.path("checkpoint");
    std::vector<Known> all(1);
    {
        Life life{directory, 5, {.mostCommits = 3}};
        for (int i = 0; i < 7; ++i) {
            life.batch();
            life.awaitImage();
            all.push_back(life.known());
        }
    }
    auto const newest = all.back();
    CHECK(readDirectory(directory) == newest);
    auto const lastLog = "log-" + std::to_string(CheckpointFiles::in(directory).logs.back());
    int same = 0;
    int older = 0;
    int refused = 0;
    auto const check = [&](std::string const& name, std::string const& bytes) {
        auto const path = directory + "/" + name;
        auto const whole = bytesOf(path);
        folder.write("checkpoint/" + name, bytes, 0);
        Warnings warnings;
        try {
            auto known = read(CheckpointReader{directory, warnings.warn()});
            known.unfinished.clear();
            auto const was = std::find(all.begin(), all.end(), known);
            REQUIRE(was != all.end());
            (known == newest ? same : older) += 1;
            bool const isLast = name == lastLog;  // what has been cut off between two records may never have been written
            if (known != newest && !(isLast && bytes.size() < whole.size())) CHECK(!warnings.texts.empty());
        } catch (StreamError const& error) {
            ++refused;
            CHECK(std::string_view{error.what()}.find(directory) != std::string_view::npos);
        }
        folder.write("checkpoint/" + name, whole, 0);
    };
    for (auto const& name : filesIn(directory)) {
        auto const whole = bytesOf(directory + "/" + name);
        for (std::size_t i = 0; i < whole.size(); ++i) {
            auto flipped = whole;
            flipped[i] = static_cast<char>(flipped[i] ^ (1 << i % 8));
            check(name, flipped);
            check(name, whole.substr(0, i));
        }
    }
    CHECK(same > 0);
    CHECK(older > 0);
    CHECK(refused == 0);  // there are two images
    CHECK(readDirectory(directory) == newest);
}

TEST_CASE("a damaged image costs nothing; a damaged log what follows in it; both are named, and the next start is whole")
{
    Temporary const folder;
    auto const directory = folder.path("checkpoint");
    Life life{directory, 6, {.mostCommits = 3}};
    std::map<std::int64_t, Known> all;
    for (int i = 0; i < 11; ++i) {
        life.batch();
        life.awaitImage();
        all[life.known().last] = life.known();
    }
    life.end();
    auto const newest = life.known();
    auto const files = CheckpointFiles::in(directory);
    REQUIRE(files.images.size() == 2);
    auto const image = "image-" + std::to_string(files.images.back());
    auto bytes = bytesOf(directory + "/" + image);
    bytes[bytes.size() / 2] ^= 1;
    folder.write("checkpoint/" + image, bytes, 0);
    Warnings warnings;
    {
        CheckpointStore const store{directory, warnings.warn()};
        CHECK(read(store.found()) == newest);
    }
    REQUIRE(warnings.texts.size() == 1);
    CHECK(warnings.texts[0].find(directory + "/" + image + " is damaged at byte ") == 0);
    CHECK(readDirectory(directory) == newest);

    auto const again = CheckpointFiles::in(directory);
    auto const log = "log-" + std::to_string(again.images.front());
    folder.write("checkpoint/" + log, bytesOf(directory + "/" + log).substr(0, 60), 0);
    auto const last = "image-" + std::to_string(again.images.back());
    folder.write("checkpoint/" + last, "nothing", 0);
    warnings.texts.clear();
    Known older;
    {
        CheckpointStore const store{directory, warnings.warn()};
        older = read(store.found());
        CHECK(older.last < newest.last);
        CHECK(older == all.at(older.last));
    }
    CHECK(warnings.texts.size() == 2);
    CHECK(readDirectory(directory) == older);
}

TEST_CASE("a directory in which nothing is whole is refused, and not taken for an empty one")
{
    Temporary const folder;
    folder.write("image-7", "nothing", 0);
    Warnings warnings;
    CHECK_THROWS_WITH_AS(
        (CheckpointReader{folder.path(), warnings.warn()}),
        ("sluice::checkpoint: " + folder.path() +
         ": no image in it is whole, and the logs do not go back to the first: what was known is lost. An empty directory begins anew")
            .c_str(),
        StreamError);
    CHECK_THROWS_AS((CheckpointStore{folder.path(), warnings.warn()}), StreamError);
    CHECK(bytesOf(folder.path("image-7")) == "nothing");
}

TEST_CASE("an image knows the batches that had begun and were not done when it was made")
{
    Temporary const folder;
    Warnings warnings;
    {
        CheckpointStore store{folder.path(), warnings.warn(), {.leastLog = 1, .mostCommits = 1}};
        for (int t = 1; t <= 3; ++t) store.begun({at(t), std::to_string(t)});
        store.commit(CheckpointCommit{at(1)});
        store.awaitImage();
    }
    REQUIRE(CheckpointFiles::in(folder.path()).images.size() == 1);
    auto const known = readDirectory(folder.path());
    CHECK(known.last == 1);
    CHECK(known.unfinished == std::vector<std::int64_t>{2, 3});
    CHECK(warnings.texts.empty());
}

TEST_CASE(
    "an image that is compressed is refused by the header that this program lacks, and one of an unknown compression by its own sentence")
{
    Temporary const folder;
    auto const write = [&](std::string const& record) {
        std::filesystem::remove(folder.path("image-1"));
        detail::RecordWriter file{folder.path("image-1")};
        file.append(record);
        file.write();
    };
    auto const header = detail::headerRecord(1, Compression::zstd);
    auto const path = folder.path("image-1");
    write(header);
    CHECK_THROWS_WITH_AS(readDirectory(folder.path()),
                         doctest::Contains((path + " is compressed by zstd: that needs a program that includes <sluice/zstd.hpp>").c_str()),
                         Unsupported);
    write(header.substr(0, header.size() - 1) + "\7");
    CHECK_THROWS_WITH_AS(readDirectory(folder.path()),
                         doctest::Contains((path + " is compressed in a way that this version of the library does not know").c_str()),
                         StreamError);
}

TEST_CASE("a long commit is synced in pieces, between which batches begin; cut there, they have begun and it was not")
{
    Temporary const folder;
    auto const directory = folder.path("x");
    Warnings warnings;
    CheckpointStore store{directory, warnings.warn()};
    CheckpointCommit first{at(1)};
    first.begin(stateOf("counts"));
    first.put("a", "1");
    store.commit(std::move(first));
    store.sync();
    store.begun({at(2), "of 2"});
    CheckpointCommit second{at(2)};
    second.begin(stateOf("counts"));
    std::string const value(std::size_t{1} << 16, 'v');
    for (int i = 0; i < 200; ++i) second.put("key " + std::to_string(i), value);
    std::int64_t next = 3;
    store.commit(std::move(second), [&] {
        store.begun({at(next), "of it"});
        store.sync();
        auto const known = readDirectory(directory);
        CHECK(known.last == 1);
        CHECK(known.states.at("counts") == Entries{{"a", "1"}});
        CHECK(known.unfinished.size() == static_cast<std::size_t>(next - 1));
        CHECK(known.unfinished.front() == 2);
        CHECK(known.unfinished.back() == next++);
    });
    store.sync();
    CHECK(next == 3 + 3);  // before it, and behind two of its pieces
    auto const known = readDirectory(directory);
    CHECK(known.last == 2);
    CHECK(known.unfinished == std::vector<std::int64_t>{3, 4, 5});
    CHECK(known.states.at("counts").size() == 201);
    // One that is short is not.
    CheckpointCommit third{at(3)};
    third.begin(stateOf("counts"));
    third.put("a", "2");
    store.commit(std::move(third), [] { CHECK(false); });
    CHECK(warnings.texts.empty());
}
