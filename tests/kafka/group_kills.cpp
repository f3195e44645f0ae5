#define DOCTEST_CONFIG_IMPLEMENT

#include <sluice/checkpoint.hpp>
#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>

#include "broker.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// Three processes of an application copy a topic, and count and add up by key what comes, through a repartition topic and a state that is kept.
// While the topic is written to, they are killed at moments that nobody foresees, and started again, with their old instance id or another
// one; some stop and start in good order, and some are held up for longer than the group waits, and go on. In the end a reader of what is
// committed finds each record's copy once, in the order of its partition, and each result once, in the order of its key, as an oracle has it;
// one that reads all finds also what was aborted.
//
//   tests/kafka/broker.py kafka_group_kills [KILLS [MESSAGES [SEED]]]
//
// a sample where nothing is said; the seed is printed.

using namespace sluice;
using namespace std::chrono_literals;
using kafka_test::brokers;

namespace {

constexpr int partitions = 3;  // of each topic
constexpr int keys = 7;        // of each partition
constexpr int processes = 3;
constexpr int endedByError = 10;
constexpr auto patience = 180s;  // for what hangs

void require(bool holds, std::string const& what)
{
    if (holds) return;
    std::fprintf(stderr, "kafka_group_kills: %s\n", what.c_str());
    ::_exit(1);
}
std::int64_t numberOf(std::string_view text)
{
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

struct Sum {
    std::int64_t count = 0;
    std::int64_t sum = 0;

    std::string add(std::int64_t number)
    {
        ++count;
        sum += number;
        return std::to_string(count) + " " + std::to_string(sum) + " " + std::to_string(number);
    }
};

// ---- a life -------------------------------------------------------------------------------------------------------------

/// The program, until it is killed, or is told to stop.
int live(std::string const& topic, std::string const& instance)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    StreamingContext ssc{{.master = "local[2]",
                          .log =
                              [](LogEntry const& entry) {
                                  if (entry.level == LogLevel::error) std::fprintf(stderr, "%s\n", entry.text.c_str());
                              }},
                         100ms};
    StopOnSignal const stopOnSignal{ssc};
    kafka::distribute(
        ssc, {.brokers = brokers(), .applicationId = topic, .instanceId = instance, .sessionTimeout = 2s, .transactionTimeout = 5s});
    auto const records = kafka::createDirectStream(ssc, kafka::subscribe({topic}), {.startingOffsets = kafka::StartingOffsets::earliest});
    records | kafka::writeTo(topic + "-copies",
                             [](kafka::Record const& record) {
                                 return kafka::ProducerRecord{.value = std::string(record.value), .partition = record.partition};
                             },
                             {});
    auto const addUp = [](std::string_view key, std::optional<std::int64_t> number, State<Sum>& state) {
        auto sum = state.getOption().value_or(Sum{});
        auto result = std::pair(std::string(key), sum.add(*number));
        state.update(sum);
        return result;
    };
    records | map([](kafka::Record const& record) { return std::pair(std::string(record.key), numberOf(record.value)); }) |
        kafka::repartition("keys", {.partitions = partitions}) | mapWithState(StateSpec{addUp}) | named("totals") | checkpoint() |
        kafka::writeTo(topic + "-totals", {});
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
struct Life {
    ::pid_t pid = 0;
    std::string instance;

    void begin(std::string const& topic)
    {
        std::vector<std::string> texts{"kafka_group_kills", "life", topic, instance};
        std::vector<char*> arguments;
        for (auto& text : texts) arguments.push_back(text.data());
        arguments.push_back(nullptr);
        std::fflush(nullptr);
        pid = ::fork();
        if (pid == 0) {
            ::execv("/proc/self/exe", arguments.data());
            ::_exit(1);
        }
        require(pid > 0, "it cannot fork");
    }
    void end(int signal) const
    {
        ::kill(pid, signal);
        int status = 0;
        require(::waitpid(pid, &status, 0) == pid, "waitpid");
        bool const wasKilled = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        bool const hasEnded = WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == endedByError);
        require(wasKilled || hasEnded, "a life ended by itself, with status " + std::to_string(status));
    }
    /// It has ended with an error, since it was replaced.
    [[nodiscard]] bool wasReplaced() const
    {
        int status = 0;
        if (::waitpid(pid, &status, WNOHANG) != pid) return false;
        require(WIFEXITED(status) && WEXITSTATUS(status) == endedByError, "a life ended by itself, with status " + std::to_string(status));
        return true;
    }
};

// ---- what is found ------------------------------------------------------------------------------------------------------

struct Message {
    std::string key;
    std::string value;
    std::int32_t partition;
};

/// All that a topic has, as one who has nothing of the library reads it: further with each call.
class Reader {
public:
    Reader(std::string const& topic, char const* isolation) : handle_(kafka_test::readerOf(topic, partitions, isolation)) {}
    Reader(Reader const&) = delete;
    Reader& operator=(Reader const&) = delete;
    ~Reader() { rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }

    [[nodiscard]] std::vector<Message> const& all() const { return all_; }

    /// What comes until nothing has come for so long.
    void read(int milliseconds)
    {
        while (auto* const message = rd_kafka_consumer_poll(handle_, milliseconds)) {
            if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
                all_.push_back({{static_cast<char const*>(message->key), message->key_len},
                                {static_cast<char const*>(message->payload), message->len},
                                message->partition});
            rd_kafka_message_destroy(message);
        }
    }

private:
    rd_kafka_t* handle_;
    std::vector<Message> all_;
};

// ---- all of it ----------------------------------------------------------------------------------------------------------

struct Run {
    int kills;
    int messages;
    std::mt19937 random;
    std::string topic = kafka_test::theWriter().topic("group", partitions);
    std::vector<Life> lives = std::vector<Life>(processes);
    int written = 0;
    int killed = 0;
    int stopped = 0;
    int held = 0;
    int replaced = 0;
    std::map<std::int32_t, std::vector<std::string>> copies{};  // of each partition
    std::map<std::string, std::vector<std::string>> totals{};   // of each key
    std::map<std::string, Sum> sums{};

    int upTo(int most) { return static_cast<int>(random() % static_cast<unsigned>(most)); }

    void write(int count)
    {
        for (; count > 0 && written < messages; --count, ++written) {
            auto const p = upTo(partitions);
            auto const key = "key " + std::to_string(p) + "-" + std::to_string(upTo(keys));
            auto const value = std::to_string(written);
            kafka_test::theWriter().send(topic, p, {.key = key, .value = value});
            copies[p].push_back(value);
            totals[key].push_back(sums[key].add(written));
        }
        kafka_test::theWriter().flush();
    }
    void reap()
    {
        for (auto& life : lives) {
            if (!life.wasReplaced()) continue;
            ++replaced;
            life.begin(topic);
        }
    }
    void wait(int milliseconds)
    {
        for (auto const end = std::chrono::steady_clock::now() + std::chrono::milliseconds{milliseconds};
             std::chrono::steady_clock::now() < end;) {
            ::usleep(10'000);
            reap();
        }
    }
    void disturb()
    {
        auto& life = lives[static_cast<std::size_t>(upTo(processes))];
        auto const what = upTo(10);
        if (what == 0) {  // it hangs for longer than the group waits, and goes on
            ++held;
            ::kill(life.pid, SIGSTOP);
            wait(3500);
            ::kill(life.pid, SIGCONT);
            return;
        }
        if (what == 1) {
            ++stopped;
            life.end(SIGTERM);
        } else {
            ++killed;
            life.end(SIGKILL);
        }
        if (upTo(2) == 0) life.instance = std::to_string(random());  // nobody ends what the old one has left open
        if (upTo(3) == 0) wait(upTo(3000));                          // there is one less for a while
        life.begin(topic);
    }

    void check()
    {
        Reader copied{topic + "-copies", "read_committed"};
        Reader added{topic + "-totals", "read_committed"};
        auto const all = static_cast<std::size_t>(messages);
        for (auto const end = std::chrono::steady_clock::now() + patience; copied.all().size() < all || added.all().size() < all;) {
            copied.read(100);
            added.read(100);
            reap();
            require(std::chrono::steady_clock::now() < end, "there are " + std::to_string(copied.all().size()) + " copies and " +
                                                                std::to_string(added.all().size()) + " results of " +
                                                                std::to_string(messages) + ", and no more come");
        }
        for (auto const& life : lives) life.end(SIGTERM);
        copied.read(500);
        added.read(500);
        std::map<std::int32_t, std::vector<std::string>> foundCopies;
        for (auto const& message : copied.all()) foundCopies[message.partition].push_back(message.value);
        require(foundCopies == copies, "the copies are not those of the records, each once and in the order of its partition");
        std::map<std::string, std::vector<std::string>> foundTotals;
        for (auto const& message : added.all()) foundTotals[message.key].push_back(message.value);
        require(foundTotals == totals, "the results are not the oracle's, each once and in the order of its key");
        Reader uncommitted{topic + "-totals", "read_uncommitted"};
        uncommitted.read(1000);
        std::printf(
            "%d messages in %d partitions: %d processes killed, %d stopped, %d held up, %d ended since they were replaced; each copy and "
            "each result once, in order; %zu more results were aborted\n",
            messages, partitions, killed, stopped, held, replaced, uncommitted.all().size() - added.all().size());
    }

    void all()
    {
        for (auto const& name : {topic + "-copies", topic + "-totals"}) kafka_test::theWriter().create(name, partitions);
        for (std::size_t i = 0; i < lives.size(); ++i) {
            lives[i].instance = std::to_string(i);
            lives[i].begin(topic);
        }
        auto const each = messages / (kills + 1) + 1;
        while (killed + stopped + held < kills) {
            for (int part = 0; part < 5; ++part) {
                write(each / 5 + 1);
                wait(upTo(400));
            }
            disturb();
        }
        write(messages);
        check();
    }
};

}  // namespace

int main(int argc, char** argv)
{
    doctest::Context context;  // of what broker.hpp checks
    context.setAsDefaultForAssertsOutOfTestCases();
    context.setAssertHandler(
        [](doctest::AssertData const& failed) { require(!failed.m_failed, std::string(failed.m_expr) + ": " + failed.m_decomp.c_str()); });
    if (argc > 3 && std::string_view{argv[1]} == "life") return live(argv[2], argv[3]);
    auto const argument = [&](int i, std::int64_t otherwise) { return argc > i ? numberOf(argv[i]) : otherwise; };
    auto const seed = argument(3, static_cast<std::int64_t>(std::random_device{}()));
    std::printf("seed %lld\n", static_cast<long long>(seed));
    Run{.kills = static_cast<int>(argument(1, 10)),
        .messages = static_cast<int>(argument(2, 20'000)),
        .random = std::mt19937{static_cast<std::mt19937::result_type>(seed)}}
        .all();
    return 0;
}
