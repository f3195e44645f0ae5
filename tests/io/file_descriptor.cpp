#include <sluice/io/file_descriptor.hpp>

#include <doctest/doctest.h>

#include <type_traits>

#include <fcntl.h>

using sluice::io::FileDescriptor;

namespace {

int open() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool isOpen(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

}  // namespace

TEST_CASE("a file descriptor has one owner, who closes it")
{
    static_assert(!std::is_copy_constructible_v<FileDescriptor> && !std::is_copy_assignable_v<FileDescriptor>);

    FileDescriptor a{open()};
    FileDescriptor b{open()};
    int const ofA = a.get();
    int const ofB = b.get();
    a = std::move(b);
    CHECK(!isOpen(ofA));
    CHECK(a.get() == ofB);
    CHECK(!b);  // NOLINT(bugprone-use-after-move)
    {
        FileDescriptor const c{std::move(a)};
        CHECK(isOpen(ofB));
    }
    CHECK(!isOpen(ofB));
}

TEST_CASE("it can be given away")
{
    FileDescriptor a{open()};
    int const fd = a.release();
    CHECK(!a);
    a.close();
    CHECK(isOpen(fd));
    ::close(fd);
}
