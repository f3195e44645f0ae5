#include <sluice/runtime/log.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include <unistd.h>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

Label const label{"socketTextStream", {"words.cpp", 7, "main"}};

/// What is written to standard error meanwhile.
class StandardError {
public:
    StandardError() : before_(::dup(2))
    {
        REQUIRE(::pipe(ends_) == 0);
        REQUIRE(::dup2(ends_[1], 2) == 2);
    }
    StandardError(StandardError const&) = delete;
    StandardError& operator=(StandardError const&) = delete;
    ~StandardError() { static_cast<void>(text()); }

    std::string text()
    {
        if (before_ < 0) return {};
        ::dup2(before_, 2);
        ::close(std::exchange(before_, -1));
        ::close(ends_[1]);
        std::string all(65536, '\0');
        auto const n = ::read(ends_[0], all.data(), all.size());  // it fits into the pipe, and stands there
        ::close(ends_[0]);
        all.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return all;
    }

private:
    int before_;
    int ends_[2] = {};
};

}  // namespace

TEST_CASE("a line says the time, the level, the operator, the batch, and the text")
{
    CHECK(detail::lineOf({LogLevel::warning, label, Time{1500ms}, "it is odd"}, {1'764'208'681, 7'000'000}) ==
          "2025-11-27T01:58:01.007Z warning sluice::socketTextStream (words.cpp:7), batch 1500 ms: it is odd\n");
    CHECK(detail::lineOf({LogLevel::error, {}, {}, "no more"}, {0, 0}) == "1970-01-01T00:00:00.000Z error sluice: no more\n");
    CHECK(detail::lineOf({LogLevel::info, label, {}, "so"}, {0, 999'999'999}) ==
          "1970-01-01T00:00:00.999Z info sluice::socketTextStream (words.cpp:7): so\n");
}

TEST_CASE("what says itself where it comes from is not told so again")
{
    CHECK(detail::lineOf({LogLevel::error, label, Time{1s}, "sluice::map (words.cpp:9), batch 1000 ms, partition 0: bad"}, {0, 0}) ==
          "1970-01-01T00:00:00.000Z error sluice::map (words.cpp:9), batch 1000 ms, partition 0: bad\n");
    CHECK(detail::lineOf({LogLevel::error, {}, Time{1s}, "sluice, batch 1000 ms: bad"}, {0, 0}) ==
          "1970-01-01T00:00:00.000Z error sluice, batch 1000 ms: bad\n");
}

TEST_CASE("an entry is one line, whatever a peer has sent")
{
    CHECK(detail::lineOf({LogLevel::error, {}, {}, "two\nlines\r \x1b[2J \x7f \xc3\xa4"}, {0, 0}) ==
          "1970-01-01T00:00:00.000Z error sluice: two\\nlines\\x0d \\x1b[2J \\x7f \xc3\xa4\n");
}

TEST_CASE("without a hook warnings and errors go to standard error, and nothing else does")
{
    StandardError written;
    detail::Log log{{}};
    log(LogLevel::info, label, {}, "in passing");
    log(LogLevel::warning, label, Time{1s}, "beware");
    log(LogLevel::error, {}, {}, "lost");
    auto const text = written.text();
    CHECK(text.find("in passing") == std::string::npos);
    CHECK(text.find("Z warning sluice::socketTextStream (words.cpp:7), batch 1000 ms: beware\n") != std::string::npos);
    CHECK(text.ends_with("Z error sluice: lost\n"));
    CHECK(std::count(text.begin(), text.end(), '\n') == 2);
}

TEST_CASE("a hook takes all, and may throw; silent takes all, and nothing is written")
{
    StandardError written;
    std::string told;
    detail::Log log{[&](LogEntry const& entry) {
        told += entry.text;
        throw std::runtime_error{"full"};
    }};
    log(LogLevel::info, label, {}, "a");
    log(LogLevel::error, label, {}, "b");
    detail::Log{silent}(LogLevel::error, label, {}, "c");
    CHECK(told == "ab");
    CHECK(written.text().empty());
}
