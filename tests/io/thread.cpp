#include <sluice/io/thread.hpp>

#include <doctest/doctest.h>

using namespace sluice;

namespace {

std::string ownName()
{
    char name[16] = {};
    ::pthread_getname_np(::pthread_self(), name, sizeof name);
    return name;
}

bool blocks(int signal)
{
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return ::sigismember(&mask, signal) == 1;
}

}  // namespace

TEST_CASE("a thread has its name, and the hook is called in it before anything else")
{
    std::string hooked;
    std::string ran;
    std::thread::id hook;
    std::thread::id body;
    io::startThread(
        "sluice-test",
        [&](std::string const& name) {
            hooked = name;
            hook = std::this_thread::get_id();
        },
        [&] {
            ran = hooked + " " + ownName();
            body = std::this_thread::get_id();
        })
        .join();
    CHECK(ran == "sluice-test sluice-test");
    CHECK(hook == body);
    CHECK(hook != std::this_thread::get_id());
}

TEST_CASE("a name that is too long for the system is cut there, and whole for the hook")
{
    std::string hooked;
    std::string shown;
    io::startThread("sluice-a-very-long-name", [&](std::string const& name) { hooked = name; }, [&] { shown = ownName(); }).join();
    CHECK(hooked == "sluice-a-very-long-name");
    CHECK(shown == "sluice-a-very-l");
}

TEST_CASE("it takes none of the program's signals, and the caller's mask is as before")
{
    REQUIRE(!blocks(SIGTERM));
    bool inside = false;
    io::startThread("sluice-test", {}, [&] { inside = blocks(SIGTERM) && blocks(SIGINT) && blocks(SIGUSR1); }).join();
    CHECK(inside);
    CHECK(!blocks(SIGTERM));
}
