#pragma once

#include <sluice/batch/callback.hpp>
#include <sluice/checkpoint/record_file.hpp>
#include <sluice/io/monitor.hpp>
#include <sluice/stream/time.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What receivers have stored, in files of records, `received-N`, each with what was stored since the one before it. All receivers of a
// context write to one log: whoever waits until what he has stored lasts waits for the same sync as all others who do.

namespace sluice::inline SLUICE_ABI {

/// When what is written to a `WriteAheadLogOptions` log is synced: until then it outlasts the end of the process, and not yet a power cut.
///
/// ```cpp
/// CHECK(WriteAheadLogOptions{}.sync == LogSync::stores);
/// ```
enum class LogSync {
    stores,   ///< before `store` returns, for all that wait by one sync
    batches,  ///< before a batch has effects
    never     ///< when the system sees fit
};

/// The log of what receivers have stored: see `checkpoint`. Spark's settings `spark.streaming.receiver.writeAheadLog.*`.
///
/// ```cpp
/// WriteAheadLogOptions const log{.rollingInterval = 10s, .sync = LogSync::batches};
/// CHECK(log.maxFailures == 3);
/// ```
struct WriteAheadLogOptions {
    /// How long one file is written to, by the context's clock, or until it has 64 MiB. It is removed when all batches that have of it are
    /// done.
    Duration rollingInterval = std::chrono::seconds{60};
    /// How often it is tried to write what was stored, each time to a new file, until `store` throws, or the batch fails.
    unsigned maxFailures = 3;
    LogSync sync = LogSync::stores;
};

namespace detail {

/// Records of one stream that are stored together, on their way to the log: behind what it begins with stands what they are encoded to.
class LogBlock {
public:
    LogBlock() = default;
    /// A position is where the source stands behind them.
    [[gnu::cold]] explicit LogBlock(std::size_t stream, std::optional<std::string_view> position = {});

    [[nodiscard]] std::string& bytes() noexcept { return bytes_; }
    [[nodiscard]] bool empty() const noexcept { return records_ == 0; }
    void add(std::uint64_t records) noexcept { records_ += records; }

private:
    friend class WriteAheadLog;
    std::string bytes_;
    std::size_t stream_ = 0;
    std::uint64_t records_ = 0;
};

/// A block as it is found.
struct FoundBlock {
    std::string_view stream;  // its name
    std::string_view schema;  // of its records, encoded
    std::uint64_t id = 0;     // ascending in its stream
    std::uint64_t records = 0;
    std::optional<std::string_view> position;
    std::string_view bytes;
};

/// A log in a directory, of which somebody has the lock. Any thread may store.
class WriteAheadLog final : public RefCounted {
public:
    using Tell = Callback<void(std::string const& text)>;
    using Now = Callback<Time()>;
    /// Whether it is still needed.
    using Take = Callback<bool(FoundBlock const& block)>;
    using Put = void (*)(void* context, std::uint64_t id);
    static constexpr std::uint64_t usualBytes = std::uint64_t{64} << 20;

    /// maxFailures of 0, a rolling interval that is not positive: `InvalidArgument`.
    [[gnu::cold]] WriteAheadLog(std::string directory, WriteAheadLogOptions const& options, Tell warn, Now now,
                                std::uint64_t mostBytes = usualBytes);

    /// Before all else: the streams, by number, and what a directory has. What is damaged is named, with the byte, to warn; what is whole
    /// in front of it and behind it is read. Behind the last whole record the last file is cut.
    [[gnu::cold]] std::size_t addStream(std::string name, std::string schema);
    [[gnu::cold]] void read(Take const& take);
    /// The next block of a stream has that number, or a higher one.
    [[gnu::cold]] void continueAt(std::size_t stream, std::uint64_t id);

    /// Puts a block behind those before it, and answers its number. It lasts when sync() has returned. Where very much waits to be written
    /// that is written now: memory is bounded, whatever comes until somebody syncs.
    [[gnu::cold]] std::uint64_t post(LogBlock block);
    /// The same, and returns when it lasts, and put(context, id) has been called by some thread: for the blocks of a stream one after
    /// another, in their order. False: the log is closed. What cannot be written, or what put threw, is thrown; `id` is told in any case.
    [[gnu::cold]] bool store(LogBlock block, std::uint64_t& id, Put put, void* context);
    /// Returns when all that was posted or stored before lasts.
    [[gnu::cold]] void sync();

    /// Nobody needs these any more.
    [[gnu::cold]] void letGo(std::size_t stream, std::vector<std::uint64_t> const& ids);
    /// Nothing is stored any more.
    [[gnu::cold]] void close() noexcept;

    [[nodiscard, gnu::cold]] static std::string path(std::string const& directory, std::uint64_t number);
    /// The numbers of the files that there are, ascending.
    [[nodiscard, gnu::cold]] static std::vector<std::uint64_t> filesIn(std::string const& directory);

private:
    struct Stream {
        std::string name;
        std::string schema;
        std::uint64_t next = 0;
        struct Run {
            std::uint64_t first;  // of the ids that lie in a file
            std::uint64_t file;
        };
        std::vector<Run> runs;
    };
    struct File {
        std::uint64_t number;
        std::uint64_t needed = 0;  // blocks
    };
    struct Waiting {
        Put put;
        void* context;
        bool done = false;
        std::exception_ptr error;
    };
    struct Item {
        LogBlock block;
        std::uint64_t id;
        Waiting* waiting;
    };
    using Lock = std::unique_lock<io::Monitor>;

    static constexpr std::size_t mostWaiting = std::size_t{16} << 20;  // bytes for which nobody waits

    [[gnu::cold]] std::uint64_t push(LogBlock block, Waiting* waiting);
    [[gnu::cold]] void readFile(std::uint64_t number, bool isLast, Take const& take);
    [[gnu::cold]] void note(std::size_t stream, std::uint64_t id, std::uint64_t file);
    [[gnu::cold]] void lead(Lock& lock, bool syncs);
    [[gnu::cold]] void relieve(Lock& lock);
    [[gnu::cold]] std::exception_ptr tryWrite(std::deque<Item> const& items, bool syncs);
    [[gnu::cold]] void writeGroup(std::deque<Item> const& items, bool syncs);
    [[gnu::cold]] void roll();
    [[gnu::cold]] void syncFile();
    [[gnu::cold]] void leaveFile();
    [[gnu::cold]] void removeUnneeded(Lock& lock);

    std::string directory_;
    WriteAheadLogOptions options_;
    Tell warn_;
    Now now_;
    std::uint64_t mostBytes_;

    // Of who leads.
    std::optional<RecordWriter> file_;
    std::uint64_t number_ = 0;   // of the file
    std::uint64_t whole_ = 0;    // its bytes that count
    std::uint64_t lasting_ = 0;  // those of them that have been synced
    Time opened_{};
    std::exception_ptr broken_;  // what was refused could not be cut off

    io::Monitor monitor_;  // over what follows
    std::vector<Stream> streams_;
    std::deque<File> files_;
    std::deque<Item> queue_;
    std::size_t waitingBytes_ = 0;  // of what post() has put there since somebody wrote
    bool leads_ = false;            // somebody writes
    bool closed_ = false;
    std::uint64_t posted_ = 0;
    std::uint64_t written_ = 0;
    std::uint64_t synced_ = 0;
};

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI

#include <sluice/checkpoint/write_ahead_log.ipp>
