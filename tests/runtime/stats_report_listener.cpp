#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/stats_report_listener.hpp>
#include <sluice/sources/channel_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include <unistd.h>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// A file that is read again.
struct File {
    std::FILE* file = std::tmpfile();
    File() = default;
    File(File const&) = delete;
    File& operator=(File const&) = delete;
    ~File() { std::fclose(file); }

    [[nodiscard]] std::string text() const
    {
        std::string all(static_cast<std::size_t>(std::ftell(file)), ' ');
        std::rewind(file);
        CHECK(std::fread(all.data(), 1, all.size(), file) == all.size());
        return all;
    }
};

BatchInfo took(Duration waited, Duration ran)
{
    BatchInfo info;
    info.processingStartTime = Time{waited};
    info.processingEndTime = Time{waited + ran};
    return info;
}

}  // namespace

TEST_CASE("quantiles are values that were there, of the last n batches")
{
    File const out;
    StatsReportListener report{20, out.file};
    for (int i = 30; i > 0; --i) report.onBatchCompleted({took(1ms, i * 1ms)});  // 30 to 11 are left behind
    CHECK(report.text() ==
          "Total delay: (count: 20, mean: 11.5, stdev: 5.766281297335398, max: 21.0, min: 2.0)\n"
          "\t0%\t5%\t10%\t25%\t50%\t75%\t90%\t95%\t100%\n"
          "\t2.0\t3.0\t4.0\t7.0\t12.0\t17.0\t20.0\t21.0\t21.0\n"
          "Processing time: (count: 20, mean: 10.5, stdev: 5.766281297335398, max: 20.0, min: 1.0)\n"
          "\t0%\t5%\t10%\t25%\t50%\t75%\t90%\t95%\t100%\n"
          "\t1.0\t2.0\t3.0\t6.0\t11.0\t16.0\t19.0\t20.0\t20.0\n");
}

TEST_CASE("nothing is told before the first batch, and of a batch without times")
{
    File const out;
    StatsReportListener report{1, out.file};
    CHECK(report.text().empty());
    report.onBatchCompleted({BatchInfo{}});
    CHECK(report.text().empty());
    CHECK(out.text().empty());
}

TEST_CASE("a context reports each batch")
{
    File const out;
    StatsReportListener report{10, out.file};
    testing::Harness harness{{.master = "local[1]"}};
    channelStream<int>(harness.context()).stream |
        foreachRDD([&](auto const&, Time t) { harness.clock().advance(t == Time{1s} ? 2ms : 4ms); });
    harness.context().addStreamingListener(report);
    harness.start();
    harness.advance(1s);
    harness.clock().setTime(Time{2s});
    harness.context().awaitBatches();
    harness.context().stop();
    std::string const quantiles = "\t0%\t5%\t10%\t25%\t50%\t75%\t90%\t95%\t100%\n";
    std::string const first =
        "(count: 1, mean: 2.0, stdev: 0.0, max: 2.0, min: 2.0)\n" + quantiles + "\t2.0\t2.0\t2.0\t2.0\t2.0\t2.0\t2.0\t2.0\t2.0\n";
    std::string const second =
        "(count: 2, mean: 3.0, stdev: 1.0, max: 4.0, min: 2.0)\n" + quantiles + "\t2.0\t2.0\t2.0\t2.0\t4.0\t4.0\t4.0\t4.0\t4.0\n";
    CHECK(out.text() == "Total delay: " + first + "Processing time: " + first + "Total delay: " + second + "Processing time: " + second);
}

TEST_CASE("what makes no report is refused, and what cannot be written is told")
{
    CHECK_THROWS_AS(StatsReportListener{0}, InvalidArgument);
    CHECK_THROWS_AS((StatsReportListener{1, nullptr}), InvalidArgument);
    auto* const full = std::fopen("/dev/full", "w");
    REQUIRE(full != nullptr);
    StatsReportListener report{1, full};
    CHECK_THROWS_AS(report.onBatchCompleted({took(1ms, 1ms)}), StreamError);
    std::fclose(full);
}

namespace {

/// What is written to the standard output meanwhile.
class StandardOutput {
public:
    StandardOutput()
    {
        std::fflush(stdout);
        REQUIRE(::dup2(::fileno(file_), STDOUT_FILENO) == STDOUT_FILENO);
    }
    StandardOutput(StandardOutput const&) = delete;
    StandardOutput& operator=(StandardOutput const&) = delete;
    ~StandardOutput()
    {
        std::fflush(stdout);
        ::dup2(before_, STDOUT_FILENO);
        ::close(before_);
        std::fclose(file_);
    }
    [[nodiscard]] std::string text() const
    {
        std::fflush(stdout);
        std::string all(static_cast<std::size_t>(::lseek(::fileno(file_), 0, SEEK_END)), ' ');
        auto const read = ::pread(::fileno(file_), all.data(), all.size(), 0);
        return all.substr(0, static_cast<std::size_t>(std::max<ssize_t>(read, 0)));
    }

private:
    int before_ = ::dup(STDOUT_FILENO);
    std::FILE* file_ = std::tmpfile();
};

}  // namespace

TEST_CASE("where nothing is said it tells the standard output of the last ten batches")
{
    std::string written;
    std::string last;
    {
        StandardOutput const out;
        StatsReportListener report;
        for (int i = 1; i <= 11; ++i) report.onBatchCompleted({took(0ms, i * 1ms)});
        last = report.text();
        written = out.text();
    }
    CHECK(last.starts_with("Total delay: (count: 10, mean: 6.5, "));
    CHECK(last.find("max: 11.0, min: 2.0)") != std::string::npos);
    CHECK(written.starts_with("Total delay: (count: 1, mean: 1.0, "));
    CHECK(written.ends_with(last));
}
