#include <sluice/operators/collect.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/hosted_workers.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/queue_stream.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// A pool as a host might have one.
class Pool {
public:
    explicit Pool(int threads)
    {
        for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
    }
    ~Pool()
    {
        {
            std::lock_guard const lock{mutex_};
            over_ = true;
        }
        ++signal_;
        signal_.notify_all();
        for (auto& thread : threads_) thread.join();
    }
    void post(Callback<void()> task)
    {
        {
            std::lock_guard const lock{mutex_};
            tasks_.push_back(std::move(task));
        }
        ++signal_;
        signal_.notify_one();
        ++posted;
    }
    [[nodiscard]] bool owns(std::thread::id id) const
    {
        for (auto const& thread : threads_) {
            if (thread.get_id() == id) return true;
        }
        return false;
    }
    std::atomic<int> posted = 0;

private:
    void serve()
    {
        for (;;) {
            unsigned const signal = signal_;
            Callback<void()> task;
            {
                std::lock_guard const lock{mutex_};
                if (over_) return;
                if (!tasks_.empty()) {
                    task = std::move(tasks_.front());
                    tasks_.pop_front();
                }
            }
            if (task) task();
            else signal_.wait(signal);
        }
    }
    std::mutex mutex_;
    std::deque<Callback<void()>> tasks_;
    bool over_ = false;
    std::atomic<unsigned> signal_ = 0;
    std::vector<std::thread> threads_;
};

/// Each of n tasks, once.
template <class Workers>
bool runsEach(Workers& workers, std::size_t n)
{
    std::vector<std::atomic<int>> ran(n);
    workers.run(n, [](void* all, std::size_t p) { ++(*static_cast<std::vector<std::atomic<int>>*>(all))[p]; }, &ran);
    for (auto const& one : ran) {
        if (one != 1) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("each task runs once, whatever the host does with what is posted")
{
    Pool pool{2};
    std::vector<Callback<void()>> later;
    Callback<void(Callback<void()>)> const hosts[]{
        [&pool](Callback<void()> task) { pool.post(task); },
        [](Callback<void()> task) { task(); },                       // at once
        [](Callback<void()>) {},                                     // never
        [&later](Callback<void()> task) { later.push_back(task); },  // late
        [](Callback<void()>) { throw std::runtime_error{"no more"}; },
    };
    for (auto const& host : hosts) {
        for (std::size_t const workers : {0U, 1U, 2U, 4U}) {
            detail::HostedWorkers<> hosted{workers, 3, host};
            CHECK(hosted.defaultPartitions() == 3);
            for (std::size_t n = 0; n < 40; ++n) CHECK(runsEach(hosted, n));
            hosted.stop();
            CHECK(runsEach(hosted, 7));
        }
    }
    for (auto const& task : later) task();  // behind the end of their workers
}

TEST_CASE("tasks run at once on the host's threads, at most as many as the master says")
{
    Pool pool{4};
    detail::HostedWorkers<> hosted{3, 3, [&pool](Callback<void()> task) { pool.post(task); }};
    std::atomic<int> here = 0;
    hosted.run(
        3,
        [](void* at, std::size_t) {
            auto& count = *static_cast<std::atomic<int>*>(at);
            ++count;
            count.notify_all();
            for (int n = count; n < 3; n = count) count.wait(n);
        },
        &here);
    CHECK(here == 3);
    CHECK(pool.posted == 2);
    pool.posted = 0;
    CHECK(runsEach(hosted, 100));
    CHECK(pool.posted == 2);
}

TEST_CASE("of several tasks that fail the first in order wins, and a loop within a task runs where it is")
{
    Pool pool{2};
    detail::HostedWorkers<> hosted{3, 3, [&pool](Callback<void()> task) { pool.post(task); }};
    for (int round = 0; round < 50; ++round) {
        try {
            hosted.run(
                8,
                [](void* self, std::size_t p) {
                    CHECK(runsEach(*static_cast<detail::HostedWorkers<>*>(self), 3));
                    if (p >= 2) throw StreamError{std::to_string(p)};
                },
                &hosted);
            FAIL("nothing was thrown");
        } catch (StreamError const& error) {
            CHECK(error.partition() == 2);
            CHECK(error.others().size() == 5);
        }
    }
}

TEST_CASE("a context on a host's threads: the same results, no thread of its own for tasks")
{
    Pool pool{3};
    std::mutex mutex;
    std::set<std::string> names;
    std::vector<std::pair<int, int>> expected;
    for (bool const hosted : {false, true}) {
        ManualClock const clock;
        Config const config{.master = "local[3]", .clock = clock, .exclusive = false, .onThreadStart = [&](std::string const& name) {
                                std::lock_guard const lock{mutex};
                                names.insert(name);
                            }};
        names.clear();  // no thread of the round before is left
        Context context = hosted ? Context{config, [&pool](Callback<void()> task) { pool.post(task); }} : Context{config};
        StreamingContext ssc{context, 1s};
        RDDQueue<int> queue;
        std::vector<std::pair<int, int>> sums;
        std::atomic<int> here = 0;
        std::atomic<bool> onPool = false;
        queueStream(ssc, queue) | map([&](int x) {
            // Three partitions are on their way at once, at least in one record each.
            if (x < 3) {
                ++here;
                here.notify_all();
                for (int n = here; n < 3; n = here) here.wait(n);
            }
            if (pool.owns(std::this_thread::get_id())) onPool = true;
            return std::pair{x % 7, x};
        }) | reduceByKey(std::plus{}) |
            foreachRDD([&](auto batch) { sums = std::move(batch) | collect(); });
        ssc.start();
        queue.push(rdd({0, 10, 20, 30, 1, 11, 21, 31, 2, 12, 22, 32}, 3));
        clock.advance(1s);
        ssc.awaitBatches();
        ssc.stop();
        ssc.awaitTermination();
        CHECK(onPool == hosted);
        if (hosted) CHECK(sums == expected);
        else expected = sums;
        CHECK(expected.size() == 7);
        if (hosted) CHECK(names == std::set<std::string>{"sluice-jobs"});
    }
}
