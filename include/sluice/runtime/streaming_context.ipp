#pragma once

#include <sluice/codec/compression.hpp>
#include <sluice/runtime/streaming_context.hpp>

namespace sluice::inline SLUICE_ABI {

SLUICE_COLD SLUICE_BODY StreamingContext::StreamingContext(Context context, detail::Length interval, detail::MakeEngine make)
    : Graph(interval, {.type = "StreamingContext"}), context_(std::move(context))
{
    if (context_.isStopped()) throw IllegalState{"sluice::StreamingContext: its Context has been stopped"};
    core()->setMaxReceivedBytes(config().maxReceivedBytes);
    static_cast<void>(detail::compressorOf(config().compression, "sluice::Config::compression"));
    core()->setCaching(config().maxCachedBytes, config().localDirectory, config().compression);
    engine_ = make(*this, core(), context_);
}

SLUICE_COLD SLUICE_BODY StreamingContext::StreamingContext(Config&& config, detail::MakeWorkers makeWorkers, detail::Length interval,
                                                           detail::MakeEngine make)
    : StreamingContext(Context{std::move(config), makeWorkers}, interval, make)
{
}

SLUICE_COLD SLUICE_BODY StreamingContext::~StreamingContext()
{
    if (engine_) engine_->finish();
}

}  // namespace sluice::inline SLUICE_ABI
