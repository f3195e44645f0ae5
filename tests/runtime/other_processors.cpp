#include <sluice/runtime/other_processors.hpp>

#include <doctest/doctest.h>

#include <semaphore>
#include <thread>
#include <vector>

using sluice::detail::OtherProcessors;

namespace {

using Processors = std::vector<int>;

Processors processorsOf(pthread_t thread)
{
    cpu_set_t set;
    REQUIRE(::pthread_getaffinity_np(thread, sizeof set, &set) == 0);
    Processors processors;
    for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(static_cast<std::size_t>(i), &set)) processors.push_back(i);
    }
    return processors;
}

void allow(pthread_t thread, Processors const& processors)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (auto const i : processors) CPU_SET(static_cast<std::size_t>(i), &set);
    REQUIRE(::pthread_setaffinity_np(thread, sizeof set, &set) == 0);
}

Processors without(Processors processors, int one)
{
    std::erase(processors, one);
    return processors;
}

/// A thread that waits for its end.
struct Waiting {
    std::binary_semaphore end{0};
    std::thread thread{[this] { end.acquire(); }};
    ~Waiting()
    {
        end.release();
        thread.join();
    }
    pthread_t handle() { return thread.native_handle(); }
};

}  // namespace

TEST_CASE("a thread that helps may run on each of its processors but the one that is left to who is helped")
{
    auto const all = processorsOf(::pthread_self());
    if (all.size() < 2) {
        MESSAGE("not tested: this process may run on one processor only");
        return;
    }
    Waiting helper;
    OtherProcessors others;
    others.leave(all[0]);  // nobody is there yet
    others.add(helper.handle());
    for (auto const left : {all[1], all[0], all[1]}) {
        others.leave(left);
        CHECK(processorsOf(helper.handle()) == without(all, left));
    }
    others.leave(-1);  // the system does not say where it runs
    CHECK(processorsOf(helper.handle()) == without(all, all[1]));
}

TEST_CASE("what its owner says of a thread's processors is kept")
{
    auto const all = processorsOf(::pthread_self());
    Waiting helper;
    OtherProcessors others;
    others.add(helper.handle());
    others.leave(all[0]);
    allow(helper.handle(), {all[0]});
    others.leave(-1);
    others.leave(all[0]);
    CHECK(processorsOf(helper.handle()) == Processors{all[0]});  // it would have none
    allow(helper.handle(), all);
    others.leave(-1);
    others.leave(all.back());
    CHECK(processorsOf(helper.handle()) == (all.size() > 1 ? without(all, all.back()) : all));
}

TEST_CASE("where threads are more than processors they may run on all")
{
    auto const all = processorsOf(::pthread_self());
    std::vector<Waiting> helpers(all.size());
    OtherProcessors others;
    for (auto& helper : helpers) others.add(helper.handle());
    others.leave(all[0]);
    for (auto& helper : helpers) CHECK(processorsOf(helper.handle()) == all);
}
