// Words are counted into a table of SQLite and into a store of one's own, each of them once, though the program dies when a batch has been
// written and is not done: the next start runs that batch again, and both find that they have it.

#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>
#include <sluice/sqlite.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace sluice;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A line in each batch, from where the last life has come to.
struct Lines {
    std::size_t next = 0;

    auto batch(Time)
    {
        std::vector<std::string> const poem{"to be or not to be", "that is the question", "whether it is nobler"};
        std::vector<std::string> lines;
        if (next < poem.size()) lines.push_back(poem[next++]);
        return rdd(std::move(lines));
    }
    std::string position() const { return encode(next); }
    void restore(std::string_view position) { next = decode<std::size_t>(position); }
};

/// A store of one's own: a file that is replaced as a whole. In it are totals, and the time of the last batch that they have.
class Totals : public TransactionalSink {
public:
    struct Content {
        std::map<std::string, std::int64_t> totals;
        Time last;
    };

    explicit Totals(std::string path) : path_(std::move(path)) {}

    [[nodiscard]] Content read() const
    {
        std::ifstream file{path_, std::ios::binary};
        std::string const bytes{std::istreambuf_iterator<char>{file}, {}};
        return bytes.empty() ? Content{} : decode<Content>(bytes);
    }

    void give(std::vector<std::pair<std::string, std::int64_t>> words) { given_ = std::move(words); }

    void commit(Time t) override
    {
        auto content = read();
        if (t <= content.last) return;  // the process before has come so far, and its checkpoint has not
        for (auto const& [word, n] : given_) content.totals[word] += n;
        content.last = t;
        io::replaceFile(path_, encode(content));
    }

private:
    std::string path_;
    std::vector<std::pair<std::string, std::int64_t>> given_;
};

/// Stands in for a sink that the process does not outlive: the other one has committed the batch then.
struct Deadly : TransactionalSink {
    explicit Deadly(Time when) : death(when) {}
    void commit(Time t) override
    {
        if (t != death) return;
        std::puts("it dies");
        std::fflush(stdout);
        std::_Exit(1);
    }
    Time death;
};

void show(std::string const& path)
{
    ::sqlite3* database = nullptr;
    ::sqlite3_open(path.c_str(), &database);
    auto const print = [](void*, int, char** values, char**) { return std::printf(" %s %s,", values[0], values[1]), 0; };
    ::sqlite3_exec(database, "SELECT word, times FROM counts ORDER BY times DESC, word", print, nullptr, nullptr);
    ::sqlite3_close(database);
}

/// One life of the program; it dies in the batch of that time.
void live(std::string const& folder, Time begin, int batches, Time death)
{
    ManualClock const clock{begin};
    StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, folder + "/checkpoint");
    auto const words = pullStream(ssc, Lines{}) | named("lines") | flatMap(split()) |
                       map([](std::string_view word) { return std::pair{std::string{word}, std::int64_t{1}}; });

    // Running counts: the newest of each word takes the place of the one before.
    words | mapWithState(StateSpec{[](std::string const& word, std::optional<std::int64_t> n, State<std::int64_t>& count) {
        count.update(count.getOption().value_or(0) + n.value_or(0));
        return std::pair{word, count.get()};
    }}) |
        named("counts") | checkpoint() |
        saveToSqlite(folder + "/words.db", "counts", {.write = SqliteWrite::upsert, .columns = {"word", "times"}});

    // A sink of one's own: it is told to commit when all outputs have run, and before the batch counts as done.
    Totals store{folder + "/totals"};
    words | reduceByKey(std::plus{}) | foreachRDD([&store](auto batch) { store.give(batch | collect()); });
    commitWith(ssc, store);
    Deadly deadly{death};
    commitWith(ssc, deadly);

    words | count() |
        foreachRDD([](auto batch, Time t) { std::printf("%s: %d words\n", t.toString().c_str(), static_cast<int>(batch | first())); });

    ssc.start();
    for (; batches > 0; --batches) clock.advance(1s);
    ssc.stop();
    ssc.awaitTermination();
}

void liveInProcess(std::string const& folder, Time begin, int batches, Time death)
{
    std::fflush(stdout);
    auto const child = ::fork();
    if (child == 0) {
        live(folder, begin, batches, death);
        std::fflush(stdout);
        std::_Exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
}

}  // namespace

int main()
{
    auto const folder = (fs::temp_directory_path() / "sluice-exactly-once").string();
    fs::remove_all(folder);
    fs::create_directories(folder);

    liveInProcess(folder, Time{0s}, 3, Time{2s});
    liveInProcess(folder, Time{2s}, 1, Time{});

    std::printf("in the database:");
    show(folder + "/words.db");
    std::printf("\nin the store:");
    for (auto const& [word, n] : Totals{folder + "/totals"}.read().totals) std::printf(" %s %d,", word.c_str(), static_cast<int>(n));
    std::puts("");
    fs::remove_all(folder);
}
