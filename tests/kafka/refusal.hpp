#pragma once

#include <sluice/kafka.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include "errors.hpp"

#include <string>

namespace kafka_test {

/// What createDirectStream says.
inline std::string refusal(sluice::kafka::Subscription const& subscription, sluice::kafka::Options options = {.brokers = "127.0.0.1:1"})
{
    return errorOf([&] {
        sluice::testing::Harness harness;
        CHECK_THROWS_AS(static_cast<void>(sluice::kafka::createDirectStream(harness.context(), subscription, options)),
                        sluice::InvalidArgument);
        static_cast<void>(sluice::kafka::createDirectStream(harness.context(), subscription, options));
    });
}

}  // namespace kafka_test
