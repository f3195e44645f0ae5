// Counts the words that arrive on a TCP socket, in every batch interval, and prints them.
//
//   network_word_count                       against a server of its own that plays a poem
//     [--text FILE] [--rate LINES] [--batches N]
//   network_word_count localhost 9999        against `nc -lk 9999`, until Ctrl-C

#include <sluice/sluice.hpp>

#include "player.hpp"

#include <cstdio>
#include <fstream>
#include <functional>
#include <optional>
#include <string>

using namespace std::chrono_literals;
namespace sl = sluice;

namespace {

struct Options {
    std::string host = "localhost";
    int port = 0;  // 0: a server of its own
    std::string text = SLUICE_EXAMPLE_TEXT;
    double linesPerSecond = 20;
    int batches = 5;
};

std::optional<Options> parse(int count, char** arguments)
{
    Options options;
    std::vector<std::string> const words(arguments + 1, arguments + count);
    try {
        for (std::size_t i = 0; i < words.size(); i += 2) {
            auto const& value = words.at(i + 1);
            if (words[i] == "--text") options.text = value;
            else if (words[i] == "--rate") options.linesPerSecond = std::stod(value);
            else if (words[i] == "--batches") options.batches = std::stoi(value);
            else if (words.size() == 2) options.host = words[0], options.port = std::stoi(value);
            else return std::nullopt;
        }
    } catch (std::exception const&) {  // no value, or no number
        return std::nullopt;
    }
    if (!(options.linesPerSecond > 0) || options.batches < 1) return std::nullopt;
    return options;
}

std::vector<std::string> readLines(std::string const& file)
{
    std::vector<std::string> lines;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

void log(sl::LogEntry const& entry) { std::fprintf(stderr, "%s: %s\n", entry.label.kind, entry.text.c_str()); }

int run(int count, char** arguments)
{
    auto const options = parse(count, arguments);
    if (!options) {
        std::fprintf(stderr, "usage: %s [HOST PORT | --text FILE --rate LINES_PER_SECOND --batches N]\n", arguments[0]);
        return 2;
    }
    bool const own = options->port == 0;
    auto const text = own ? readLines(options->text) : std::vector<std::string>{};
    if (own && text.empty()) {
        std::fprintf(stderr, "%s: there is no text in it\n", options->text.c_str());
        return 1;
    }

    sl::StreamingContext ssc{{.master = "local[2]", .appName = "NetworkWordCount", .log = log}, 1s};
    sl::StopOnSignal const stopOnCtrlC{ssc};
    std::optional<Player> player;
    if (own) player.emplace(text, options->linesPerSecond);

    auto lines = sl::socketTextStream(ssc, options->host, own ? player->port() : options->port);
    auto words = lines | sl::flatMap(sl::split());

    words | sl::map([](auto word) { return std::pair{word, 1}; }) | sl::reduceByKey(std::plus{}) | sl::print();

    // Beside it: how much went through, and when it is enough. The server is silent first, then the stream runs dry.
    std::int64_t lineCount = 0;
    std::int64_t wordCount = 0;
    std::int64_t sent = -1;
    int batches = 0;
    lines | sl::count() | sl::foreachRDD([&](auto batch) { lineCount += batch | sl::reduce(std::plus{}); });
    words | sl::count() | sl::foreachRDD([&](auto batch) {
        wordCount += batch | sl::reduce(std::plus{});
        if (own && ++batches >= options->batches && sent < 0) sent = player->finish();
        if (sent >= 0 && lineCount >= sent) ssc.stop({.gracefully = true});
    });

    ssc.start();
    ssc.awaitTermination();

    std::printf("%lld lines, %lld words\n", static_cast<long long>(lineCount), static_cast<long long>(wordCount));
    if (!own || sent < 0) return 0;

    std::int64_t sentWords = 0;
    for (std::int64_t i = 0; i < sent; ++i) {
        sentWords += sl::rdd({std::string_view{text[static_cast<std::size_t>(i) % text.size()]}}) | sl::flatMap(sl::split()) | sl::count();
    }
    bool const complete = sent > 0 && lineCount == sent && wordCount == sentWords;
    std::printf("%lld lines, %lld words were sent: %s\n", static_cast<long long>(sent), static_cast<long long>(sentWords),
                complete   ? "all of them were counted"
                : sent > 0 ? "SOME ARE MISSING"
                           : "nothing came to the server's port");
    return complete ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments)
{
    try {
        return run(count, arguments);
    } catch (std::exception const& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
