#include <sluice/io/standard_error.hpp>

#include "captured_errors.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace sluice;

TEST_CASE("bytes go to standard error as they are, and errno stays")
{
    CapturedErrors const errors;
    errno = EDOM;
    io::writeToStandardError("one\n");
    io::writeToStandardError({"t\0wo\n", 5});
    CHECK(errno == EDOM);
    CHECK(errors.text() == std::string("one\nt\0wo\n", 9));
}

TEST_CASE("a pipe that nobody reads takes nothing, and raises nothing")
{
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    ::close(ends[0]);
    std::string text;
    {
        CapturedErrors const errors;
        ::dup2(ends[1], STDERR_FILENO);
        io::writeToStandardError("lost");  // SIGPIPE would end this program
        text = errors.text();
    }
    ::close(ends[1]);
    CHECK(text.empty());
}
