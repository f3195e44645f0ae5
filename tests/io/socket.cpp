#include <sluice/io/socket.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sys/types.h>

using namespace std::literals;
using namespace sluice::io;
using sluice::IllegalState;
using sluice::InvalidArgument;
using sluice::StreamError;

namespace {

std::string errorOf(auto&& f)
{
    try {
        f();
    } catch (std::exception const& e) {
        return e.what();
    }
    return "no error";
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Both ends of one connection.
struct Connection {
    Wakeup wake;
    Listener listener;
    Socket client = Socket::connect("127.0.0.1", listener.port(), wake);
    Socket server = listener.accept(wake);
};

/// Reads to the end, in pieces of at most `piece` bytes.
std::string readAll(Socket const& from, Wakeup const& wake, std::size_t piece = 64 * 1024)
{
    std::string all;
    std::vector<char> buffer(piece);
    for (;;) {
        auto const got = from.read(buffer, wake);
        if (got.status != ReadStatus::data) return got.status == ReadStatus::end ? all : all + "<interrupted>";
        all.append(buffer.data(), got.bytes);
    }
}

/// A call on a thread of its own, and the means to know that it waits in the kernel: so that an interruption is seen
/// to end a wait, without a time to sleep.
template <class F>
class Waiting {
public:
    explicit Waiting(F f)
        : result_(std::async(std::launch::async, [this, f] {
              thread_ = ::gettid();
              return f();
          }))
    {
        while (!isAsleep()) std::this_thread::yield();
    }

    auto get() { return result_.get(); }

private:
    [[nodiscard]] bool isAsleep()
    {
        if (thread_ == 0) return false;
        std::ifstream file{"/proc/self/task/" + std::to_string(thread_) + "/stat"};
        std::string stat;
        // "12 (name) S 1 …"; a thread that has ended waits no more, which its result then shows
        return !std::getline(file, stat) || stat.substr(stat.rfind(')') + 2, 1) == "S";
    }

    std::atomic<pid_t> thread_{0};
    std::future<std::invoke_result_t<F>> result_;
};

/// A port of this machine where connecting waits: its queue is full, and nobody accepts.
class FullPort {
public:
    FullPort() : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        auto* const raw = reinterpret_cast<sockaddr*>(&address_);
        socklen_t size = sizeof address_;
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(listening_.get(), raw, size) == 0);
        REQUIRE(::listen(listening_.get(), 0) == 0);
        REQUIRE(::getsockname(listening_.get(), raw, &size) == 0);
        for (int i = 0; i < 8; ++i) {
            queued_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            static_cast<void>(::connect(queued_.back().get(), raw, size));
        }
    }

    [[nodiscard]] int port() const { return ntohs(address_.sin_port); }

private:
    sockaddr_in address_{};
    FileDescriptor listening_;
    std::vector<FileDescriptor> queued_;
};

std::atomic<int> pipeSignals{0};

bool isClosedOnExec(int fd) { return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0; }

}  // namespace

static_assert(std::is_nothrow_move_constructible_v<Socket> && !std::is_copy_constructible_v<Socket>);

TEST_CASE("nothing is inherited by programs that the host starts")
{
    Connection c;
    for (int const fd : {c.wake.fd(), c.listener.fd(), c.client.fd(), c.server.fd()}) CHECK(isClosedOnExec(fd));
}

TEST_CASE("bytes go both ways, and both sides have a name")
{
    Connection c;
    CHECK(c.client.peer() == "127.0.0.1:" + std::to_string(c.listener.port()));
    CHECK(contains(c.server.peer(), "127.0.0.1:"));

    std::array<char, 64> buffer{};
    c.client.writeAll("to be\n");
    auto got = c.server.read(buffer, c.wake);
    CHECK(got.status == ReadStatus::data);
    CHECK(std::string_view{buffer.data(), got.bytes} == "to be\n");

    c.server.writeAll("or not");
    got = c.client.read(std::span{buffer}.first(2), c.wake);  // the buffer bounds what is taken
    CHECK(std::string_view{buffer.data(), got.bytes} == "or");
    got = c.client.read(buffer, c.wake);
    CHECK(std::string_view{buffer.data(), got.bytes} == " not");

    c.client.writeAll("");
    c.client.writeAll("\0\xff"sv);
    got = c.server.read(buffer, c.wake);
    CHECK(std::string_view{buffer.data(), got.bytes} == "\0\xff"sv);
}

TEST_CASE("a host is found by name, through all of its addresses")
{
    // localhost may be ::1 first, where nobody listens.
    Wakeup const wake;
    Listener const listener;
    auto const client = Socket::connect("localhost", listener.port(), wake);
    CHECK(client);
    CHECK(listener.accept(wake));
    CHECK(client.peer() == "localhost:" + std::to_string(listener.port()));
}

TEST_CASE("a peer may be reached over IPv6")
{
    FileDescriptor const listening{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (!listening || ::bind(listening.get(), raw, size) != 0) {
        MESSAGE("this machine has no IPv6");
        return;
    }
    REQUIRE(::listen(listening.get(), 1) == 0);
    REQUIRE(::getsockname(listening.get(), raw, &size) == 0);
    int const port = ntohs(address.sin6_port);

    Wakeup const wake;
    auto const client = Socket::connect("::1", port, wake);
    Socket const server{FileDescriptor{::accept(listening.get(), nullptr, nullptr)}, "the client"};
    CHECK(client.peer() == "[::1]:" + std::to_string(port));
    server.writeAll("six");
    server.shutdownWrite();
    CHECK(readAll(client, wake) == "six");
}

TEST_CASE("ten megabytes arrive as they were sent, both ways at once")
{
    Connection c;
    std::string sent(10'000'000, '\0');
    std::uint32_t state = 1;
    for (auto& byte : sent) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<char>(state >> 24);
    }

    auto const send = [&](Socket const& from) {
        from.writeAll(sent);
        from.shutdownWrite();
    };
    std::thread there{send, std::cref(c.client)};
    std::thread back{send, std::cref(c.server)};
    auto echoed = std::async(std::launch::async, [&] { return readAll(c.client, c.wake, 4096); });
    // not CHECK(a == b): a failure would print both
    CHECK((readAll(c.server, c.wake) == sent));
    CHECK((echoed.get() == sent));
    there.join();
    back.join();
}

TEST_CASE("the end is told after the last byte, and again when asked again")
{
    Connection c;
    std::array<char, 64> buffer{};

    SUBCASE("when the peer closes")
    {
        c.client.writeAll("last");
        c.client.close();
        CHECK(!c.client);
        CHECK(readAll(c.server, c.wake) == "last");
        CHECK(c.server.read(buffer, c.wake).status == ReadStatus::end);
    }
    SUBCASE("when the peer ends its output, and still reads")
    {
        c.client.shutdownWrite();
        CHECK(c.server.read(buffer, c.wake).status == ReadStatus::end);
        c.server.writeAll("answer");
        c.server.close();
        CHECK(readAll(c.client, c.wake) == "answer");
        CHECK_NOTHROW(c.client.shutdownWrite());
    }
}

TEST_CASE("a connection that breaks is an error that names the peer")
{
    Connection c;
    linger const atOnce{1, 0};  // closing sends a reset
    REQUIRE(::setsockopt(c.client.fd(), SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce) == 0);
    auto const peer = c.server.peer();
    c.client.close();
    std::array<char, 8> buffer{};
    auto const error = errorOf([&] { static_cast<void>(c.server.read(buffer, c.wake)); });
    CHECK(error == "sluice::io: reading from " + peer + ": Connection reset by peer");
}

TEST_CASE("writing to a peer who is gone is an error, and no signal")
{
    struct sigaction counting{};
    struct sigaction before{};
    counting.sa_handler = [](int) { ++pipeSignals; };
    REQUIRE(::sigaction(SIGPIPE, &counting, &before) == 0);

    Connection c;
    c.client.close();
    std::string const chunk(100'000, 'x');
    auto const error = errorOf([&] {
        for (;;) c.server.writeAll(chunk);
    });
    CHECK(contains(error, "sluice::io: writing to " + c.server.peer() + ": "));
    CHECK_THROWS_AS(c.server.writeAll(chunk), StreamError);
    CHECK(pipeSignals == 0);
    REQUIRE(::sigaction(SIGPIPE, &before, nullptr) == 0);
}

TEST_CASE("a refused connection is told with host, port and cause")
{
    // bound, so that it is nobody else's, and not listened on
    FileDescriptor const bound{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    REQUIRE(::bind(bound.get(), raw, size) == 0);
    REQUIRE(::getsockname(bound.get(), raw, &size) == 0);
    int const port = ntohs(address.sin_port);

    Wakeup const wake;
    auto const text = errorOf([&] { static_cast<void>(Socket::connect("127.0.0.1", port, wake)); });
    CHECK(text == "sluice::io: cannot connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
    CHECK_THROWS_AS(static_cast<void>(Socket::connect("localhost", port, wake)), StreamError);
}

TEST_CASE("a socket that met itself is refused")
{
    FileDescriptor const self{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    REQUIRE(::bind(self.get(), raw, size) == 0);
    REQUIRE(::getsockname(self.get(), raw, &size) == 0);
    REQUIRE(::connect(self.get(), raw, size) == 0);  // so TCP works
    CHECK(detail::isConnectedToItself(self.get()));

    Connection const c;
    CHECK(!detail::isConnectedToItself(c.client.fd()));
}

TEST_CASE("an unknown host is told as such")
{
    Wakeup const wake;
    auto const text = errorOf([&] { static_cast<void>(Socket::connect("no such host", 80, wake)); });
    CHECK(contains(text, "sluice::io: cannot connect to no such host:80: unknown host: "));
}

TEST_CASE("a port that cannot be is named")
{
    Wakeup const wake;
    for (int const port : {0, -1, 65536}) {
        CHECK_THROWS_AS(static_cast<void>(Socket::connect("localhost", port, wake)), InvalidArgument);
    }
    CHECK(errorOf([&] { static_cast<void>(Socket::connect("localhost", 70000, wake)); }) ==
          "sluice::io::Socket::connect: the port is 70000, it must be between 1 and 65535");
    CHECK_THROWS_AS(Listener{-1}, InvalidArgument);
    CHECK_THROWS_AS(Listener{65536}, InvalidArgument);
}

TEST_CASE("a port is free again when its listener is gone, and taken until then")
{
    Wakeup const wake;
    int port = 0;
    {
        Listener const listener;
        port = listener.port();
        CHECK(errorOf([&] { Listener{port}; }) ==
              "sluice::io: cannot listen on 127.0.0.1:" + std::to_string(port) + ": Address already in use");
        auto const client = Socket::connect("127.0.0.1", port, wake);
        CHECK(listener.accept(wake));  // closed by us first: its address fades away for a minute
    }
    CHECK(Listener{port}.port() == port);
}

TEST_CASE("calls on a socket without connection are refused")
{
    Wakeup const wake;
    Socket const none;
    std::array<char, 8> buffer{};
    CHECK(!none);
    CHECK_THROWS_AS(static_cast<void>(none.read(buffer, wake)), IllegalState);
    CHECK_THROWS_AS(none.writeAll("x"), IllegalState);
    CHECK_THROWS_AS(none.shutdownWrite(), IllegalState);

    Connection c;
    CHECK_THROWS_AS(static_cast<void>(c.server.read({}, c.wake)), InvalidArgument);
}

TEST_CASE("a wakeup lasts until it is cleared, and comes before data")
{
    Connection c;
    std::array<char, 8> buffer{};
    c.client.writeAll("data");
    c.wake.notify();
    c.wake.notify();
    CHECK(c.wake.notified());
    CHECK(c.server.read(buffer, c.wake).status == ReadStatus::interrupted);
    CHECK(c.server.read(buffer, c.wake).status == ReadStatus::interrupted);
    CHECK(!c.listener.accept(c.wake));
    CHECK(!Socket::connect("127.0.0.1", c.listener.port(), c.wake));
    CHECK(!Socket::connect("no such host", 80, c.wake));
    CHECK(!c.server.writeAll("more", c.wake));

    c.wake.clear();
    c.wake.clear();  // does not wait
    CHECK(!c.wake.notified());
    auto const got = c.server.read(buffer, c.wake);
    CHECK(std::string_view{buffer.data(), got.bytes} == "data");
}

TEST_CASE("a call that waits is ended by a wakeup from another thread")
{
    Connection c;
    std::array<char, 8> buffer{};

    SUBCASE("reading")
    {
        Waiting reading{[&] { return c.server.read(buffer, c.wake).status; }};
        c.wake.notify();
        CHECK(reading.get() == ReadStatus::interrupted);
    }
    SUBCASE("accepting")
    {
        Waiting accepting{[&] { return static_cast<bool>(c.listener.accept(c.wake)); }};
        c.wake.notify();
        CHECK(!accepting.get());
    }
    SUBCASE("writing to a peer who does not read")
    {
        std::string const more(100'000'000, 'x');
        Waiting writing{[&] { return c.server.writeAll(more, c.wake); }};
        c.wake.notify();
        CHECK(!writing.get());
    }
    SUBCASE("connecting to a peer who does not answer")
    {
        FullPort const full;
        Waiting connecting{[&] { return static_cast<bool>(Socket::connect("127.0.0.1", full.port(), c.wake)); }};
        c.wake.notify();
        CHECK(!connecting.get());
    }
    SUBCASE("one wakeup ends them all")
    {
        Waiting reading{[&] { return c.server.read(buffer, c.wake).status; }};
        Waiting accepting{[&] { return static_cast<bool>(c.listener.accept(c.wake)); }};
        c.wake.notify();
        CHECK(reading.get() == ReadStatus::interrupted);
        CHECK(!accepting.get());
    }
}

TEST_CASE("a call that waits goes on when the thread handles a signal")
{
    struct sigaction noted{};
    struct sigaction before{};
    static std::atomic<int> signals;
    signals = 0;
    noted.sa_handler = [](int) { ++signals; };  // without SA_RESTART: poll answers EINTR
    REQUIRE(::sigaction(SIGUSR1, &noted, &before) == 0);

    Connection c;
    std::array<char, 8> buffer{};
    std::atomic<pthread_t> thread{};
    Waiting reading{[&] {
        thread = ::pthread_self();
        return c.server.read(buffer, c.wake).bytes;
    }};
    REQUIRE(::pthread_kill(thread, SIGUSR1) == 0);
    while (signals == 0) std::this_thread::yield();
    c.client.writeAll("data");
    CHECK(reading.get() == 4);
    REQUIRE(::sigaction(SIGUSR1, &before, nullptr) == 0);
}

TEST_CASE("what has come is taken without waiting")
{
    sluice::io::Wakeup const wake;
    sluice::io::Listener const listener;
    auto const client = sluice::io::Socket::connect("127.0.0.1", listener.port(), wake);
    auto const server = listener.accept(wake);
    char buffer[8];
    CHECK(server.pending() == 0);
    CHECK(server.takePending(buffer) == 0);
    client.writeAll("to be");
    while (server.pending() < 5) {}
    CHECK(server.takePending(std::span{buffer, 3}) == 3);
    CHECK(server.pending() == 2);
    CHECK(server.takePending(buffer) == 2);
    CHECK(std::string_view(buffer, 2) == "be");
    CHECK_THROWS_AS(static_cast<void>(sluice::io::Socket{}.pending()), sluice::IllegalState);
}
