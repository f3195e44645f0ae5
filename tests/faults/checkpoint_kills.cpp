#include "crash_images.hpp"

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

// A program with a state, windows, an accumulator, a source that is pulled from, an output that replaces what it has written for a batch and a sink
// that takes part in the commit, killed at each of its
// writes, syncs, renames, and so on: a write in its middle. The next life goes on from the directory, and may be killed, too, while it does.
// In the end each record is in the state once and in the output once, windows have the last three batches, and a batch that ran again had
// the same records.
//
//   checkpoint_kills           a sample, as the checks run it
//   checkpoint_kills LIVES     at random, so many lives, by a seed that is printed
//   checkpoint_kills full      a full disk at each operation, in all ways, and not in one of them
//   checkpoint_kills images    goes on from all images of what a power cut leaves, and of one within a recovery (crash_images.hpp)

using namespace sluice;
using namespace std::chrono_literals;

namespace {

constexpr int keys = 7;

/// The numbers from 0 on, in batches whose sizes nobody can foresee; only the first has some in any case.
struct Numbers {
    std::int64_t next = 0;
    std::mt19937 random{unforeseen()};

    auto batch(Time) { return take(next + static_cast<std::int64_t>(random() % 9) + (next == 0 ? 1 : 0)); }
    auto batch(Time, std::string_view end) { return take(decode<std::int64_t>(end)); }
    std::pair<std::int64_t, std::int64_t> positions(Time) const { return {begin, next}; }
    std::string position() const { return encode(next); }
    void restore(std::string_view position) { next = decode<std::int64_t>(position); }

    RDD<std::pair<int, std::int64_t>> take(std::int64_t end)
    {
        begin = next;
        std::vector<std::pair<int, std::int64_t>> records;
        for (; next < end; ++next) records.emplace_back(static_cast<int>(next % keys), next);
        return rdd(std::move(records));
    }
    std::int64_t begin = 0;
};

using Sums = std::map<int, std::int64_t>;

/// What the output has of a batch.
struct Written {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    Sums sums;
    std::vector<std::int64_t> lasting;  // of the last three batches, as all others
    Sums lastSums;
    Sums lastSumsByInverse;
    std::int64_t counted = 0;  // since the first process, by an accumulator
    bool operator==(Written const&) const = default;
};

/// A sink that adds up what it is given, and so would tell what comes twice: in one file, with the time of the last batch. What is prepared is
/// another one, which takes its place.
class Total : public TransactionalSink {
public:
    struct Content {
        std::int64_t records = 0;
        std::int64_t sum = 0;
        Time last{};
    };

    explicit Total(std::string path) : path_(std::move(path)), content_(read(path_)) {}

    static Content read(std::string const& path)
    {
        return std::filesystem::exists(path) ? decode<Content>(io::FileBytes{path}.view()) : Content{};
    }
    void give(std::vector<std::int64_t> const& numbers)
    {
        given_ = {};
        for (auto const number : numbers) {
            ++given_.records;
            given_.sum += number;
        }
    }
    void prepare(Time t) override
    {
        if (t > content_.last)
            io::replaceFile(path_ + "-next", encode(Content{content_.records + given_.records, content_.sum + given_.sum, t}));
    }
    void commit(Time t) override
    {
        if (t <= content_.last) return;
        std::filesystem::rename(path_ + "-next", path_);
        io::syncDirectory(io::parentOf(path_));
        content_ = read(path_);
    }
    void abort(Time) override { given_ = {}; }

private:
    std::string path_;
    Content content_;
    Content given_;
};

/// Runs some batches, and stops.
void run(Life const& life)
{
    auto const interval = life.folder.back() % 2 == 0 ? 1s : 3s;
    Output<Written> output{life.folder + "/output", interval};
    ManualClock clock{output.newest()};
    StreamingContext ssc{{.master = life.master, .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, life.folder + "/checkpoint", {.interval = interval});
    Total total{life.folder + "/total"};
    commitWith(ssc, total);
    auto const counted = longAccumulator(ssc, "counted");
    checkpoint(ssc, counted);
    Written now;
    auto const asSums = [](auto const& batch) {
        auto const all = batch | collect();
        return Sums(all.begin(), all.end());
    };
    auto numbers = pullStream(ssc, Numbers{}) | named("numbers");
    auto const addUp = [](int, std::optional<std::int64_t> number, State<std::int64_t>& sum) {
        sum.update(sum.getOption().value_or(0) + number.value_or(0));
        return sum.get();
    };
    numbers | mapWithState(StateSpec{addUp}) | named("sums") | checkpoint() | stateSnapshots() |
        foreachRDD([&](auto batch) { now.sums = asSums(batch); });
    numbers | map([](auto const& pair) { return pair.second; }) | window(3s) | named("lasting") | checkpoint() |
        foreachRDD([&](auto batch) { now.lasting = batch | collect(); });
    numbers | reduceByKeyAndWindow(std::plus{}, 3s) | named("lastSums") | checkpoint() |
        foreachRDD([&](auto batch) { now.lastSums = asSums(batch); });
    numbers | reduceByKeyAndWindow(std::plus{}, std::minus{}, 3s) | named("lastSumsByInverse") | checkpoint() |
        foreachRDD([&](auto batch) { now.lastSumsByInverse = asSums(batch); });
    numbers | foreachRDD([&](auto batch, Time t) {
        auto const [begin, end] = positionsOf(batch);
        now.begin = begin;
        now.end = end;
        total.give(batch | map([](auto const& pair) { return pair.second; }) | collect());
        counted.add(end - begin);
        now.counted = counted.value();
        output.write(t, now);
    });
    ssc.start();
    for (int i = 0; i < life.batches; ++i) {
        clock.advance(1s);
        ssc.awaitBatches();
    }
    ssc.stop({.gracefully = true});
}

/// Each number once, in the output and in the states behind each batch.
void verify(std::string const& folder, bool isWhole)
{
    std::int64_t next = 0;
    Sums sums;
    std::int64_t time = 0;
    std::int64_t begins[3] = {};  // of the last batches
    Output<Written> const output{folder + "/output"};
    for (auto const& [ms, written] : output.batches()) {
        require(ms == (time += 1000), "a batch is missing");
        require(written.begin == next, "a batch does not begin where the one before it ends");
        for (; next < written.end; ++next) sums[static_cast<int>(next % keys)] += next;
        require(written.sums == sums, "the states behind a batch are other ones");
        require(written.counted == next, "an accumulator has counted something twice, or not at all");
        begins[0] = std::exchange(begins[1], std::exchange(begins[2], written.begin));
        std::vector<std::int64_t> lasting;
        Sums lastSums;
        for (auto number = begins[0]; number < next; ++number) {
            lasting.push_back(number);
            lastSums[static_cast<int>(number % keys)] += number;
        }
        require(written.lasting == lasting, "a window has other records");
        require(written.lastSums == lastSums, "a window has other sums");
        require(written.lastSumsByInverse == lastSums, "a window with an inverse has other sums");
    }
    require(time >= outside.written, "a batch that was written is lost");
    require(next > 0 || !isWhole, "nothing was written");
    auto const total = Total::read(folder + "/total");  // it may have all but the last batch
    auto const last = output.batches().empty() ? 0 : output.batches().rbegin()->second.begin;
    require(total.records == next || (total.records == last && !isWhole), "the sink that commits has other records");
    require(total.sum == total.records * (total.records - 1) / 2, "the sink that commits has other sums");
    if (isWhole) requireNothingHidden(folder);
}

/// A store that begins a log with each second commit, or with each third, and makes an image of those before. A commit adds a number to one
/// of the keys, and removes another one each third time.
struct StoredSums {
    /// What is there behind so many commits.
    static std::map<std::string, std::int64_t> statesBehind(std::int64_t commits)
    {
        std::map<std::string, std::int64_t> all;
        for (std::int64_t n = 1; n <= commits; ++n) {
            all[keyOf(n)] += n;
            if (n % 3 == 0) all.erase(keyOf(n / 2));
        }
        return all;
    }
    /// The longest takes a record beyond a sector.
    static std::string keyOf(std::int64_t n)
    {
        return std::to_string(n % keys) + std::string(static_cast<std::size_t>(n % keys * 100), '-');
    }
    static std::int64_t verifiedCommits(detail::CheckpointReader const& found)
    {
        if (found.empty()) return 0;
        auto const commits = found.last().time.milliseconds() / 1000;
        std::map<std::string, std::int64_t> states;
        found.each("sums", [&](std::string_view key, std::string_view value) {
            require(states.emplace(key, decode<std::int64_t>(value)).second, "a key is there twice");
        });
        require(states == statesBehind(commits), "the states of an image and its logs are other ones");
        require(found.unfinished().size() <= 1, "more than one batch had begun");
        for (auto const& batch : found.unfinished()) {
            require(batch.time.milliseconds() / 1000 == commits + 1 && batch.positions == std::to_string(commits + 1),
                    "another batch had begun");
        }
        return commits;
    }

    static void run(Life const& life)
    {
        detail::CheckpointStore store{life.folder + "/store", [](std::string const&) {}, {.leastLog = 1, .mostCommits = 2 + life.seed % 2}};
        auto n = verifiedCommits(store.found());
        require(1000 * n >= outside.written, "a commit is lost");
        store.forget();
        for (int i = 0; i < life.batches; ++i) {
            ++n;
            Time const t{std::chrono::seconds{n}};
            auto const before = statesBehind(n - 1);
            auto const behind = statesBehind(n);
            store.begun({t, std::to_string(n)});
            store.sync();
            detail::CheckpointCommit commit{t};
            commit.begin({"sums", "", ""});
            for (auto const& [key, sum] : behind) {
                if (auto const known = before.find(key); known == before.end() || known->second != sum) commit.put(key, encode(sum));
            }
            for (auto const& [key, sum] : before) {
                if (!behind.contains(key)) commit.remove(key);
            }
            store.commit(std::move(commit));
            store.sync();
            outside.written = 1000 * n;
            store.awaitImage();
        }
    }
    static void verify(std::string const& folder, bool)
    {
        detail::CheckpointReader const found{folder + "/store", [](std::string const&) {}};
        require(1000 * verifiedCommits(found) >= outside.written, "a commit is lost");
    }
};

/// What cannot be read is put aside, and whoever is killed meanwhile leaves nothing that would be read as something older.
void putAside()
{
    Folder const folder{"aside"};
    auto const all = (folder.path / "all").string();
    {
        detail::CheckpointStore store{all, [](std::string const&) {}, {.leastLog = 1, .mostCommits = 1}};
        for (int i = 1; i <= 12; ++i) {
            store.commit(detail::CheckpointCommit{Time{std::chrono::seconds{i}}});
            store.awaitImage();
        }
    }
    auto const files = detail::CheckpointFiles::in(all);
    require(files.images.size() == 2, "there are not two images");
    // The newest is of a later version of the library: that is thrown, though an older one is whole.
    detail::RecordWriter newest{detail::CheckpointFiles::image(all, files.logs.back() + 1)};
    newest.append(detail::checkpointRecord(detail::CheckpointRecord::header, [&](BinaryWriter& writer) {
        writer.text(detail::checkpointMagic);
        writer.size(detail::checkpointVersion + 1);
        writer.size(files.logs.back() + 1);
    }));
    newest.sync();
    for (long at = 1;; ++at) {
        auto const directory = (folder.path / std::to_string(at)).string();
        std::filesystem::copy(all, directory);
        bool const isWhole = live({.folder = directory, .operation = at}, [](Life const& life) {
            require(!detail::putAsideUnreadable(life.folder).empty(), "putting aside failed");
        });
        try {
            detail::CheckpointReader const reader{directory, [](std::string const&) {}};
            require(reader.empty(), "something older is read");
        } catch (StreamError const&) {
            require(!isWhole, "it was not put aside");
        }
        if (isWhole) {
            require(at > 5, "it did not die often");
            return;
        }
    }
}

}  // namespace

int main(int argc, char** arguments)
{
    bool const isAll = cutPower(argc, arguments, 7, StoredSums::run, StoredSums::verify);
    if (cutPower(argc, arguments, 4, run, verify) || isAll) return 0;
    killEverywhere(argc, arguments, 4, run, verify);
    putAside();
}
