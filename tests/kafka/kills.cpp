#define DOCTEST_CONFIG_IMPLEMENT

#include <sluice/checkpoint.hpp>
#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>

#include "broker.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// A program reads a topic, keeps a state and a window by key, and writes both to topics by transactions, with a checkpoint. It is killed
// while the topic is written to, and goes on: at moments that nobody foresees, and at its calls of librdkafka between which a batch is
// committed. In the end a reader of what is committed finds each result once, in the order of its key, as an oracle has it, and each window
// with the records of its batches; one that reads all finds also what was aborted.
//
//   tests/kafka/broker.py kafka_kills [KILLS [MESSAGES [SEED]]]
//
// a sample where nothing is said; the seed is printed. With "brokers" the program lives on, and it is brokers that are killed, one at a time,
// when all replicas are in sync again. It is told how long nothing came then:
//
//   tests/kafka/broker.py --brokers 3 --restart kafka_kills brokers [KILLS [MESSAGES [SEED]]]

using namespace sluice;
using namespace std::chrono_literals;
using kafka_test::brokers;

namespace {

constexpr int partitions = 3;  // of each topic
constexpr int keys = 20;
constexpr auto interval = 50ms;
constexpr auto length = 3 * interval;  // of the window
constexpr int perLife = 6;             // batches that a life may come to, more or less
constexpr int patience = 120'000;      // milliseconds, for what hangs
constexpr int endedByError = 10;

/// Ends the process where that does not hold.
std::string tried;  // said then
void require(bool holds, std::string const& what)
{
    if (holds) return;
    std::fprintf(stderr, "kafka_kills: %s%s\n", what.c_str(), tried.c_str());
    ::_exit(1);
}

std::int64_t numberOf(std::string_view text)
{
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}
/// Numbers with a blank between them.
std::vector<std::int64_t> numbersOf(std::string_view text)
{
    std::vector<std::int64_t> numbers;
    while (!text.empty()) {
        auto const size = std::min(text.find(' '), text.size());
        numbers.push_back(numberOf(text.substr(0, size)));
        text.remove_prefix(std::min(size + 1, text.size()));
    }
    return numbers;
}
template <class... Ns>
std::string textOfNumbers(Ns... numbers)
{
    std::string text;
    ((text += text.empty() ? "" : " ", text += std::to_string(numbers)), ...);
    return text;
}

// ---- a life -------------------------------------------------------------------------------------------------------------

/// Where a life ends by itself: at the n-th call of one of these, before or behind it.
enum class At { nowhere, begin, sendOffsets, commit, initTransactions, produce };
At dyingCall = At::nowhere;
std::atomic<int> left = 0;
bool diesBehind = false;

/// Around a call of librdkafka.
template <class Call>
auto dyingAt(At call, Call const& real)
{
    bool const dies = call == dyingCall && --left == 0;
    if (dies && !diesBehind) ::raise(SIGKILL);
    auto const result = real();
    if (dies) ::raise(SIGKILL);
    return result;
}
template <class F>
F* next(F*, char const* name)
{
    return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" rd_kafka_error_t* rd_kafka_begin_transaction(rd_kafka_t* rk)
{
    return dyingAt(At::begin, [&] { return next(&rd_kafka_begin_transaction, "rd_kafka_begin_transaction")(rk); });
}
extern "C" rd_kafka_error_t* rd_kafka_send_offsets_to_transaction(rd_kafka_t* rk, rd_kafka_topic_partition_list_t const* offsets,
                                                                  rd_kafka_consumer_group_metadata_t const* group, int milliseconds)
{
    return dyingAt(At::sendOffsets, [&] {
        return next(&rd_kafka_send_offsets_to_transaction, "rd_kafka_send_offsets_to_transaction")(rk, offsets, group, milliseconds);
    });
}
extern "C" rd_kafka_error_t* rd_kafka_commit_transaction(rd_kafka_t* rk, int milliseconds)
{
    return dyingAt(At::commit, [&] { return next(&rd_kafka_commit_transaction, "rd_kafka_commit_transaction")(rk, milliseconds); });
}
extern "C" rd_kafka_error_t* rd_kafka_init_transactions(rd_kafka_t* rk, int milliseconds)
{
    return dyingAt(At::initTransactions, [&] { return next(&rd_kafka_init_transactions, "rd_kafka_init_transactions")(rk, milliseconds); });
}

namespace {

struct Sum {
    std::int64_t count = 0;
    std::int64_t sum = 0;
};

/// The program, until it is killed, or is told to stop.
int live(char** arguments)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::string const topic = arguments[0];
    std::string const directory = arguments[1];
    auto const rate = static_cast<double>(numberOf(arguments[2]));
    dyingCall = static_cast<At>(numberOf(arguments[3]));
    left = static_cast<int>(numberOf(arguments[4]));
    diesBehind = numberOf(arguments[5]) != 0;

    StreamingContext ssc{{.master = "local[2]",
                          .onBatchFailure = retry(100).then(sluice::stop),
                          .log =
                              [](LogEntry const& entry) {
                                  if (entry.level == LogLevel::error) std::fprintf(stderr, "%s\n", entry.text.c_str());
                              }},
                         interval};
    checkpoint(ssc, directory);
    StopOnSignal const stopOnSignal{ssc};
    auto const numbers = kafka::createDirectStream(
                             ssc, kafka::subscribe({topic}),
                             {.brokers = brokers(), .startingOffsets = kafka::StartingOffsets::earliest, .maxRatePerPartition = rate}) |
                         named("numbers") | map([](kafka::Record const& record) { return std::pair(record.key, numberOf(record.value)); });
    numbers | foreachRDD([](auto const&) { static_cast<void>(::write(STDOUT_FILENO, ".", 1)); });  // who kills it counts batches

    auto const addUp = [](Time t, std::string_view key, std::optional<std::int64_t> number, State<Sum>& state) {
        auto sum = state.getOption().value_or(Sum{});
        state.update({++sum.count, sum.sum += *number});
        return std::pair(std::string(key), textOfNumbers(t.milliseconds(), sum.count, sum.sum, *number));
    };
    auto const written = [](std::pair<std::string, std::string> const& result) {
        if (dyingCall == At::produce && --left == 0) ::raise(SIGKILL);
        return result;
    };
    numbers | reduceByKeyAndWindow(std::plus{}, length, interval) | named("windows") | checkpoint() |
        transform([](auto const& batch, Time t) {
            return batch | map([t](std::string_view key, std::int64_t sum) {
                       return std::pair(std::string(key), textOfNumbers(t.milliseconds(), sum));
                   });
        }) |
        kafka::writeTo(topic + "-windows", {.brokers = brokers(), .transactionalId = topic + "-windows"});
    numbers | mapWithState(StateSpec{addUp}) | named("totals") | checkpoint() |
        kafka::writeTo(topic + "-totals", written, {.brokers = brokers(), .transactionalId = topic + "-totals"});
    try {
        ssc.start();
        ssc.awaitTermination();
    } catch (std::exception const& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return endedByError;
    }
    return 0;
}

/// One life, as a process.
class Life {
public:
    Life(std::string const& topic, std::string const& directory, std::int64_t rate, At at = At::nowhere, int call = 0,
         bool isBehind = false)
    {
        int ends[2];
        require(::pipe(ends) == 0, "there is no pipe");
        std::vector<std::string> texts{
            "kafka_kills",       "life", topic, directory, std::to_string(rate), std::to_string(static_cast<int>(at)), std::to_string(call),
            isBehind ? "1" : "0"};
        std::vector<char*> arguments;
        for (auto& text : texts) arguments.push_back(text.data());
        arguments.push_back(nullptr);
        std::fflush(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::close(ends[0]);
            ::close(ends[1]);
            ::execv("/proc/self/exe", arguments.data());
            ::_exit(1);
        }
        require(pid_ > 0, "it cannot fork");
        ::close(ends[1]);
        batches_ = ends[0];
    }
    Life(Life const&) = delete;
    Life& operator=(Life const&) = delete;
    ~Life() { ::close(batches_); }

    /// Until so many batches have begun, or it has ended.
    void awaitBatches(int n) const
    {
        char one;
        while (n-- > 0 && ::read(batches_, &one, 1) == 1) {}
    }
    /// Until it has ended, or that long.
    void awaitEnd(int milliseconds) const
    {
        ::pollfd closed{batches_, 0, 0};
        ::poll(&closed, 1, milliseconds);
    }
    [[nodiscard]] bool hasEnded() const
    {
        ::pollfd closed{batches_, 0, 0};
        return ::poll(&closed, 1, 0) == 1;
    }
    enum class End { killed, well, byError };
    End end(int signal) const
    {
        ::kill(pid_, signal);
        int status = 0;
        require(::waitpid(pid_, &status, 0) == pid_, "waitpid");
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return End::killed;
        require(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == endedByError), "a life ended by itself");
        return WEXITSTATUS(status) == 0 ? End::well : End::byError;
    }

private:
    ::pid_t pid_ = 0;
    int batches_ = -1;
};

// ---- what is found ------------------------------------------------------------------------------------------------------

struct Found {
    std::string key;
    std::string value;
    std::int32_t partition;
};

/// All that a topic has, as one who has nothing of the library reads it: further with each call.
class Reader {
public:
    Reader(std::string const& topic, char const* isolation) : topic_(topic), handle_(kafka_test::readerOf(topic, partitions, isolation)) {}
    Reader(Reader const&) = delete;
    Reader& operator=(Reader const&) = delete;
    ~Reader() { rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }

    [[nodiscard]] std::vector<Found> const& found() const { return found_; }

    /// What comes within that time; false: nothing did.
    bool read(int milliseconds)
    {
        auto* const message = rd_kafka_consumer_poll(handle_, milliseconds);
        if (message == nullptr) return false;
        bool const isOne = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (isOne)
            found_.push_back({{static_cast<char const*>(message->key), message->key_len},
                              {static_cast<char const*>(message->payload), message->len},
                              message->partition});
        else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ended_[message->partition] = message->offset;
        rd_kafka_message_destroy(message);
        return isOne;
    }
    /// Up to the end that each partition has by now.
    void readAll()
    {
        auto const until = std::chrono::steady_clock::now() + std::chrono::milliseconds{patience};
        for (int p = 0; p < partitions; ++p) {
            std::int64_t begin = 0;
            std::int64_t end = 0;
            kafka_test::check(rd_kafka_query_watermark_offsets(handle_, topic_.c_str(), p, &begin, &end, patience));
            while (ended_[p] < end) {
                read(100);
                require(std::chrono::steady_clock::now() < until, "a topic does not end");
            }
        }
    }

private:
    std::string topic_;
    rd_kafka_t* handle_;
    std::vector<Found> found_;
    std::map<std::int32_t, std::int64_t> ended_;  // where each partition has ended last
};

/// What was written to the topic that is read.
struct Oracle {
    std::map<std::string, std::vector<std::int64_t>> numbers;  // of each key, in its order
    std::int64_t all = 0;

    /// Each result once, in order. Gives what each batch had of each key.
    [[nodiscard]] std::map<std::int64_t, std::map<std::string, std::int64_t>> verifyTotals(std::vector<Found> const& found) const
    {
        std::map<std::int64_t, std::map<std::string, std::int64_t>> batches;
        std::map<std::string, Sum> sums;
        std::map<std::string, std::int64_t> times;
        for (auto const& [key, value, partition] : found) {
            auto const its = numbersOf(value);
            require(its.size() == 4, "a result is none: " + value);
            auto const known = numbers.find(key);
            require(known != numbers.end(), "a result has a key that nobody has written");
            auto& sum = sums[key];
            auto const place = static_cast<std::size_t>(sum.count);
            require(place < known->second.size(), "there are more results than records of a key");
            auto const number = known->second[place];
            sum = {sum.count + 1, sum.sum + number};
            require(its[3] == number, "a result is missing, there twice, or out of its order: " + key + ": " + value + " in place of " +
                                          textOfNumbers(sum.count, sum.sum, number));
            require(its[1] == sum.count && its[2] == sum.sum, "a total is another one: " + key + ": " + value);
            require(its[0] >= times[key], "a later batch is before an earlier one");
            require(rd_kafka_msg_partitioner_murmur2(nullptr, key.data(), key.size(), partitions, nullptr, nullptr) == partition,
                    "a key is in another partition");
            times[key] = its[0];
            batches[its[0]][key] += number;
        }
        require(static_cast<std::int64_t>(found.size()) == all, "results are missing");
        return batches;
    }

    /// Those of each batch that had records, and of others that were run: what the batches within had, once.
    static void verifyWindows(std::vector<Found> const& found, std::map<std::int64_t, std::map<std::string, std::int64_t>> const& batches)
    {
        std::map<std::int64_t, std::map<std::string, std::int64_t>> windows;
        std::map<std::string, std::int64_t> times;
        for (auto const& [key, value, partition] : found) {
            auto const its = numbersOf(value);
            require(its.size() == 2, "a window is none: " + value);
            require(its[0] > times[key], "a window is there twice, or out of its order: " + key + ": " + value);
            times[key] = its[0];
            windows[its[0]][key] = its[1];
        }
        for (auto const& batch : batches) require(windows.contains(batch.first), "the window of a batch is missing");
        for (auto const& [t, window] : windows) {
            std::map<std::string, std::int64_t> wanted;
            for (auto within = batches.upper_bound(t - length / 1ms); within != batches.end() && within->first <= t; ++within) {
                for (auto const& [key, sum] : within->second) wanted[key] += sum;
            }
            require(window == wanted, "the window at " + std::to_string(t) + " ms has other records");
        }
    }
};

// ---- lives, one after the other -----------------------------------------------------------------------------------------

struct Plan {
    int kills = 20;
    std::int64_t messages = 12'000;
    std::uint32_t seed = std::random_device{}();
};

/// Some more messages, whose keys stand always in the same partition.
void writeTo(kafka_test::Writer const& writer, std::string const& topic, std::int64_t count, std::mt19937& random, Oracle& oracle)
{
    for (; count > 0; --count) {
        auto const k = static_cast<int>(random() % keys);
        auto const key = "key-" + std::to_string(k);
        auto const number = ++oracle.all;
        oracle.numbers[key].push_back(number);
        writer.send(topic, k % partitions, {.key = key, .value = std::to_string(number)});
        if (number % 100 == 0) rd_kafka_poll(writer.handle, 0);  // what was delivered leaves its queue
    }
}

/// The topics of a program, what was written, and where it keeps what lasts.
struct Story {
    Plan plan;
    std::mt19937 random{plan.seed};
    kafka_test::Writer const& writer = kafka_test::theWriter();
    std::string topic = writer.topic("kills", partitions);
    std::string directory = std::filesystem::temp_directory_path() / ("sluice-" + topic);
    Oracle oracle;

    explicit Story(Plan const& of) : plan(of)
    {
        tried = " (seed " + std::to_string(plan.seed) + ")";
        for (auto const* const end : {"-totals", "-windows"}) writer.create(topic + end, partitions);
    }

    void write(std::int64_t count) { writeTo(writer, topic, count, random, oracle); }

    /// Until all results are there; then it is told to stop.
    void awaitResults(Reader& totals, Life const& last) const
    {
        auto const until = std::chrono::steady_clock::now() + std::chrono::milliseconds{patience};
        while (static_cast<std::int64_t>(totals.found().size()) < oracle.all && !last.hasEnded()) {
            totals.read(100);
            require(std::chrono::steady_clock::now() < until, "results are missing: " + std::to_string(totals.found().size()));
        }
        require(last.end(SIGTERM) == Life::End::well, "the last life did not end well");
    }

    /// How many records were aborted.
    std::int64_t verify(Reader& totals) const
    {
        totals.readAll();
        auto const batches = oracle.verifyTotals(totals.found());
        Reader windows{topic + "-windows", "read_committed"};
        windows.readAll();
        Oracle::verifyWindows(windows.found(), batches);
        auto const seen = static_cast<std::int64_t>(totals.found().size() + windows.found().size());
        std::int64_t aborted = -seen;
        for (auto const* const end : {"-totals", "-windows"}) {
            Reader all{topic + end, "read_uncommitted"};
            all.readAll();
            aborted += static_cast<std::int64_t>(all.found().size());
        }
        std::printf("%zu results in %zu batches and %zu of windows, each once; %lld were aborted\n", totals.found().size(), batches.size(),
                    windows.found().size(), static_cast<long long>(aborted));
        std::filesystem::remove_all(directory);
        return aborted;
    }
};

void killLives(Plan const& plan)
{
    Story story{plan};
    auto& random = story.random;
    auto const share = plan.messages / (plan.kills + 1);
    auto const rate = std::max<std::int64_t>(1, share * (1s / interval) / perLife / partitions);
    std::map<std::string, int> died;
    for (int life = 0; life < plan.kills; ++life) {  // the first one leaves a transaction that has its records, and is aborted by the next
        static constexpr std::pair<At, char const*> calls[] = {{At::sendOffsets, "rd_kafka_send_offsets_to_transaction"},
                                                               {At::commit, "rd_kafka_commit_transaction"},
                                                               {At::produce, "the function of writeTo"},
                                                               {At::commit, "rd_kafka_commit_transaction"},
                                                               {At::begin, "rd_kafka_begin_transaction"},
                                                               {At::initTransactions, "rd_kafka_init_transactions"}};
        bool const isAtCall = life % 2 == 0;
        auto const& [call, name] = calls[life / 2 % 6];
        auto const most = life == 0 ? 1 : call == At::initTransactions ? 2 : call == At::produce ? static_cast<int>(share) : 2 * perLife;
        bool const isBehind = random() % 2 == 0;
        Life const one{story.topic,
                       story.directory,
                       rate * static_cast<std::int64_t>(1 + random() % 3),
                       isAtCall ? call : At::nowhere,
                       1 + static_cast<int>(random() % static_cast<unsigned>(most)),
                       isBehind};
        story.write(share);
        if (isAtCall) {
            one.awaitBatches(8 * perLife);  // where there is no such call any more, it is killed then
            ++died[call == At::produce ? std::string("in ") + name : std::string(isBehind ? "behind " : "before ") + name];
        } else {
            one.awaitBatches(static_cast<int>(random() % perLife));  // none: while it starts
            one.awaitEnd(static_cast<int>(random() % (2 * static_cast<unsigned>(interval / 1ms))));
            ++died["at some moment"];
        }
        require(one.end(SIGKILL) == Life::End::killed, "a life was not killed");
    }
    story.write(plan.messages - story.oracle.all);
    story.writer.flush();
    for (auto const& [where, times] : died) std::printf("killed %s: %d\n", where.c_str(), times);

    Reader totals{story.topic + "-totals", "read_committed"};
    Life const last{story.topic, story.directory, 1'000'000};
    story.awaitResults(totals, last);
    require(story.verify(totals) > 0, "nothing was aborted");
}

// ---- brokers ------------------------------------------------------------------------------------------------------------

/// What brokers say of themselves: whether all are there, and each replica of each partition is in sync.
enum class Cluster { silent, broken, whole };
Cluster look(kafka_test::Writer const& writer, int brokers)
{
    struct rd_kafka_metadata const* metadata = nullptr;
    if (rd_kafka_metadata(writer.handle, 1, nullptr, &metadata, 1000) != RD_KAFKA_RESP_ERR_NO_ERROR) return Cluster::silent;
    bool whole = metadata->broker_cnt == brokers;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
        auto const& topic = metadata->topics[i];
        for (int p = 0; p < topic.partition_cnt; ++p) {
            auto const& one = topic.partitions[p];
            whole = whole && one.leader >= 0 && one.replica_cnt == brokers && one.isr_cnt == brokers;
        }
    }
    rd_kafka_metadata_destroy(metadata);
    return whole ? Cluster::whole : Cluster::broken;
}

::pid_t pidOf(int broker)
{
    auto const* const folder = std::getenv("SLUICE_KAFKA_FOLDER");
    require(folder != nullptr, "run it by tests/kafka/broker.py --brokers 3 --restart");
    return static_cast<::pid_t>(numberOf(io::FileBytes{std::string(folder) + "/" + std::to_string(broker) + "/pid"}.view()));
}

void killBrokers(Plan const& plan)
{
    constexpr int brokers = 3;
    Story story{plan};
    Reader totals{story.topic + "-totals", "read_committed"};
    auto life = std::make_unique<Life>(story.topic, story.directory, 1'000'000);
    auto const share = plan.messages / (plan.kills + 1);
    auto const now = [] { return std::chrono::steady_clock::now(); };
    auto last = now();
    Duration longest{0};
    int errors = 0;
    // Some messages more, and what has become of others.
    std::int64_t mayWrite = 0;
    auto const step = [&] {
        if (mayWrite > 0) {
            auto const some = std::min<std::int64_t>(mayWrite, 20);
            story.write(some);
            mayWrite -= some;
        }
        auto const before = totals.found().size();
        for (int i = 0; i < 1000 && totals.read(i == 0 ? 10 : 0); ++i) {}
        bool const isWaiting = before > 0 && static_cast<std::int64_t>(before) < story.oracle.all;
        if (totals.found().size() > before || !isWaiting) last = now();
        longest = std::max(longest, std::chrono::duration_cast<Duration>(now() - last));
        if (!life->hasEnded()) return;
        require(life->end(0) == Life::End::byError, "the program ended without an error");
        ++errors;
        life = std::make_unique<Life>(story.topic, story.directory, 1'000'000);
    };
    for (int kill = 0; kill <= plan.kills; ++kill) {
        mayWrite += share;
        auto const until = now() + std::chrono::milliseconds{patience};
        // Half of its share passes, and all that was written, when all brokers are in sync again; what is left while one is down.
        for (int i = 0; mayWrite > share / 2 || i % 50 != 0 || look(story.writer, brokers) != Cluster::whole; ++i) {
            step();
            require(now() < until, "the replicas are not in sync");
        }
        for (auto const written = story.oracle.all; static_cast<std::int64_t>(totals.found().size()) < written;) {
            step();
            require(now() < until, "no results come any more");
        }
        if (kill == plan.kills) break;
        auto const broker = 1 + static_cast<int>(story.random() % brokers);
        ::kill(pidOf(broker), SIGKILL);
        for (int i = 0; i % 10 != 0 || look(story.writer, brokers) != Cluster::broken; ++i) {  // until the others know of it
            step();
            require(now() < until, "nobody notices that a broker is gone");
        }
        std::printf("broker %d was killed; %lld results so far, the longest stall %lld ms\n", broker,
                    static_cast<long long>(totals.found().size()), static_cast<long long>(longest / 1ms));
        std::fflush(stdout);
    }
    while (mayWrite > 0) step();
    story.write(plan.messages - story.oracle.all);
    story.writer.flush();
    story.awaitResults(totals, *life);
    story.verify(totals);
    std::printf("the longest stall was %lld ms; the program ended by an error %d times\n", static_cast<long long>(longest / 1ms), errors);
}

}  // namespace

int main(int argc, char** arguments)
{
    doctest::Context context;  // of what broker.hpp checks
    context.setAsDefaultForAssertsOutOfTestCases();
    context.setAssertHandler(
        [](doctest::AssertData const& failed) { require(!failed.m_failed, std::string(failed.m_expr) + ": " + failed.m_decomp.c_str()); });
    if (argc > 1 && std::string_view{arguments[1]} == "life") return live(arguments + 2);
    bool const ofBrokers = argc > 1 && std::string_view{arguments[1]} == "brokers";
    int const begin = ofBrokers ? 2 : 1;
    Plan plan{.kills = ofBrokers ? 3 : 20};
    if (argc > begin) plan.kills = std::atoi(arguments[begin]);
    if (argc > begin + 1) plan.messages = numberOf(arguments[begin + 1]);
    if (argc > begin + 2) plan.seed = static_cast<std::uint32_t>(numberOf(arguments[begin + 2]));
    std::printf("%d kills, %lld messages, seed %u\n", plan.kills, static_cast<long long>(plan.messages), plan.seed);
    std::fflush(stdout);
    ofBrokers ? killBrokers(plan) : killLives(plan);
}
