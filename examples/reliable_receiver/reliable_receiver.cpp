// A receiver that loses nothing and takes nothing twice. Its source numbers what it sends, and sends again what it has not been told is
// stored. The receiver stores each order with its number, and acknowledges it when that lasts: then the process may end at any moment.
// What comes again it leaves out by the number, which it is told again when it starts.

#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// Sends "1 order\n", "2 order\n", …, each when it has been told "1\n", "2\n", … of the one before it.
class Source {
public:
    ~Source()
    {
        offer(-1);
        wake_.notify();
    }
    [[nodiscard]] int port() const { return listener_.port(); }

    /// There are orders up to that number now.
    void offer(int last)
    {
        offered_ = last;
        offered_.notify_all();
    }
    /// Returns when it has been told that they are stored.
    void awaitTold(int last) const
    {
        for (int now = told_; now < last; now = told_) told_.wait(now);
    }

private:
    void serve()
    {
        while (offered_ >= 0) {
            auto const peer = listener_.accept(wake_);
            if (!peer) return;
            try {
                while (sendNext(peer)) {}
            } catch (StreamError const&) {  // the connection is gone
            }
        }
    }
    bool sendNext(io::Socket const& peer)
    {
        int const next = told_ + 1;
        for (int now = offered_; now >= 0 && now < next; now = offered_) offered_.wait(now);
        if (offered_ < 0) return false;
        peer.writeAll(std::to_string(next) + " order\n");
        if (++sent_ == 3) return false;  // the connection breaks: it will not hear that 3 is stored
        char answer[16];
        if (peer.read(answer, wake_).status != io::ReadStatus::data) return false;
        told_ = next;
        told_.notify_all();
        return true;
    }

    io::Wakeup wake_;
    io::Listener listener_;
    std::atomic<int> offered_{0};
    std::atomic<int> told_{0};
    int sent_ = 0;
    std::jthread thread_{[this] { serve(); }};
};

struct Orders {
    int port;
    int last = 0;  // the number of the last order that is stored

    void restore(std::string_view position) { last = decode<int>(position); }

    void run(std::stop_token stop, Store<std::string>& store)
    {
        io::Wakeup const wake;
        std::stop_callback const onStop{stop, [&] { wake.notify(); }};
        auto const socket = io::Socket::connect("127.0.0.1", port, wake);
        if (!socket) return;
        std::string line;
        for (char byte = 0;;) {
            auto const got = socket.read({&byte, 1}, wake);
            if (got.status == io::ReadStatus::interrupted) return;
            if (got.status == io::ReadStatus::end) throw StreamError{"the source has closed"};  // it is started again
            line += byte;
            if (byte != '\n') continue;
            int const number = std::stoi(line);
            line.pop_back();
            if (number > last) {
                if (!store.upTo(std::vector{line}, encode(number))) return;
                last = number;
            }
            line.clear();
            socket.writeAll(std::to_string(number) + '\n');  // it lasts
        }
    }
};

/// What one process does: it prints how often each order is there in all, takes those up to `last`, and ends without grace.
void live(std::string const& directory, Source& source, Time now, int last)
{
    ManualClock const clock{now};
    StreamingContext ssc{{.master = "local[2]", .receiverRestartDelay = 0s, .clock = clock, .log = silent}, 1s};
    checkpoint(ssc, directory);
    auto const countUp = [](std::string_view, std::optional<int> by, State<int>& count) {
        count.update(count.getOption().value_or(0) + by.value_or(0));
        return 0;
    };
    receiverStream(ssc, Orders{source.port()}) | named("orders") | checkpoint() |
        map([](auto const& order) { return std::pair{order, 1}; }) | mapWithState(StateSpec{countUp}) | named("counts") | checkpoint() |
        stateSnapshots() | sortByKey(true, 1) | foreachRDD([](auto counts, Time t) {
            std::printf("%s:", t.toString().c_str());
            for (auto const& [order, count] : counts | collect()) std::printf(" %s x %d;", order.c_str(), count);
            std::puts("");
        });
    ssc.start();
    source.offer(last - 2);
    source.awaitTold(last - 2);
    clock.advance(1s);
    ssc.awaitBatches();
    source.offer(last);
    source.awaitTold(last);
    ssc.stop();  // the last two are in no batch
}

}  // namespace

int main()
{
    std::string const directory = "/tmp/sluice-reliable-receiver-example";
    io::removeTree(directory);
    Source source;
    live(directory, source, Time{0s}, 6);
    live(directory, source, Time{1s}, 9);
    live(directory, source, Time{2s}, 11);
    io::removeTree(directory);
}
