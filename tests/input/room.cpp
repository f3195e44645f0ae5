#include <sluice/input/room.hpp>

#include <doctest/doctest.h>

#include <thread>

using sluice::detail::Room;

TEST_CASE("bytes enter while they fit, or alone, until the room is closed")
{
    Room room{10};
    CHECK(room.tryEnter(25, room.era()));
    CHECK(!room.tryEnter(1, room.era()));
    room.leave(25);
    CHECK(room.tryEnter(4, room.era()));
    CHECK(room.tryEnter(6, room.era()));
    CHECK(!room.tryEnter(1, room.era()));
    CHECK(room.used() == 10);
    CHECK(!room.hasWaiters());
    room.leave(10);
    room.close();
    CHECK(!room.tryEnter(1, room.era()));
}

TEST_CASE("a room that is resumed at once has woken whoever waited when it was paused")
{
    Room room{1};
    auto const era = room.era();
    CHECK(room.enter(1, era));
    room.pause();
    room.resume();
    CHECK(!room.enter(1, era));  // would wait in the same era
    room.leave(1);
    CHECK(!room.tryEnter(1, era));
    CHECK(room.tryEnter(1, room.era()));
}

TEST_CASE("a room waits for any bytes, unless only one's own are there")
{
    Room room{10};
    CHECK(room.waitForAny(0));
    room.add(25);
    CHECK(room.waitForAny(25));
    std::atomic<bool> passed = false;
    std::thread waiter{[&] { passed = room.waitForAny(5); }};
    room.leave(20);
    waiter.join();
    CHECK(passed);
    CHECK(room.used() == 5);
    room.close();
    CHECK(!room.waitForAny(5));
    CHECK(!room.enter(1, room.era()));
}
