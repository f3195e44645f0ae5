#pragma once

#include <sluice/operators/stats.hpp>
#include <sluice/stream/event.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// A template without need, as the engine is: it is compiled where one is made.
template <class>
class ReportingListener;

}  // namespace detail

/// Writes, whenever a batch is completed, how the total delays and the processing times of the last n of them are spread, in
/// milliseconds: `StatsReportListener(n = 10, file = stdout)`.
///
/// Of each: count, mean, standard deviation, greatest and least; then the quantiles of 0, 5, 10, 25, 50, 75, 90, 95 and
/// 100 %, each a value that was there. An n of 0, or no file: `InvalidArgument`. What cannot be written: `StreamError`, which
/// the context logs. For figures to work with there is `StatisticsListener`.
///
/// ```cpp
/// StatsReportListener report{2};
/// BatchInfo batch;
/// batch.processingStartTime = Time{4ms};
/// batch.processingEndTime = Time{10ms};
/// report.onBatchCompleted({batch});
/// CHECK(report.text() == "Total delay: (count: 1, mean: 10.0, stdev: 0.0, max: 10.0, min: 10.0)\n"
///                        "\t0%\t5%\t10%\t25%\t50%\t75%\t90%\t95%\t100%\n"
///                        "\t10.0\t10.0\t10.0\t10.0\t10.0\t10.0\t10.0\t10.0\t10.0\n"
///                        "Processing time: (count: 1, mean: 6.0, stdev: 0.0, max: 6.0, min: 6.0)\n"
///                        "\t0%\t5%\t10%\t25%\t50%\t75%\t90%\t95%\t100%\n"
///                        "\t6.0\t6.0\t6.0\t6.0\t6.0\t6.0\t6.0\t6.0\t6.0\n");
/// ```
using StatsReportListener = detail::ReportingListener<void>;

namespace detail {

template <class>
class ReportingListener final : public StreamingListener {
public:
    SLUICE_COLD explicit ReportingListener(std::size_t n = 10, std::FILE* file = stdout) : n_(n), file_(file)
    {
        if (n == 0) throw InvalidArgument{"sluice::StatsReportListener: at least one batch is to be told of, got 0"};
        if (file == nullptr) throw InvalidArgument{"sluice::StatsReportListener: there is no file to write to"};
    }

    SLUICE_COLD ~ReportingListener() override { leave(); }

    SLUICE_COLD void onBatchCompleted(BatchCompleted const& e) override
    {
        if (last_.size() == n_) last_.erase(last_.begin());
        last_.push_back(e.batch);
        auto const lines = text();
        if (std::fwrite(lines.data(), 1, lines.size(), file_) != lines.size() || std::fflush(file_) != 0) {
            throw StreamError{"sluice::StatsReportListener: the file cannot be written to"};
        }
    }

    /// What was written last; nothing before the first batch. For whoever makes the events.
    [[nodiscard]] SLUICE_COLD std::string text() const
    {
        std::string out;
        append(out, "Total delay: ", &BatchInfo::totalDelay);
        append(out, "Processing time: ", &BatchInfo::processingDelay);
        return out;
    }

private:
    SLUICE_COLD void append(std::string& out, char const* title, std::optional<Duration> (BatchInfo::*of)() const) const
    {
        std::vector<double> sorted;
        StatCounter stats;
        for (auto const& batch : last_) {
            auto const delay = (batch.*of)();
            if (!delay) continue;
            double const milliseconds = static_cast<double>(delay->count()) / 1000;
            stats.merge(milliseconds);
            auto at = sorted.end();
            while (at != sorted.begin() && milliseconds < at[-1]) --at;
            sorted.insert(at, milliseconds);
        }
        if (sorted.empty()) return;
        out += title;
        appendText(out, stats);
        std::string values;
        out += '\n';
        for (std::size_t const percent : {0U, 5U, 10U, 25U, 50U, 75U, 90U, 95U, 100U}) {
            appendText(out += '\t', percent);
            out += '%';
            auto const index = percent * sorted.size() / 100;
            appendText(values += '\t', sorted[index < sorted.size() ? index : sorted.size() - 1]);
        }
        out.append("\n").append(values).append("\n");
    }

    std::size_t n_;
    std::FILE* file_;
    std::vector<BatchInfo> last_;
};

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI
