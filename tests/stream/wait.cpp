#include <sluice/stream/wait.hpp>

#include <doctest/doctest.h>

#include <thread>

using namespace sluice::detail;

TEST_CASE("who waits goes on when the value is another one and it was notified")
{
    std::atomic<unsigned> turn{0};
    waitWhile(turn, 1U);  // it is another one already
    std::thread other([&] {
        waitWhile(turn, 0U);
        turn.store(2);
        notifyAll(turn);
    });
    turn.store(1);
    notifyOne(turn);
    waitWhile(turn, 1U);
    other.join();
    CHECK(turn.load() == 2);
}
