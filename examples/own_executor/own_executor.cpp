// The host's own pool does the work: a Context is given a way to post tasks, and starts no worker of its own.

#include <sluice/sluice.hpp>

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// A pool as any program might have one.
class Pool {
public:
    explicit Pool(int threads)
    {
        for (int i = 0; i < threads; ++i) threads_.emplace_back([this](std::stop_token stop) { serve(stop); });
    }
    void post(std::function<void()> task)
    {
        std::lock_guard const lock{mutex_};
        tasks_.push_back(std::move(task));
        some_.notify_one();
    }

private:
    void serve(std::stop_token const& stop)
    {
        for (;;) {
            std::unique_lock lock{mutex_};
            if (!some_.wait(lock, stop, [this] { return !tasks_.empty(); })) return;
            auto const task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
        }
    }

    std::mutex mutex_;
    std::condition_variable_any some_;
    std::deque<std::function<void()>> tasks_;
    std::vector<std::jthread> threads_;
};

}  // namespace

int main()
{
    Pool pool{3};
    std::vector<std::string> started;
    ManualClock const clock;
    Config const config{.master = "local[4]", .clock = clock, .onThreadStart = [&](std::string const& name) { started.push_back(name); }};

    // Of the four workers one is the job's own thread; for the others tasks are posted. The pool may be busy, or never come: then
    // the job's thread does all of them.
    Context const context{config, [&pool](Callback<void()> task) { pool.post(std::move(task)); }};
    StreamingContext ssc{context, 1s};
    RDDQueue<int> queue;
    queueStream(ssc, queue) | map([](int x) { return std::pair{x % 3, x}; }) | reduceByKey(std::plus{}) | sortByKey() | print();
    queue.push(rdd({1, 2, 3, 4, 5, 6, 7, 8, 9}, 4));
    ssc.start();
    clock.advance(1s);
    ssc.stop({.gracefully = true});

    std::printf("threads of the library's:");
    for (auto const& name : started) std::printf(" %s", name.c_str());
    std::puts("");
}
