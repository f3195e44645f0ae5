#include <sluice/operators.hpp>
#include <sluice/outputs.hpp>
#include <sluice/runtime.hpp>
#include <sluice/sources.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// A system that refuses: the k-th thread, allocation, descriptor or write of a whole program fails, or all from the k-th on,
// for each k up to the last that is reached. Each life is a process of its own: it must not die, nor hang; whoever
// asked is told, or nothing is missing; and nothing is left behind.
//
//   failing_resources            a sample of them, as the checks run it
//   failing_resources all        every k
//   failing_resources threads memory descriptors disk   of these kinds only
//   failing_resources memory 417 once   this one alone, here, for a debugger

using namespace sluice;
using namespace std::chrono_literals;

// ---- what is refused ----------------------------------------------------------------------------------------------------

namespace {

enum Kind { threads, memory, descriptors, disk, none };
constexpr char const* kindNames[] = {"threads", "memory", "descriptors", "disk"};

std::atomic<bool> armed = false;
Kind refused = threads;
long atNumber = 0;  // from 1
bool onlyOne = true;
std::atomic<long> asked = 0;
thread_local int spared = 0;  // what belongs to the test, and not to the program

/// What the test does for itself is refused nothing.
struct Spared {
    Spared() { ++spared; }
    Spared(Spared const&) = delete;
    Spared& operator=(Spared const&) = delete;
    ~Spared() { --spared; }
};

bool refuses(Kind kind)
{
    if (!armed.load(std::memory_order_relaxed) || kind != refused || spared > 0) return false;
    auto const number = ++asked;
    return onlyOne ? number == atNumber : number >= atNumber;
}
bool wasRefused() { return asked >= atNumber; }

std::atomic<long> live = 0;

void* allocated(std::size_t bytes, std::size_t alignment)
{
    if (refuses(memory)) return nullptr;
    void* const at = alignment == 0 ? std::malloc(bytes > 0 ? bytes : 1)
                                    : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (at != nullptr) ++live;
    return at;
}
void* allocatedOrThrow(std::size_t bytes, std::size_t alignment)
{
    if (void* const at = allocated(bytes, alignment)) return at;
    throw std::bad_alloc{};
}
void released(void* at)
{
    if (at != nullptr) --live;
    std::free(at);
}

/// The function that this file stands in for: a sanitizer's, where it has one.
template <class F>
F* behind(F* sanitizers, char const* name)
{
    return sanitizers != nullptr ? sanitizers : reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) { return allocatedOrThrow(bytes, 0); }
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t a) { return allocatedOrThrow(bytes, static_cast<std::size_t>(a)); }
[[gnu::noinline]] void* operator new(std::size_t bytes, std::nothrow_t const&) noexcept { return allocated(bytes, 0); }
[[gnu::noinline]] void operator delete(void* at) noexcept { released(at); }
[[gnu::noinline]] void operator delete(void* at, std::size_t) noexcept { released(at); }
[[gnu::noinline]] void operator delete(void* at, std::align_val_t) noexcept { released(at); }
[[gnu::noinline]] void operator delete(void* at, std::size_t, std::align_val_t) noexcept { released(at); }
[[gnu::noinline]] void operator delete(void* at, std::nothrow_t const&) noexcept { released(at); }

#define STAND_IN(result, name, parameters, arguments, kind, refusal)                       \
    extern "C" result __interceptor_##name parameters __attribute__((weak));               \
    extern "C" result name parameters                                                      \
    {                                                                                      \
        static auto* const real = behind<result parameters>(&__interceptor_##name, #name); \
        if (refuses(kind)) refusal;                                                        \
        return real arguments;                                                             \
    }
#define FAIL(error, answer) \
    do {                    \
        errno = error;      \
        return answer;      \
    } while (false)

// Of this program's own code: what the C library does within, a sanitizer may be asking for.
extern "C" char __executable_start;
extern "C" char etext;
inline bool isOwn(void const* caller)
{
    return caller >= static_cast<void const*>(&__executable_start) && caller < static_cast<void const*>(&etext);
}
STAND_IN(void*, realloc, (void* at, std::size_t bytes) noexcept, (at, bytes), isOwn(__builtin_return_address(0)) ? memory : none,
         FAIL(ENOMEM, nullptr))
STAND_IN(int, pthread_create, (pthread_t * thread, pthread_attr_t const* how, void* (*run)(void*), void* with) noexcept,
         (thread, how, run, with), threads, return EAGAIN)
STAND_IN(int, socket, (int family, int type, int protocol) noexcept, (family, type, protocol), descriptors, FAIL(EMFILE, -1))
STAND_IN(int, accept4, (int fd, sockaddr* peer, socklen_t* size, int flags), (fd, peer, size, flags), descriptors, FAIL(EMFILE, -1))
STAND_IN(int, eventfd, (unsigned value, int flags) noexcept, (value, flags), descriptors, FAIL(EMFILE, -1))
STAND_IN(int, pipe, (int* ends) noexcept, (ends), descriptors, FAIL(EMFILE, -1))
STAND_IN(int, pipe2, (int* ends, int flags) noexcept, (ends, flags), descriptors, FAIL(EMFILE, -1))
STAND_IN(int, dup, (int fd) noexcept, (fd), descriptors, FAIL(EMFILE, -1))
STAND_IN(int, scandir, (char const* path, dirent*** all, int (*accepts)(dirent const*), int (*order)(dirent const**, dirent const**)),
         (path, all, accepts, order), descriptors, FAIL(EMFILE, -1))
STAND_IN(DIR*, opendir, (char const* path), (path), descriptors, FAIL(EMFILE, nullptr))
STAND_IN(int, getaddrinfo, (char const* host, char const* service, addrinfo const* hints, addrinfo** all), (host, service, hints, all),
         descriptors, FAIL(EMFILE, EAI_SYSTEM))
STAND_IN(int, mkdir, (char const* path, mode_t mode) noexcept, (path, mode), disk, FAIL(ENOSPC, -1))
STAND_IN(int, renameat2, (int from, char const* name, int to, char const* target, unsigned flags) noexcept, (from, name, to, target, flags),
         disk, FAIL(ENOSPC, -1))
STAND_IN(std::size_t, fwrite, (void const* at, std::size_t size, std::size_t n, FILE* file), (at, size, n, file), disk, FAIL(ENOSPC, 0))

extern "C" int __interceptor_open(char const* path, int flags, ...) __attribute__((weak));
extern "C" int open(char const* path, int flags, ...)
{
    static auto* const real = behind<int(char const*, int, ...)>(&__interceptor_open, "open");
    std::va_list more;
    va_start(more, flags);
    auto const mode = (flags & O_CREAT) != 0 ? va_arg(more, unsigned) : 0U;
    va_end(more);
    if (refuses(descriptors)) FAIL(EMFILE, -1);
    return real(path, flags, mode);
}
extern "C" ssize_t __interceptor_write(int fd, void const* at, std::size_t size) __attribute__((weak));
extern "C" ssize_t write(int fd, void const* at, std::size_t size)
{
    static auto* const real = behind<ssize_t(int, void const*, std::size_t)>(&__interceptor_write, "write");
    struct ::stat status{};
    if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && refuses(disk)) FAIL(ENOSPC, -1);
    return real(fd, at, size);
}

// ---- a life -------------------------------------------------------------------------------------------------------------

namespace {

[[noreturn]] void die(char const* what)
{
    armed = false;
    ::dprintf(2, "%s\n", what);
    ::_exit(1);
}
void require(bool holds, char const* what)
{
    if (!holds) die(what);
}

std::size_t entries(char const* folder)
{
    std::size_t n = 0;
    auto* const all = ::opendir(folder);
    while (::readdir(all) != nullptr) ++n;
    ::closedir(all);
    return n;
}

/// Sends a few lines to each that connects.
struct Server {
    int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int leave = ::eventfd(0, EFD_CLOEXEC);
    std::uint16_t port = 0;
    pthread_t thread{};

    Server()
    {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        if (::bind(listener, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listener, 16) != 0 ||
            ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
            die("no server");
        }
        port = ntohs(at.sin_port);
        ::pthread_create(
            &thread, nullptr,
            [](void* self) -> void* {
                ++spared;
                static_cast<Server*>(self)->serve();
                return nullptr;
            },
            this);
    }
    Server(Server const&) = delete;
    Server& operator=(Server const&) = delete;
    ~Server()
    {
        std::uint64_t const one = 1;
        if (::write(leave, &one, sizeof one) < 0) die("no end of the server");
        ::pthread_join(thread, nullptr);
        ::close(listener);
        ::close(leave);
    }

    void serve() const
    {
        std::string text;
        for (int i = 0; i < 20; ++i) text += "a b c\n";
        std::vector<int> peers;
        for (;;) {
            pollfd polled[2] = {{listener, POLLIN, 0}, {leave, POLLIN, 0}};
            ::poll(polled, 2, -1);
            if ((polled[1].revents & POLLIN) != 0) break;
            int const peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (peer < 0) continue;
            if (::send(peer, text.data(), text.size(), MSG_NOSIGNAL) >= 0) peers.push_back(peer);
        }
        for (int const peer : peers) ::close(peer);
    }
};

/// What has been told, by any way.
std::atomic<int> told = 0;

struct Watching : StreamingListener {
    std::atomic<int> events = 0;
    void onBatchCompleted(BatchCompleted const& e) override
    {
        events += static_cast<int>(e.batch.outputOperations.size());
        for (auto const& operation : e.batch.outputOperations) told += operation.failureReason.has_value();
    }
    void onBatchSkipped(BatchSkipped const&) override { ++told; }
    void onEventsDropped(EventsDropped const&) override { ++told; }
};

struct Lines {
    void run(std::stop_token stop, Store<std::string>& store) const
    {
        for (int i = 0; i < 20; ++i) {
            if (!store("a b c")) return;
        }
        std::atomic<bool> over = false;
        std::stop_callback const wake{stop, [&] {
                                          over = true;
                                          over.notify_all();
                                      }};
        over.wait(false);
    }
};

/// Another way to run a program: manual or on the wall, with threads or without.
struct Variant {
    char const* name;
    char const* master;
    bool onTheWall;
    std::size_t concurrentJobs;
    OnBatchFailure onBatchFailure;
    bool throws = false;  // a job does, some time
};
constexpr int variants = 5;
Variant variantOf(int i)
{
    if (i == 0) return {"manual, local[2], proceed", "local[2]", false, 1, proceed};
    if (i == 1) return {"on the wall, local[2], stop", "local[2]", true, 1, stop};
    if (i == 4) return {"manual, local[2], a job throws", "local[2]", false, 1, stop, true};
    if (i == 2) return {"inline, retry", "inline", false, 1, retry(1).then(proceed)};
    return {"manual, local[2], two jobs", "local[2]", false, 2, proceed};
}

template <class F>
bool orTold(F&& f)
{
    try {
        f();
        return true;
    } catch (...) {
        ++told;
        return false;
    }
}

/// Words and how often; each line has each of them once, so that they are counted alike in whatever is whole.
struct Counts {
    std::atomic<long> most = 0;
    template <class Batch>
    void see(Batch const& batch)
    {
        long all[3] = {0, 0, 0};
        batch | foreach ([&](auto const& entry) { all[std::string_view{entry.first}[0] - 'a'] += entry.second; });
        require(all[0] == all[1] && all[1] == all[2], "half of a batch has been counted");
        if (all[0] > most) most = all[0];
    }
};

void program(Variant const& variant, std::string const& folder, std::uint16_t port, Counts& state, Duration patience)
{
    ManualClock manual;
    Config config{.master = variant.master,
                  .appName = "a name that is not short",
                  .receiverRestartDelay = variant.onTheWall ? 1ms : 1s,
                  .concurrentJobs = variant.concurrentJobs,
                  .onBatchFailure = variant.onBatchFailure,
                  .log = [](LogEntry const& entry) { told += entry.level != LogLevel::info; }};
    if (!variant.onTheWall) config.clock = manual;
    auto const interval = variant.onTheWall ? Duration{3ms} : Duration{1s};
    StreamingContext ssc{std::move(config), interval};
    std::optional<StopOnSignal> onSignal;
    orTold([&] { onSignal.emplace(ssc); });
    auto const pushed = channelStream<std::string>(ssc);
    auto lines = socketTextStream(ssc, "127.0.0.1", port) | map([](std::string_view line) { return std::string(line); });
    auto all = lines | unionWith(pushed.stream, receiverStream<std::string>(ssc, Lines{}));
    auto words = all | flatMap(split()) | map([](std::string_view word) { return std::pair{std::string(word), 1L}; });
    auto counts = words | reduceByKey(std::plus{}) | cache();
    counts | saveAsTextFiles(folder + "/counts");
    counts | window(3 * interval, interval) | reduceByKey(std::plus{}) | foreachRDD([](auto const& batch) {
        Counts windowed;
        windowed.see(batch);
    });
    auto const add = [](std::vector<long> const& values, std::optional<long> const& old) {
        long sum = old.value_or(0);
        for (long const value : values) sum += value;
        return std::optional{sum};
    };
    words | updateStateByKey(add) | foreachRDD([&](auto const& batch) {
        state.see(batch);
        if (variant.throws && state.most > 30) throw std::runtime_error{"a function throws"};
    });
    auto* const file = std::tmpfile();
    std::unique_ptr<FILE, int (*)(FILE*)> const owner{file, std::fclose};
    if (file != nullptr) counts | print(10, file);

    auto watching = std::make_unique<Watching>();
    auto statistics = std::make_unique<StatisticsListener>();
    if (!orTold([&] { ssc.addStreamingListener(*watching); })) watching.reset();
    if (!orTold([&] { ssc.addStreamingListener(*statistics); })) statistics.reset();

    if (orTold([&] { ssc.start(); })) {
        if (!variant.onTheWall) {  // what is received comes, or it is told why not
            Spared const here;
            for (int i = 0; i < 20'000 && told == 0 && ssc.core()->inputs()[1]->received() + ssc.core()->inputs()[2]->received() < 40; ++i)
                ::usleep(1000);
        }
        for (int i = 0; i < 6; ++i) {
            for (int n = 0; n < 5; ++n) orTold([&] { pushed.channel.push("a b c"); });
            if (!variant.onTheWall) {
                manual.advance(interval);
                require(ssc.awaitBatches(50s), "the batches are not done");
            } else if (!orTold([&] { static_cast<void>(ssc.awaitTerminationOrTimeout(interval)); })) {
                break;
            }
        }
    }
    try {
        ssc.stop({.gracefully = true, .deadline = patience});
    } catch (...) {
        die("stop() threw");
    }
    require(ssc.getState() == ContextState::stopped, "the context is not stopped");
    orTold([&] { ssc.awaitTermination(); });
}

void life(Variant const& variant, std::string const& folder, bool warm = true)
{
    std::atomic<long> const liveBefore{live.load()};
    auto const threadsBefore = entries("/proc/self/task");
    auto const filesBefore = entries("/proc/self/fd");
    sigset_t masked;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &masked);
    Counts state;
    {
        Server const server;
        armed = true;
        // Where nothing is refused nothing may be told of, on the slowest machine.
        orTold([&] { program(variant, folder, server.port, state, warm ? 300ms : 600s); });
        armed = false;
    }
    require(StreamingContext::getActive() == nullptr, "a context is active still");
    for (int i = 0; i < 100'000 && entries("/proc/self/task") != threadsBefore; ++i) ::usleep(1000);  // joined, but not quite gone
    require(entries("/proc/self/task") == threadsBefore, "threads are left");
    require(entries("/proc/self/fd") == filesBefore, "descriptors are left");
    sigset_t after;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (int s = 1; s < 65; ++s) require(::sigismember(&masked, s) == ::sigismember(&after, s), "a signal is blocked");
    if (warm && live > liveBefore) ::dprintf(2, "%ld pieces: ", live - liveBefore);
    require(!warm || live <= liveBefore, "memory is left");
    // 30 that were pushed, 20 received, and 20 of the socket, where the wall gives it the time for them.
    if (wasRefused() && told == 0 && (variant.onTheWall ? state.most < 50 : state.most < 70)) {
        ::dprintf(2, "%ld lines ", state.most.load());
        die("nobody was told");
    }
}

// ---- all of them --------------------------------------------------------------------------------------------------------

struct Answer {
    bool reached = false;
    bool good = false;
    std::string how;
};

/// Where each life writes: names of places last as long as the process.
struct Folder {
    std::string path = "/tmp/sluice-failing-XXXXXX";
    Folder() { require(::mkdtemp(path.data()) != nullptr, "no folder"); }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    void empty() const
    {
        for (auto const& entry : std::filesystem::directory_iterator{path}) std::filesystem::remove_all(entry.path());
    }
};

Answer tryOne(Folder const& folder, int variant, Kind kind, long k, bool once)
{
    refused = kind;
    atNumber = k;
    onlyOne = once;
    asked = 0;
    int reached[2];
    if (::pipe(reached) != 0) return {false, false, "no pipe"};
    auto const child = ::fork();
    if (child == 0) {
        ::alarm(600);
        life(variantOf(variant), folder.path);
        if (::write(reached[1], wasRefused() ? "y" : "n", 1) != 1) ::_exit(2);
        ::_exit(0);
    }
    ::close(reached[1]);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    char answer = '?';
    if (::read(reached[0], &answer, 1) < 0) answer = '?';
    ::close(reached[0]);
    folder.empty();
    Answer out{answer != 'n', WIFEXITED(status) && WEXITSTATUS(status) == 0, ""};
    if (WIFSIGNALED(status)) out.how = WTERMSIG(status) == SIGALRM ? "it hangs" : "it died of signal " + std::to_string(WTERMSIG(status));
    return out;
}

}  // namespace

int main(int argc, char** argv)
{
    bool all = false;
    std::vector<Kind> kinds;
    for (int i = 1; i < argc; ++i) {
        all = all || std::string_view{argv[i]} == "all";
        for (auto const kind : {threads, memory, descriptors, disk}) {
            if (std::string_view{argv[i]} == kindNames[kind]) kinds.push_back(kind);
        }
    }
    if (kinds.empty()) kinds = {threads, memory, descriptors, disk};
    Spared const here;
    Folder const folder;
    // What a program keeps until it ends it has then, and no allocation of a life is one of that.
    refused = memory;
    atNumber = 1L << 60;
    for (int v = 0; v < variants; ++v) {
        --spared;
        life(variantOf(v), folder.path, false);
        ++spared;
        folder.empty();
        if (told > 0 && !variantOf(v).throws) {
            std::printf("%s: something failed where nothing was refused\n", variantOf(v).name);
            return 1;
        }
        told = 0;
    }
    if (argc > 4) {
        spared = 0;
        refused = kinds[0];
        atNumber = std::atol(argv[2]);
        onlyOne = std::string_view{argv[3]} == "once";
        asked = 0;
        life(variantOf(std::atoi(argv[4])), folder.path);
        return 0;
    }
    int bad = 0;
    for (auto const kind : kinds) {
        for (int v = 0; v < variants; ++v) {
            for (bool const once : {true, false}) {
                long tried = 0;
                long k = 1;
                long last = 0;
                long const step = all ? 1 : kind == memory ? 97 : kind == disk ? 5 : 3;
                for (int unreached = 0; unreached < (all ? 3 : 1); k += (!all && k < 4 ? 1 : step)) {
                    spared = 0;
                    auto const answer = tryOne(folder, v, kind, k, once);
                    spared = 1;
                    ++tried;
                    if (answer.reached) last = k;
                    unreached = answer.reached ? 0 : unreached + 1;
                    if (answer.good) continue;
                    std::printf("%s %ld %s (%s): %s\n", kindNames[kind], k, once ? "once" : "from then on", variantOf(v).name,
                                answer.how.c_str());
                    std::fflush(stdout);
                    if (++bad > (all ? 100 : 10)) return 1;
                }
                std::printf("%s, %s, %s: %ld tried up to %ld\n", kindNames[kind], once ? "once" : "from then on", variantOf(v).name, tried,
                            last);
                std::fflush(stdout);
            }
        }
    }
    return bad == 0 ? 0 : 1;
}
