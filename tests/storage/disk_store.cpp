#include <sluice/storage.hpp>

#include "../io/full_disk.hpp"
#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace sluice;
using namespace std::literals;
using doctest::Contains;

namespace {

constexpr Label label{"cache", CallSite::here()};

std::string readFrom(detail::DiskStore& store, detail::DiskPlace const& place)
{
    std::string bytes;
    return std::string{store.read(place, bytes)};
}

/// How many files of a directory the process has open, of those without a name.
int openFiles(std::string const& directory)
{
    int count = 0;
    for (auto const& one : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        std::error_code error;
        auto const target = std::filesystem::read_symlink(one.path(), error).string();
        if (!error && target.starts_with(directory)) ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("what was written is read, whatever was written meanwhile, and the directory shows nothing of it")
{
    Temporary const directory;
    detail::DiskStore store{label, directory.path(), 0};
    auto const first = store.write("first");
    auto const second = store.write(std::string(100'000, 'x'));
    CHECK(readFrom(store, first) == "first");
    CHECK(readFrom(store, second) == std::string(100'000, 'x'));
    CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("a file is written anew when nobody has a part of it, and closed when it is full and nobody has")
{
    Temporary const directory;
    detail::DiskStore store{label, directory.path(), 0, Compression::none, 10};
    CHECK(openFiles(directory.path()) == 0);
    for (int i = 0; i < 3; ++i) CHECK(store.write("12345678").at == 0);
    CHECK(openFiles(directory.path()) == 1);
    {
        auto const kept = store.write("12345678");
        auto const other = store.write("abcdefgh");
        CHECK(kept.file.get() != other.file.get());
        CHECK(openFiles(directory.path()) == 2);
        CHECK(readFrom(store, kept) == "12345678");
        CHECK(readFrom(store, other) == "abcdefgh");
    }
    CHECK(openFiles(directory.path()) == 1);
    CHECK(readFrom(store, store.write("longer than a file")) == "longer than a file");
}

TEST_CASE("a directory that is not there, or takes no file, and a disk that is full, are errors that name them")
{
    Temporary const directory;
    detail::DiskStore missing{label, directory.path("missing"), 0};
    CHECK_THROWS_WITH_AS(static_cast<void>(missing.write("x")), Contains(("sluice::cache (" + std::string{__FILE__}).c_str()), StreamError);
    CHECK_THROWS_WITH_AS(static_cast<void>(missing.write("x")),
                         Contains(("making a file in " + directory.path("missing") + ": No such file or directory").c_str()), StreamError);
    detail::DiskStore none{label, directory.write("file", "", 0), 0};
    CHECK_THROWS_WITH_AS(static_cast<void>(none.write("x")), Contains("Not a directory"), StreamError);

    detail::DiskStore store{label, directory.path(), 0};
    auto const kept = store.write("kept");
    {
        FullDisk const full;
        CHECK_THROWS_WITH_AS(static_cast<void>(store.write(std::string(200, 'x'))),
                             Contains(("writing a file in " + directory.path() + ": File too large").c_str()), StreamError);
    }
    CHECK(readFrom(store, kept) == "kept");
    CHECK(readFrom(store, store.write("more")) == "more");
}

TEST_CASE("bytes that have changed, and a file that has been cut, are errors that say so")
{
    Temporary const directory;
    detail::DiskStore store{label, directory.path(), 0};
    auto const place = store.write("0123456789");
    auto const file = place.file->file.get();
    CHECK(::pwrite(file, "x", 1, 4) == 1);
    CHECK_THROWS_WITH_AS(readFrom(store, place), Contains(("a file is damaged in " + directory.path() + ": the checksum").c_str()),
                         StreamError);
    CHECK(::pwrite(file, "4", 1, 4) == 1);
    CHECK(readFrom(store, place) == "0123456789");
    CHECK(::ftruncate(file, 5) == 0);
    CHECK_THROWS_WITH_AS(readFrom(store, place), Contains("it has been cut"), StreamError);
}

TEST_CASE("without a directory it is that of the environment")
{
    Temporary const directory;
    auto const* const before = std::getenv("TMPDIR");
    std::string const kept = before != nullptr ? before : "";
    ::setenv("TMPDIR", directory.path().c_str(), 1);
    CHECK(detail::DiskStore{label, "", 0}.directory() == directory.path());
    ::unsetenv("TMPDIR");
    CHECK(detail::DiskStore{label, "", 0}.directory() == "/tmp");
    if (before != nullptr) ::setenv("TMPDIR", kept.c_str(), 1);
}

TEST_CASE("memory is given up to its bound")
{
    detail::DiskStore store{label, "", 100};
    CHECK(store.enter(60));
    CHECK(!store.enter(41));
    CHECK(store.enter(40));
    store.leave(60);
    CHECK(store.used() == 40);
}
