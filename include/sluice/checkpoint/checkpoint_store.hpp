#pragma once

#include <sluice/batch/callback.hpp>
#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/batch/pages.hpp>
#include <sluice/checkpoint/checkpoint_entries.hpp>
#include <sluice/checkpoint/record_file.hpp>
#include <sluice/codec/bytes.hpp>
#include <sluice/codec/compression.hpp>
#include <sluice/io/directory_lock.hpp>
#include <sluice/stream/checkpointing.hpp>
#include <sluice/stream/time.hpp>

#include <atomic>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// One file although it is long: who writes the directory and who reads it share its records.
//
// A directory in which what must last across the ends of a process lasts: of states the entries, by key, as bytes; of batches what the
// inputs had, before their outputs run, and that they are done. It is a log and images of it (as a database has them):
//
//   log-N      what happened, record by record, since image N
//   image-N    all that was known when log N began, in the same form; log 1 begins with nothing
//   lock       of the process that writes here
//
// A commit costs what has changed. When a log is long against its image the next one is begun, and a thread of its own makes the next image
// out of the last one and the log. Two images are kept, and the logs since the older one: where the newer one is damaged nothing is lost.

namespace sluice::inline SLUICE_ABI::detail {

enum class CheckpointRecord : std::uint8_t;

/// What the batches of a checkpoint are known by.
struct CheckpointedBatch {
    Time time;
    std::string positions;  // of the inputs, as they wrote them
};

/// A state, as far as it can be known without the types of the program: their schemas are texts of the codec's.
struct CheckpointedState {
    std::string name;
    std::string keySchema;
    std::string stateSchema;
    bool operator==(CheckpointedState const&) const = default;
};

/// Which numbers a directory's files have, in order.
struct CheckpointFiles {
    std::vector<std::uint64_t> images;
    std::vector<std::uint64_t> logs;

    [[gnu::cold]] static CheckpointFiles in(std::string const& directory);
    [[nodiscard, gnu::cold]] static std::string image(std::string const& directory, std::uint64_t number);
    [[nodiscard, gnu::cold]] static std::string log(std::string const& directory, std::uint64_t number);
    bool operator==(CheckpointFiles const&) const = default;
};

/// What read() gives of a directory that another process may be writing: once more, where it throws and files have come or gone
/// meanwhile.
template <class Read>
auto readWhileWritten(std::string const& directory, Read&& read)
{
    constexpr int most = 20;  // each time two new images were made while it read
    for (int i = 1;; ++i) {
        auto const before = CheckpointFiles::in(directory);
        try {
            return read();
        } catch (StreamError const&) {
            if (i == most || CheckpointFiles::in(directory) == before) throw;
        }
    }
}

/// Of each key the last that is known: its bytes, which somebody else keeps, or none where it was removed. Keys are looked for several at a
/// time, since where they stand is mostly far away.
class LatestEntries {
public:
    using Entry = std::pair<std::string_view, std::optional<std::string_view>>;

    /// The entries that a reader stands at, up to its end.
    [[gnu::cold]] void put(BinaryReader& reader)
    {
        inBlocks(reader, [this](Entry const* entries, std::size_t n) { putBlock(entries, n); });
    }
    /// take(key, value) for each entry that a reader stands at whose key is not known here.
    template <class Take>
    void eachUnknown(BinaryReader& reader, Take&& take) const
    {
        inBlocks(reader, [&](Entry const* entries, std::size_t n) {
            std::uint32_t tags[block];
            for (std::size_t i = 0; i < n; ++i) index_.prefetch(tags[i] = tagOfKey(entries[i].first));
            for (std::size_t i = 0; i < n; ++i) {
                auto const& [key, value] = entries[i];
                if (index_.find(index_.tagFor(tags[i], key), IsKey{known_, key}) == KeyIndex::none) take(key, value);
            }
        });
    }
    void clear()
    {
        known_.clear();
        index_.clear();
    }
    /// take(key, value) for each, in the order in which keys came.
    template <class Take>
    void each(Take&& take) const
    {
        for (auto const& known : known_) take(known.keyText(), known.valueText());
    }

private:
    static constexpr std::size_t block = 32;

    /// There are many: no more than is needed. A record has at most 2^30 bytes.
    struct Known {
        char const* key;
        char const* value;
        std::uint32_t keySize;
        std::uint32_t valueSize;

        Known(std::string_view k, std::optional<std::string_view> v)
            : key(k.data()),
              value(v ? v->data() : nullptr),
              keySize(static_cast<std::uint32_t>(k.size())),
              valueSize(v ? static_cast<std::uint32_t>(v->size()) : 0)
        {
        }
        [[nodiscard]] std::string_view keyText() const { return {key, keySize}; }
        [[nodiscard]] std::optional<std::string_view> valueText() const
        {
            return value != nullptr ? std::optional{std::string_view{value, valueSize}} : std::nullopt;
        }
    };

    template <class F>
    static void inBlocks(BinaryReader& reader, F&& f)
    {
        Entry entries[block];
        std::size_t n = 0;
        CheckpointEntries::each(reader, [&](std::string_view key, std::optional<std::string_view> value) {
            entries[n++] = {key, value};
            if (n == block) f(entries, std::exchange(n, 0));
        });
        f(entries, n);
    }
    [[gnu::cold]] void putBlock(Entry const* entries, std::size_t n)
    {
        index_.reserve(known_.size() + n, [this](std::uint32_t number) { return known_[number].keyText(); });
        std::uint32_t tags[block];
        for (std::size_t i = 0; i < n; ++i) index_.prefetch(tags[i] = tagOfKey(entries[i].first));
        for (std::size_t i = 0; i < n; ++i) {
            if (auto const likely = index_.likely(tags[i]); likely < known_.size()) __builtin_prefetch(&known_[likely]);
        }
        for (std::size_t i = 0; i < n; ++i) {
            if (auto const likely = index_.likely(tags[i]); likely < known_.size()) __builtin_prefetch(known_[likely].key);
        }
        for (std::size_t i = 0; i < n; ++i) {
            Known const entry{entries[i].first, entries[i].second};
            auto const number = static_cast<std::uint32_t>(known_.size());
            if (known_.size() == known_.capacity()) known_.reserve(2 * known_.size() + block);
            auto const found = index_.findOrInsert(index_.tagFor(tags[i], entries[i].first), number, IsKey{known_, entries[i].first});
            if (found == number) known_.push_back(entry);
            else known_[found] = entry;
        }
    }

    struct IsKey {
        PageVector<Known> const& known;
        std::string_view key;
        bool operator()(std::uint32_t number) const { return known[number].keyText() == key; }
    };

    PageVector<Known> known_;
    KeyIndex index_;
};

/// What changed of the states since an image.
class CheckpointChanges {
public:
    struct Changes {
        CheckpointedState state;
        bool whole = false;  // what the image has of it counts no more
        LatestEntries entries;
    };

    /// The next record of a log.
    [[gnu::cold]] void take(CheckpointRecord kind, BinaryReader& reader);
    /// What no commit has followed was not.
    void drop() { staged_.clear(); }

    std::deque<Changes> states;  // in the order in which they were first heard of
    std::optional<CheckpointedBatch> last;
    std::deque<CheckpointedBatch> unfinished;

private:
    struct Staged {
        std::size_t state;
        bool resets;
        std::string_view entries;
    };

    [[gnu::cold]] void begun(CheckpointedBatch batch);
    [[gnu::cold]] void commit(CheckpointedBatch batch);
    [[nodiscard, gnu::cold]] std::size_t indexOf(CheckpointedState const& state);
    [[nodiscard, gnu::cold]] std::string_view kept(std::string_view bytes);

    std::deque<PageVector<char>> bytes_;
    std::vector<std::size_t> numbers_;  // the states of the current file
    std::vector<Staged> staged_;
};

/// What a directory of checkpoints holds: of its newest image that is whole, and the logs since, up to the last commit.
class CheckpointReader {
public:
    using Warn = Callback<void(std::string const& text)>;
    using Take = Callback<void(std::string_view key, std::string_view state)>;

    /// A damaged file is named to warn, and passed over for what is older and whole; where nothing whole is left, but there is something:
    /// `StreamError` that names it. A directory without checkpoints, or none at all, is empty.
    [[gnu::cold]] CheckpointReader(std::string directory, Warn const& warn)
        : CheckpointReader(std::move(directory), warn, ~std::uint64_t{0})
    {
    }

    [[nodiscard]] bool empty() const noexcept { return !last_; }
    /// The batch that was committed last; only where it is not empty.
    [[nodiscard]] CheckpointedBatch const& last() const { return *last_; }
    /// The batches that had begun behind it, in their order.
    [[nodiscard]] std::deque<CheckpointedBatch> const& unfinished() const noexcept { return changes_.unfinished; }
    [[nodiscard]] std::vector<CheckpointedState> const& states() const noexcept { return states_; }
    /// Whether something was damaged, and what is older was read instead.
    [[nodiscard]] bool passedOver() const noexcept { return passedOver_; }

    /// Each entry of a state, once, in no particular order.
    [[gnu::cold]] void each(std::string_view name, Take const& take) const;

private:
    friend class CheckpointStore;

    /// Of the logs before this number.
    [[gnu::cold]] CheckpointReader(std::string directory, Warn const& warn, std::uint64_t before);

    /// Whether there is a whole one of that number.
    [[gnu::cold]] bool readImage(std::uint64_t number, Warn const& warn);
    [[gnu::cold]] void readLog(std::uint64_t number, bool isLast, Warn const& warn);
    [[gnu::cold]] void know(CheckpointedState const& state);

    std::string directory_;
    std::uint64_t image_ = 0;  // 0: none, all is in the logs
    std::optional<CheckpointedBatch> last_;
    std::vector<CheckpointedState> states_;
    CheckpointChanges changes_;
    std::uint64_t log_ = 0;      // the last that was read; 0: none
    std::uint64_t end_ = 0;      // of what counts in it: bytes
    std::uint64_t counted_ = 0;  // and records
    bool ended_ = false;         // it says so
    std::uint64_t newest_ = 0;   // the highest number of a file
    bool stopped_ = false;       // that is damaged, and not at its end alone
    bool passedOver_ = false;    // something was
};

/// The changes of one batch, or of several, on their way to the store.
class CheckpointCommit final : public CheckpointSink {
public:
    explicit CheckpointCommit(Time time) : time_(time) {}

    /// What follows is of this state.
    [[gnu::cold]] void begin(CheckpointedState const& state);
    [[gnu::cold]] void reset() override;
    void put(std::string_view key, std::string_view value) override { open_.put(key, value); }
    void remove(std::string_view key) override { open_.remove(key); }
    [[gnu::cold]] void take(CheckpointEntries&& entries) override;
    /// The positions of the inputs behind the batch.
    std::string positions;

    /// Of the last batch.
    [[nodiscard]] Time time() const { return time_; }
    void setTime(Time time) { time_ = time; }
    /// What it takes of memory; nothing is added to it any more.
    [[nodiscard, gnu::cold]] std::size_t close();

private:
    friend class CheckpointStore;

    struct Part {
        std::size_t state;
        bool resets;
        std::string record;  // of entries, with room before it
    };

    Time time_;
    std::vector<CheckpointedState> states_;
    std::size_t current_ = 0;
    CheckpointEntries open_;  // of that state
    std::vector<Part> parts_;
    std::size_t bytes_ = 0;
};

/// A directory of checkpoints that this process writes. One thread at a time.
class CheckpointStore {
public:
    /// When the next log begins.
    struct Settings {
        std::uint64_t leastLog = std::uint64_t{8} << 20;  // bytes; a log may have as many, or those of its image
        std::uint64_t mostCommits = 1000;                 // of one log
        Compression compression = Compression::none;      // of images
    };

    /// Locks the directory, which is made where it is not there, and reads what it holds. In use by another process: `IllegalState`.
    [[gnu::cold]] CheckpointStore(std::string const& directory, CheckpointReader::Warn warn)
        : CheckpointStore(directory, std::move(warn), Settings{})
    {
    }
    [[gnu::cold]] CheckpointStore(std::string const& directory, CheckpointReader::Warn warn, Settings settings);
    CheckpointStore(CheckpointStore const&) = delete;
    CheckpointStore& operator=(CheckpointStore const&) = delete;
    [[gnu::cold]] ~CheckpointStore();

    /// What was there before.
    [[nodiscard]] CheckpointReader const& found() const { return *reader_; }
    /// It is not needed any more: its memory goes.
    void forget() { reader_.reset(); }

    /// A batch has begun. It lasts when sync() has returned.
    [[gnu::cold]] void begun(CheckpointedBatch const& batch);
    /// A batch is done, and what it has changed. It lasts when sync() has returned. A long one is synced in pieces; before the first and
    /// between them others may be told to have begun, and that be synced.
    [[gnu::cold]] void commit(CheckpointCommit&& commit, Callback<void()> const& between = {});
    [[gnu::cold]] void sync();

    /// Waits for an image that is on its way. What it throws has been told to warn.
    [[gnu::cold]] void awaitImage();

private:
    static constexpr std::size_t writeAt = std::size_t{4} << 20;     // bytes in the buffer
    static constexpr std::uint64_t syncAt = std::uint64_t{4} << 20;  // bytes: who syncs a few waits no longer than for so many
    static constexpr std::uint64_t mostLogs = 8;                     // behind an image, of as many starts
    static constexpr std::uint64_t longestLog = 8;                   // images, while the next one is made

    [[gnu::cold]] void open(std::uint64_t number);
    void append(std::string_view record);
    void append(CheckpointCommit::Part& part, std::uint32_t number);
    [[gnu::cold]] void endLog();
    [[gnu::cold]] void image();
    [[gnu::cold]] void makeImage(CheckpointReader const& reader, std::uint64_t number);
    [[gnu::cold]] void removeOld(std::uint64_t newest, std::uint64_t base) const;

    std::string directory_;
    io::DirectoryLock lock_;
    CheckpointReader::Warn warn_;
    Settings settings_;
    std::optional<CheckpointReader> reader_;
    std::optional<RecordWriter> log_;
    std::uint64_t number_ = 0;   // of the log
    std::uint64_t records_ = 0;  // in it
    std::uint64_t commits_ = 0;
    std::uint64_t synced_ = 0;  // bytes of it
    std::atomic<std::uint64_t> imageBytes_{0};
    std::vector<CheckpointedState> told_;  // the states that this log has names for, by number
    std::thread imaging_;
    std::atomic<bool> imaged_{true};  // it may be joined
};

}  // namespace sluice::inline SLUICE_ABI::detail

#include <sluice/checkpoint/checkpoint_store.ipp>
