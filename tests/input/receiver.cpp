#include <sluice/input/receiver.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace sluice;

TEST_CASE("a receiver is run by a host, which hears of its errors")
{
    struct Host final : detail::ReceiverHostBase {
        bool stopsGracefully() const override { return false; }
        std::vector<std::string> told;
        void reportError(std::string const& message, std::exception_ptr const&) override { told.push_back(message); }
        void restartIn(std::optional<Duration>, std::exception_ptr const&) override { told.emplace_back("restart"); }
        void stopped(std::string const& message, std::exception_ptr const&) override { told.push_back(message); }
    } host;
    struct Task final : detail::ReceiverTask {
        void run(std::stop_token stop, detail::ReceiverHostBase& by) override
        {
            if (!stop.stop_requested()) by.reportError("running");
        }
    } task;
    std::stop_source stop;
    task.run(stop.get_token(), host);
    stop.request_stop();
    task.run(stop.get_token(), host);
    CHECK(host.told == std::vector<std::string>{"running"});
}
