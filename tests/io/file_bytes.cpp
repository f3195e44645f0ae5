#include <sluice/io/file_bytes.hpp>

#include "temporary.hpp"

using namespace sluice;
using namespace std::string_literals;

TEST_CASE("the bytes of a file, as they are")
{
    Temporary const dir;
    auto bytes = "a\0\xff\r\n"s;
    bytes.append(100'000, 'x');
    CHECK((io::FileBytes{dir.write("f", bytes, 1)}.view() == bytes));
    CHECK(io::FileBytes{dir.write("empty", "", 1)}.view().empty());
    CHECK(io::FileBytes{}.view().empty());
}

TEST_CASE("they last when the file goes, and move")
{
    Temporary const dir;
    io::FileBytes bytes{dir.write("f", "abc", 1)};
    dir.remove("f");
    io::FileBytes other{std::move(bytes)};
    CHECK(other.view() == "abc");
    bytes = std::move(other);
    CHECK(bytes.view() == "abc");
}

TEST_CASE("what cannot be read is named")
{
    Temporary const dir;
    auto const path = dir.path("none");
    CHECK_THROWS_WITH_AS(io::FileBytes{path}, ("sluice::io: cannot read " + path + ": No such file or directory").c_str(), StreamError);
    CHECK_THROWS_WITH_AS(io::FileBytes{dir.path()}, ("sluice::io: cannot read " + dir.path() + ": it is no regular file").c_str(),
                         StreamError);
    REQUIRE(::mkfifo(dir.path("pipe").c_str(), 0600) == 0);
    CHECK_THROWS_AS(io::FileBytes{dir.path("pipe")}, StreamError);  // and does not wait for a writer
}
