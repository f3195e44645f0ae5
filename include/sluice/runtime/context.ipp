#pragma once

#include <sluice/runtime/context.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY std::size_t workersOf(std::string const& master)
{
    if (master == "inline") return 0;
    if (master == "local") return 1;
    if (master == "local[*]") {
        auto const cores = std::thread::hardware_concurrency();
        return cores > 0 ? cores : 1;
    }
    std::size_t n = 0;
    if (master.starts_with("local[") && master.ends_with(']')) {
        auto const* const begin = master.data() + 6;
        auto const* const end = master.data() + master.size() - 1;
        auto const [at, error] = std::from_chars(begin, end, n);
        if (error == std::errc{} && at == end && n >= 1 && n <= 1024) return n;
    }
    throw InvalidArgument{
        concat({"sluice::Config::master: it is \"local\", \"local[N]\" with N from 1 to 1024, \"local[*]\" "
                "or \"inline\", got \"",
                master, "\""})};
}

}  // namespace sluice::inline SLUICE_ABI::detail

namespace sluice::inline SLUICE_ABI {

SLUICE_COLD SLUICE_BODY void Context::add(detail::Counted<detail::AccumulatorBase> accumulator) const
{
    std::lock_guard const lock{state_->mutex};
    state_->accumulators.push_back(std::move(accumulator));
}

SLUICE_COLD SLUICE_BODY Context::State::~State() { workers->stop(); }

SLUICE_COLD SLUICE_BODY Context::Sizes Context::sizes(Config const& config)
{
    auto const size = detail::workersOf(config.master);
    return {size, config.defaultParallelism != 0 ? config.defaultParallelism : size != 0 ? size : 1};
}

SLUICE_COLD SLUICE_BODY Context::Context(Config&& config, detail::MakeWorkers make)
{
    auto const [size, partitions] = sizes(config);
    adopt(std::move(config), make(size, partitions, config.onThreadStart));
}

SLUICE_COLD SLUICE_BODY void Context::adopt(Config&& config, detail::Counted<detail::WorkersBase> workers)
{
    state_ = detail::makeCounted<State>(std::move(config), std::move(workers));
}

}  // namespace sluice::inline SLUICE_ABI
