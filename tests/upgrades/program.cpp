// A program in two versions, PROGRAM_VERSION 1 and 2, which upgrades.py compiles by two compilers: the second goes on where the first was.
//
//   program ROWS DIRECTORY BEGIN BATCHES [setting=value …]
//
// ROWS, separated by commas, is what it keeps; BEGIN is where its clock begins, in seconds. Settings: interval, workers, partitions, window,
// slide, name (of what ROWS has), drop, big. It prints what the last batch had, or why it did not begin.

#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include <boost/hana/define_struct.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace sluice;

namespace {

#if PROGRAM_VERSION == 1
struct Address {
    std::string street;
    std::int32_t zip = 0;
};
struct Order {
    BOOST_HANA_DEFINE_STRUCT(Order, (std::int32_t, id), (std::int32_t, amount), (std::int64_t, discount), (std::string, note),
                             (std::int32_t, unit), (std::int32_t, limit), (double, weight), (Address, address));
};
using NumberKey = std::int32_t;
using Number = std::int64_t;
#else
struct Address {  // a plain struct got a member at its end
    std::string street;
    std::int32_t zip = 0;
    std::string country = "none";
};
struct
    Order {  // weight is narrower, limit may be missing, unit is wider, discount is gone, amount is total, currency is new, and all stand elsewhere
    BOOST_HANA_DEFINE_STRUCT(Order, (Address, address), (float, weight), (std::optional<std::int32_t>, limit), (std::string, note),
                             (std::string, currency), (std::int64_t, unit), (std::int32_t, total), (std::int32_t, id));
};
using NumberKey = std::int64_t;
using Number = std::int32_t;
#endif

}  // namespace

#if PROGRAM_VERSION == 2
template <>
struct sluice::FormerNames<Order> {
    static constexpr FormerName all[] = {{.now = "total", .before = "amount"}};
};
#endif

namespace {

Order made(std::int64_t n)
{
    Order order;
    auto const small = static_cast<std::int32_t>(n);
    order.id = small;
#if PROGRAM_VERSION == 1
    order.amount = 2 * small;
    order.discount = 7;
#else
    order.total = 2 * small;
    order.currency = "EUR";
#endif
    order.note = "n" + std::to_string(n);
    order.unit = 3 * small;
    order.limit = 4 * small;
    order.weight = 0.5;
    order.address = {.street = "s" + std::to_string(n), .zip = 5 * small};
    return order;
}

std::string shown(Order const& order)
{
    auto text = "id=" + std::to_string(order.id) + " note=" + order.note + " unit=" + std::to_string(order.unit) +
                " weight=" + std::to_string(static_cast<int>(order.weight * 100)) + " street=" + order.address.street +
                " zip=" + std::to_string(order.address.zip);
#if PROGRAM_VERSION == 1
    return text + " amount=" + std::to_string(order.amount) + " limit=" + std::to_string(order.limit);
#else
    return text + " total=" + std::to_string(order.total) + " limit=" + (order.limit ? std::to_string(*order.limit) : "-") +
           " currency=" + (order.currency.empty() ? "-" : order.currency) + " country=" + order.address.country;
#endif
}
std::string shown(std::int64_t number) { return std::to_string(number); }
std::string shown(std::string const& text) { return text; }

class Program {
public:
    Program(std::string const& rows, int count, char** settings)
    {
        for (std::size_t at = 0; at < rows.size();) {
            auto const end = std::min(rows.find(',', at), rows.size());
            rows_.push_back(rows.substr(at, end - at));
            at = end + 1;
        }
        for (int i = 0; i < count; ++i) {
            std::string const text = settings[i];
            auto const at = text.find('=');
            settings_[text.substr(0, at)] = text.substr(at + 1);
        }
    }

    void run(std::string const& directory, int begin, int batches)
    {
        auto const interval = seconds("interval", 1);
        ManualClock const clock{Time{std::chrono::seconds{begin}}};
        auto const workers = settings_.contains("workers") ? "local[" + settings_["workers"] + "]" : "inline";
        StreamingContext ssc{{.master = workers, .clock = clock, .log = silent}, interval};
        CheckpointOptions options;
        if (settings_.contains("drop")) options.drop.push_back(settings_["drop"]);
        checkpoint(ssc, directory, std::move(options));
        RDDQueue<std::pair<std::string, std::int64_t>> queue;
        auto const pairs = queueStream(ssc, queue);
        for (auto const& row : rows_) {
            if (row == "order") keepOrders(pairs);
            else if (row == "numbers") keepNumbers(pairs);
            else keepTheSame(pairs);
        }
        ssc.start();
        for (int i = 1; i <= batches; ++i) {
            auto const n = begin + i;
            queue.push({{"a", n + (settings_.contains("big") ? std::int64_t{1} << 40 : 0)}, {"k" + std::to_string(n), 10 * n}});
            clock.advance(interval);
            ssc.awaitBatches();
        }
        ssc.stop();
        ssc.awaitTermination();
        for (auto const& [what, text] : last_) std::printf("%s %s\n", what.c_str(), text.c_str());
    }

private:
    [[nodiscard]] Duration seconds(std::string const& setting, int otherwise)
    {
        return std::chrono::seconds{settings_.contains(setting) ? std::stoi(settings_[setting]) : otherwise};
    }
    [[nodiscard]] std::size_t partitions() { return settings_.contains("partitions") ? std::stoul(settings_["partitions"]) : 2; }
    [[nodiscard]] std::string name(std::string const& row) { return settings_.contains("name") ? settings_["name"] : row; }
    auto show(std::string const& row)
    {
        return foreachRDD([this, row](auto batch) {
            std::erase_if(last_, [&](auto const& entry) { return entry.first.starts_with(row + ' '); });
            for (auto const& [key, value] : batch | collect()) last_[row + ' ' + shown(key)] = shown(value);
        });
    }

    template <class Pairs>
    void keepOrders(Pairs const& pairs)
    {
        auto const keep = [](std::string const&, std::optional<std::int64_t> n, State<Order>& state) {
            if (!state.exists()) state.update(made(*n));
            return 0;
        };
        pairs | mapWithState(StateSpec{keep}.numPartitions(partitions())) | named(name("order")) | checkpoint() | stateSnapshots() |
            show("order");
    }
    template <class Pairs>
    void keepNumbers(Pairs const& pairs)
    {
        auto const add = [](NumberKey, std::optional<std::int64_t> n, State<Number>& state) {
            state.update(static_cast<Number>(state.getOption().value_or(0) + static_cast<Number>(*n)));
            return 0;
        };
        pairs | map([](std::string const& key, std::int64_t n) {
            return std::pair{static_cast<NumberKey>(key == "a" ? 0 : std::stoi(key.substr(1))), n};
        }) | mapWithState(StateSpec{add}.numPartitions(partitions())) |
            named(name("numbers")) | checkpoint() | stateSnapshots() | show("numbers");
    }
    template <class Pairs>
    void keepTheSame(Pairs const& pairs)
    {
        auto const add = [](std::vector<std::int64_t> const& values, std::optional<std::int64_t> sum) {
            auto all = sum.value_or(0);
            for (auto const value : values) all += value;
            return std::optional{all};
        };
        auto const window_ = seconds("window", 3);
        auto const slide = seconds("slide", static_cast<int>(seconds("interval", 1) / std::chrono::seconds{1}));
        pairs | updateStateByKey(add, partitions()) | named(name("sums")) | checkpoint() | show("sums");
        pairs | window(window_, slide) | named("lasting") | checkpoint() | show("lasting");
        pairs | reduceByKeyAndWindow(std::plus{}, window_, slide, partitions()) | named("windowSums") | checkpoint() | show("windowSums");
    }

    std::vector<std::string> rows_;
    std::map<std::string, std::string> settings_;
    std::map<std::string, std::string> last_;
};

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 5) return 2;
    try {
        Program program{argv[1], argc - 5, argv + 5};
        program.run(argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
    } catch (std::exception const& error) {
        std::printf("refused: %s\n", error.what());
        return 3;
    }
    return 0;
}
