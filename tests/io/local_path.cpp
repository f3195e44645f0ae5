#include <sluice/io/local_path.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace sluice;

namespace {

std::string local(std::string const& text) { return io::localPath({"reader", {"main.cpp", 7}}, text); }

}  // namespace

TEST_CASE("a path is itself, also where it looks like a URI further in")
{
    for (std::string const path :
         {"", "/", "in", "/tmp/in", "./in", "in/hdfs://host/in", "/tmp/a://b", "file:in", "file", "hdfs:in", "a:b/c"}) {
        CHECK(local(path) == path);
    }
}

TEST_CASE("a URI of this machine is its path, with one slash or three")
{
    CHECK(local("file:/tmp/in") == "/tmp/in");
    CHECK(local("file:///tmp/in") == "/tmp/in");
    CHECK(local("file:/") == "/");
    CHECK(local("file:///") == "/");
    CHECK(local("file:///tmp/a://b") == "/tmp/a://b");
    CHECK(local("file:////tmp/in") == "//tmp/in");
}

TEST_CASE("a host, and another scheme, are refused in the name of who was given them")
{
    for (std::string const text : {"file://host/in", "file://", "file://in", "hdfs://host/in", "hdfs:///in", "s3a://bucket/*", "://in"}) {
        CHECK_THROWS_WITH_AS(static_cast<void>(local(text)),
                             ("sluice::reader (main.cpp:7): a path is one of this machine, as /path or file:///path, got " + text +
                              "; others can be mounted")
                                 .c_str(),
                             Unsupported);
    }
}
