#include <sluice/operators/foreach.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/stream/batch_of_thread.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <atomic>

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("a mark holds for as long as it lives, and marks nest")
{
    CHECK(detail::batchOfThread == detail::noBatch);
    {
        detail::OfBatch const outer{1};
        {
            detail::OfBatch const inner{2};
            CHECK(detail::batchOfThread == 2);
        }
        CHECK(detail::batchOfThread == 1);
    }
    CHECK(detail::batchOfThread == detail::noBatch);
}

TEST_CASE("whatever runs for a batch knows its time: what plans it, its jobs, and their tasks on all workers")
{
    for (std::size_t const jobs : {1U, 2U}) {
        for (auto const* const master : {"inline", "local[1]", "local[3]"}) {
            testing::Harness harness{{.master = master, .concurrentJobs = jobs}};
            RDDQueue<int> queue;
            std::atomic<int> wrong = 0;
            std::atomic<int> right = 0;
            auto const look = [&](Time t) { ++(detail::batchOfThread == t.microseconds() ? right : wrong); };
            queueStream(harness.context(), queue) | transform([&](auto batch, Time t) {
                look(t);
                return batch;
            }) | foreachRDD([&](auto batch, Time t) {
                look(t);
                batch | foreach ([&, t](int) { look(t); });
            });
            harness.start();
            for (int i = 0; i < 3; ++i) {
                queue.push(rdd({1, 2, 3, 4, 5, 6, 7, 8}, 8));
                harness.advance(1s);
            }
            CHECK(wrong == 0);
            CHECK(right == 3 * 10);
        }
    }
    CHECK(detail::batchOfThread == detail::noBatch);
}
