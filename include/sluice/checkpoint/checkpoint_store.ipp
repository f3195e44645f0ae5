#pragma once

#include <sluice/checkpoint/checkpoint_store.hpp>
#include <sluice/codec/bytes.hpp>
#include <sluice/io/directory.hpp>
#include <sluice/io/thread.hpp>

#include <algorithm>
#include <utility>

#include <sys/resource.h>

namespace sluice::inline SLUICE_ABI::detail {

/// The first number of each record, and what follows it.
enum class CheckpointRecord : std::uint8_t {
    header = 1,  // text "sluice checkpoint", the version of the format, the number of the file; of version 3 how entries are compressed
    state,       // a number for it in this file, its name, the schemas of keys and states
    reset,       // the number of a state: what came before counts no more
    entries,     // the number of a state, in 4 bytes; CheckpointEntries
    begun,       // a batch: its time, positions
    commit,      // a batch, behind all that it has changed: its time, positions
    end,         // of an image, or of a log that another one follows: how many records there are before it
    packed       // of an image: as entries, of which one frame follows
};

inline constexpr std::string_view checkpointMagic = "sluice checkpoint";
inline constexpr std::uint64_t checkpointVersion = 3;  // 2 where nothing is compressed: earlier versions of the library read that

template <class Write>
std::string checkpointRecord(CheckpointRecord kind, Write&& write)
{
    std::string bytes;
    BinaryWriter writer{bytes};
    writer.number(static_cast<std::uint8_t>(kind));
    write(writer);
    writer.finish();
    return bytes;
}
[[gnu::cold]] inline std::string headerRecord(std::uint64_t number, Compression compression = Compression::none)
{
    bool const packs = compression != Compression::none;
    return checkpointRecord(CheckpointRecord::header, [&](BinaryWriter& writer) {
        writer.text(checkpointMagic);
        writer.size(packs ? checkpointVersion : 2);
        writer.size(number);
        if (packs) writer.size(static_cast<std::size_t>(compression));
    });
}
[[gnu::cold]] inline std::string stateRecord(std::size_t number, CheckpointedState const& state)
{
    return checkpointRecord(CheckpointRecord::state, [&](BinaryWriter& writer) {
        writer.size(number);
        writer.text(state.name);
        writer.text(state.keySchema);
        writer.text(state.stateSchema);
    });
}
[[gnu::cold]] inline std::string batchRecord(CheckpointRecord kind, Time time, std::string_view positions)
{
    return checkpointRecord(kind, [&](BinaryWriter& writer) {
        writer.number(time.microseconds());
        writer.text(positions);
    });
}
/// Writes the kind of a record of entries, and the number of its state, before what stands there.
inline void putKindOfEntries(std::string& roomAndRecord, std::uint32_t number, CheckpointRecord kind = CheckpointRecord::entries)
{
    auto* const at = roomAndRecord.data() + recordHeader;
    *at = static_cast<char>(kind);
    putNumber(at + 1, number);
}
[[gnu::cold]] inline CheckpointedState readState(BinaryReader& reader)
{
    CheckpointedState state;
    state.name = reader.text();
    state.keySchema = reader.text();
    state.stateSchema = reader.text();
    return state;
}
[[gnu::cold]] inline CheckpointedBatch readBatch(BinaryReader& reader)
{
    CheckpointedBatch batch;
    batch.time = Time{Duration{reader.number<std::int64_t>()}};
    batch.positions = reader.text();
    return batch;
}

/// f(kind, reader) with the record that a reader stands at.
template <class F>
void readRecord(std::string_view record, std::string const& path, F&& f)
{
    BinaryReader reader{record};
    reader.guard(path, [&] {
        auto const kind = static_cast<CheckpointRecord>(reader.number<std::uint8_t>());
        f(kind, reader);
    });
}
/// Answers who unpacks what is compressed in it.
[[gnu::cold]] inline Compressor const* requireHeader(BinaryReader& reader, std::string const& path, std::uint64_t number)
{
    if (reader.text() != checkpointMagic) throw StreamError{concat({"sluice::checkpoint: ", path, " is no file of a checkpoint"})};
    auto const version = reader.size();
    if (version != checkpointVersion && version != 2) {
        throw StreamError{concat({"sluice::checkpoint: ", path, " has format ", Digits{static_cast<std::size_t>(version)}.text(),
                                  ", and this program reads format ", Digits{static_cast<std::size_t>(checkpointVersion)}.text(),
                                  ": it was written by another version of the library"})};
    }
    if (reader.size() != number) throw StreamError{concat({"sluice::checkpoint: ", path, " was another file, and has been renamed"})};
    if (version == 2) return nullptr;
    if (reader.size() != static_cast<std::size_t>(Compression::zstd))
        throw StreamError{concat({"sluice::checkpoint: ", path, " is compressed in a way that this version of the library does not know"})};
    return compressorOf(Compression::zstd, concat({"sluice::checkpoint: ", path, " is compressed"}));
}

// ---- files --------------------------------------------------------------------------------------------------------------

[[gnu::cold]] inline CheckpointFiles CheckpointFiles::in(std::string const& directory)
{
    CheckpointFiles files;
    for (auto const& name : io::listNames(directory)) {
        std::string_view const text = name;
        auto const dash = text.find('-');
        if (dash == std::string_view::npos) continue;
        auto const kind = text.substr(0, dash);
        auto const digits = text.substr(dash + 1);
        if ((kind != "image" && kind != "log") || digits.empty() || digits.size() > 18) continue;
        if (digits.find_first_not_of("0123456789") != std::string_view::npos) continue;
        std::uint64_t number = 0;
        for (char const digit : digits) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
        (kind == "log" ? files.logs : files.images).push_back(number);
    }
    std::sort(files.images.begin(), files.images.end());
    std::sort(files.logs.begin(), files.logs.end());
    return files;
}
[[gnu::cold]] inline std::string CheckpointFiles::image(std::string const& directory, std::uint64_t number)
{
    return concat({directory, "/image-", Digits{static_cast<std::size_t>(number)}.text()});
}
[[gnu::cold]] inline std::string CheckpointFiles::log(std::string const& directory, std::uint64_t number)
{
    return concat({directory, "/log-", Digits{static_cast<std::size_t>(number)}.text()});
}

// ---- changes ------------------------------------------------------------------------------------------------------------

[[gnu::cold]] inline std::size_t CheckpointChanges::indexOf(CheckpointedState const& state)
{
    for (std::size_t i = 0; i < states.size(); ++i) {
        if (states[i].state.name != state.name) continue;
        states[i].state = state;
        return i;
    }
    states.push_back({state, false, {}});
    return states.size() - 1;
}

[[gnu::cold]] inline std::string_view CheckpointChanges::kept(std::string_view bytes)
{
    if (bytes_.empty() || bytes_.back().capacity() - bytes_.back().size() < bytes.size()) {
        std::size_t const usual = bytes_.size() < 4 ? std::size_t{256} << 10 : hugePage;
        bytes_.emplace_back();
        bytes_.back().reserve(bytes.size() < usual ? usual : bytes.size());
    }
    auto& block = bytes_.back();
    auto const before = block.size();
    block.resize(before + bytes.size());
    bytes.copy(block.data() + before, bytes.size());
    return {block.data() + before, bytes.size()};
}

[[gnu::cold]] inline void CheckpointChanges::take(CheckpointRecord kind, BinaryReader& reader)
{
    auto const numbered = [&](std::uint64_t number) -> std::size_t {
        if (number >= numbers_.size()) BinaryReader::fail(reader.at(), "the number of a state that has been named");
        return numbers_[static_cast<std::size_t>(number)];
    };
    switch (kind) {
        case CheckpointRecord::header: numbers_.clear(); break;
        case CheckpointRecord::state:
            if (reader.size() != numbers_.size()) BinaryReader::fail(reader.at(), "the next number of a state");
            numbers_.push_back(indexOf(readState(reader)));
            break;
        case CheckpointRecord::reset: staged_.push_back({numbered(reader.size()), true, {}}); break;
        case CheckpointRecord::entries: {
            auto const state = numbered(reader.number<std::uint32_t>());
            staged_.push_back({state, false, kept(reader.bytes(reader.left()))});
            break;
        }
        case CheckpointRecord::begun: begun(readBatch(reader)); break;
        case CheckpointRecord::commit: commit(readBatch(reader)); break;
        case CheckpointRecord::end: break;
        default: BinaryReader::fail(reader.at(), "a kind of record that is known");
    }
}

/// A start begins those again that were not finished before it: until it has come to those behind, they are what they were.
[[gnu::cold]] inline void CheckpointChanges::begun(CheckpointedBatch batch)
{
    auto at = unfinished.end();
    while (at != unfinished.begin() && (at - 1)->time >= batch.time) --at;
    if (at != unfinished.end() && at->time == batch.time) *at = std::move(batch);
    else unfinished.insert(at, std::move(batch));
}

[[gnu::cold]] inline void CheckpointChanges::commit(CheckpointedBatch batch)
{
    for (auto const& staged : staged_) {
        auto& changes = states[staged.state];
        if (staged.resets) {
            changes.whole = true;
            changes.entries.clear();
        } else {
            BinaryReader reader{staged.entries};
            reader.guard("entries of a checkpoint", [&] { changes.entries.put(reader); });
        }
    }
    staged_.clear();
    while (!unfinished.empty() && unfinished.front().time <= batch.time) unfinished.pop_front();
    last = std::move(batch);
}

// ---- reading ------------------------------------------------------------------------------------------------------------

[[gnu::cold]] inline CheckpointReader::CheckpointReader(std::string directory, Warn const& warn, std::uint64_t before)
    : directory_(std::move(directory))
{
    auto files = CheckpointFiles::in(directory_);
    std::erase_if(files.images, [&](std::uint64_t number) { return number >= before; });
    std::erase_if(files.logs, [&](std::uint64_t number) { return number >= before; });
    for (auto const* numbers : {&files.images, &files.logs}) {
        if (!numbers->empty() && numbers->back() > newest_) newest_ = numbers->back();
    }
    if (newest_ == 0) return;
    for (auto i = files.images.size(); i-- > 0 && image_ == 0;) {
        if (readImage(files.images[i], warn)) image_ = files.images[i];
    }
    auto const first = image_ == 0 ? 1 : image_;
    auto const has = [&](std::uint64_t number) { return std::binary_search(files.logs.begin(), files.logs.end(), number); };
    if (image_ == 0 && !has(1)) {
        throw StreamError{
            concat({"sluice::checkpoint: ", directory_, ": no image in it is whole, and the logs do not go back to the first: ",
                    "what was known is lost. An empty directory begins anew"})};
    }
    for (auto number = first; has(number) && !stopped_; ++number) readLog(number, !has(number + 1), warn);
    if (!stopped_ && !files.logs.empty() && log_ < files.logs.back()) {
        passedOver_ = true;
        warn(concat(
            {CheckpointFiles::log(directory_, log_ + 1 < first ? first : log_ + 1), " is missing: what later logs tell is passed over"}));
    }
    if (changes_.last) last_ = changes_.last;
    for (auto const& changes : changes_.states) know(changes.state);
}

[[gnu::cold]] inline void CheckpointReader::know(CheckpointedState const& state)
{
    for (auto& known : states_) {
        if (known.name != state.name) continue;
        known = state;
        return;
    }
    states_.push_back(state);
}

[[gnu::cold]] inline bool CheckpointReader::readImage(std::uint64_t number, Warn const& warn)
{
    auto const path = CheckpointFiles::image(directory_, number);
    std::vector<CheckpointedState> states;
    std::optional<CheckpointedBatch> newest;
    std::deque<CheckpointedBatch> unfinished;
    std::uint64_t records = 0;
    bool ended = false;
    RecordReader file{path};
    while (file.next()) {
        if (ended) break;
        readRecord(file.record(), path, [&](CheckpointRecord kind, BinaryReader& reader) {
            if (records == 0 && kind != CheckpointRecord::header) BinaryReader::fail(reader.at(), "the header of an image");
            if (kind == CheckpointRecord::header) static_cast<void>(requireHeader(reader, path, number));
            else if (kind == CheckpointRecord::state) static_cast<void>(reader.size()), states.push_back(readState(reader));
            else if (kind == CheckpointRecord::commit) newest = readBatch(reader);
            else if (kind == CheckpointRecord::begun) unfinished.push_back(readBatch(reader));
            else if (kind == CheckpointRecord::end) ended = reader.size() == records;
            ++records;
        });
    }
    if (!ended || !file.damage().empty()) {
        passedOver_ = true;
        warn(concat({file.damage().empty() ? concat({path, " is not whole"}) : file.damage(), "; what is older is read instead"}));
        return false;
    }
    states_ = std::move(states);
    last_ = std::move(newest);
    changes_.unfinished = std::move(unfinished);
    return true;
}

[[gnu::cold]] inline void CheckpointReader::readLog(std::uint64_t number, bool isLast, Warn const& warn)
{
    auto const path = CheckpointFiles::log(directory_, number);
    RecordReader file{path};
    log_ = number;
    end_ = counted_ = 0;
    std::uint64_t records = 0;
    ended_ = false;
    while (!ended_ && file.next()) {
        readRecord(file.record(), path, [&](CheckpointRecord kind, BinaryReader& reader) {
            if ((records == 0) != (kind == CheckpointRecord::header))
                BinaryReader::fail(reader.at(), "one header, at the beginning of a log");
            if (records == 0) static_cast<void>(requireHeader(reader, path, number));
            if (kind == CheckpointRecord::end) ended_ = reader.size() == records;
            else changes_.take(kind, reader);
            ++records;
            // What no commit has followed does not count.
            if (kind == CheckpointRecord::entries || kind == CheckpointRecord::reset || kind == CheckpointRecord::state) return;
            end_ = file.end();
            counted_ = records;
        });
    }
    changes_.drop();
    if (isLast) {
        if (!file.damage().empty()) warn(concat({file.damage(), ", perhaps since it was being written: it ends there"}));
    } else if (!ended_) {
        stopped_ = passedOver_ = true;
        warn(concat({file.damage().empty() ? concat({path, " has been cut"}) : file.damage(),
                     "; what follows, in it and in later logs, is passed over"}));
    }
}

[[nodiscard, gnu::cold]] inline std::string_view unpacked(Compressor const* compressor, std::string_view bytes, std::string const& path,
                                                          std::string& buffer)
{
    try {
        if (compressor == nullptr) throw StreamError{"its header does not say that it is compressed"};
        return compressor->unpack(bytes, longestRecord, buffer);
    } catch (StreamError const& error) {
        throw StreamError{concat({"sluice::checkpoint: ", path, ": ", error.what()})};
    }
}

[[gnu::cold]] inline void CheckpointReader::each(std::string_view name, Take const& take) const
{
    CheckpointChanges::Changes const* changed = nullptr;
    for (auto const& changes : changes_.states) {
        if (changes.state.name == name) changed = &changes;
    }
    if (image_ != 0 && !(changed != nullptr && changed->whole)) {
        auto const path = CheckpointFiles::image(directory_, image_);
        auto wanted = ~std::uint64_t{0};
        LatestEntries const none;
        auto const& known = changed != nullptr ? changed->entries : none;
        Compressor const* compressor = nullptr;
        std::string buffer;
        auto const takeAll = [&](BinaryReader& entries) {
            known.eachUnknown(entries, [&](std::string_view key, std::optional<std::string_view> value) {
                if (value) take(key, *value);
            });
        };
        RecordReader file{path};
        while (file.next()) {
            readRecord(file.record(), path, [&](CheckpointRecord kind, BinaryReader& reader) {
                if (kind == CheckpointRecord::header) {
                    compressor = requireHeader(reader, path, image_);
                } else if (kind == CheckpointRecord::state) {
                    auto const number = reader.size();
                    if (readState(reader).name == name) wanted = number;
                } else if (kind == CheckpointRecord::entries && reader.number<std::uint32_t>() == wanted) {
                    takeAll(reader);
                } else if (kind == CheckpointRecord::packed && reader.number<std::uint32_t>() == wanted) {
                    BinaryReader entries{unpacked(compressor, reader.bytes(reader.left()), path, buffer)};
                    takeAll(entries);
                }
            });
        }
        if (!file.damage().empty()) throw StreamError{concat({"sluice::checkpoint: ", file.damage()})};  // since it was looked at
    }
    if (changed == nullptr) return;
    changed->entries.each([&](std::string_view key, std::optional<std::string_view> value) {
        if (value) take(key, *value);
    });
}

// ---- a commit -----------------------------------------------------------------------------------------------------------

[[gnu::cold]] inline void CheckpointCommit::begin(CheckpointedState const& state)
{
    static_cast<void>(close());
    current_ = static_cast<std::size_t>(std::find(states_.begin(), states_.end(), state) - states_.begin());
    if (current_ == states_.size()) states_.push_back(state);
}

[[gnu::cold]] inline void CheckpointCommit::reset()
{
    static_cast<void>(close());
    parts_.push_back({current_, true, {}});
}

[[gnu::cold]] inline void CheckpointCommit::take(CheckpointEntries&& entries)
{
    if (!open_.empty()) static_cast<void>(close());
    for (auto& record : entries.taken()) {
        bytes_ += record.size();
        parts_.push_back({current_, false, std::move(record)});
    }
}

[[gnu::cold]] inline std::size_t CheckpointCommit::close()
{
    if (auto entries = std::exchange(open_, {}); !entries.empty()) take(std::move(entries));
    return bytes_;
}

// ---- writing ------------------------------------------------------------------------------------------------------------

[[gnu::cold]] inline CheckpointStore::CheckpointStore(std::string const& directory, CheckpointReader::Warn warn, Settings settings)
    : directory_(directory), lock_(directory), warn_(std::move(warn)), settings_(settings)
{
    for (auto const& name : io::listNames(directory_)) {  // images that a process was killed in: nobody else has the lock
        if (name.starts_with(".image-")) ::unlink(concat({directory_, "/", name}).c_str());
    }
    reader_.emplace(directory_, warn_);
    auto const next = reader_->newest_ + 1;
    if (reader_->passedOver_ && !reader_->empty()) {
        makeImage(*reader_, next);  // what was passed over is not looked at again
    } else if (reader_->log_ != 0) {
        // What was being written is no part of it: a log that another one follows has an end.
        log_.emplace(CheckpointFiles::log(directory_, reader_->log_), reader_->end_);
        number_ = reader_->log_;
        records_ = reader_->counted_;
        if (records_ == 0) append(headerRecord(number_));
        if (!reader_->ended_) endLog();
    }
    open(next);
    // Each start begins a log: they are not to become many.
    if (next > (reader_->image_ == 0 ? 1 : reader_->image_) + mostLogs) image();
}

[[gnu::cold]] inline CheckpointStore::~CheckpointStore() { awaitImage(); }

[[gnu::cold]] inline void CheckpointStore::open(std::uint64_t number)
{
    log_.emplace(CheckpointFiles::log(directory_, number));
    number_ = number;
    records_ = commits_ = 0;
    append(headerRecord(number));
    sync();
    io::syncDirectory(directory_);
    told_.clear();
}

[[gnu::cold]] inline void CheckpointStore::append(std::string_view record)
{
    log_->append(record);
    ++records_;
    if (log_->buffered() > writeAt) log_->write();
}

[[gnu::cold]] inline void CheckpointStore::endLog()
{
    append(checkpointRecord(CheckpointRecord::end, [&](BinaryWriter& writer) { writer.size(records_); }));
    log_->sync();
}

[[gnu::cold]] inline void CheckpointStore::begun(CheckpointedBatch const& batch)
{
    append(batchRecord(CheckpointRecord::begun, batch.time, batch.positions));
}

inline void CheckpointStore::append(CheckpointCommit::Part& part, std::uint32_t number)
{
    if (part.resets) return append(checkpointRecord(CheckpointRecord::reset, [&](BinaryWriter& writer) { writer.size(number); }));
    putKindOfEntries(part.record, number);
    log_->appendInPlace(part.record);
    ++records_;
}

[[gnu::cold]] inline void CheckpointStore::commit(CheckpointCommit&& commit, Callback<void()> const& between)
{
    if (log_->size() + commit.close() > synced_ + syncAt && between) between();
    std::vector<std::uint32_t> numbers;
    for (auto const& state : commit.states_) {
        auto const known = std::find(told_.begin(), told_.end(), state);
        auto const number = static_cast<std::size_t>(known - told_.begin());
        if (known == told_.end()) {
            append(stateRecord(number, state));
            told_.push_back(state);
        }
        numbers.push_back(static_cast<std::uint32_t>(number));
    }
    for (auto& part : commit.parts_) {
        append(part, numbers[part.state]);
        if (commit.memory != nullptr) commit.memory->give(std::move(part.record));
        if (log_->size() < synced_ + syncAt) continue;
        sync();
        if (between) between();
    }
    if (commit.memory != nullptr) commit.memory->settle();
    append(batchRecord(CheckpointRecord::commit, commit.time(), commit.positions));
    ++commits_;
    auto const most = std::max(settings_.leastLog, imageBytes_.load(std::memory_order_relaxed));
    if (commits_ < settings_.mostCommits && log_->size() < most) return;
    // Whoever writes more than an image keeps up with waits for it: else logs, and a start that reads them, would have no end.
    if (!imaged_.load(std::memory_order_acquire) && log_->size() < longestLog * most) return;
    endLog();
    open(number_ + 1);
    image();
}

[[gnu::cold]] inline void CheckpointStore::sync()
{
    log_->sync();
    synced_ = log_->size();
}

[[gnu::cold]] inline void CheckpointStore::awaitImage()
{
    if (imaging_.joinable()) imaging_.join();
}

/// Image N of what the logs before N tell, while log N is written.
[[gnu::cold]] inline void CheckpointStore::image()
{
    awaitImage();
    imaged_.store(false, std::memory_order_relaxed);
    auto const make = [this, number = number_] {
        try {
            makeImage(CheckpointReader{directory_, warn_, number}, number);
        } catch (std::exception const& error) {
            warn_(concat({"image ", Digits{static_cast<std::size_t>(number)}.text(), " was not made, the logs grow: ", error.what()}));
        }
        imaged_.store(true, std::memory_order_release);
    };
    try {
        imaging_ = io::startThread("sluice-image", {}, [make] {
            // Batches go first: a log that grows meanwhile is a longer one, no more. (The number is the thread's, and 0 stands for who asks.)
            ::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + 5);
            make();
        });
    } catch (std::exception const&) {
        make();  // no thread for it
    }
}

[[gnu::cold]] inline void CheckpointStore::makeImage(CheckpointReader const& reader, std::uint64_t number)
{
    if (reader.empty()) return;
    auto const staged = concat({directory_, "/.image-", Digits{static_cast<std::size_t>(number)}.text(), ".new"});
    RecordWriter file{staged};
    std::uint64_t records = 0;
    std::uint64_t synced = 0;
    auto const* const compressor = compressorOf(settings_.compression, "sluice::Config::compression");
    std::string packed;
    std::uint64_t bytes = 0;  // of entries, before they are compressed: logs are compared with them
    auto const add = [&](std::string const& record) {
        file.append(record);
        ++records;
        if (file.buffered() > writeAt) file.write();
    };
    try {
        add(headerRecord(number, settings_.compression));
        for (std::size_t i = 0; i < reader.states_.size(); ++i) {
            add(stateRecord(i, reader.states_[i]));
            CheckpointEntries entries;
            auto const addEntries = [&](std::size_t least) {
                if (entries.size() < least) return;
                for (auto& record : entries.taken()) {
                    bytes += record.size();
                    if (compressor != nullptr) {
                        packed.assign(CheckpointEntries::room, '\0');
                        compressor->pack(std::string_view{record}.substr(CheckpointEntries::room), packed);
                        record.swap(packed);
                    }
                    putKindOfEntries(record, static_cast<std::uint32_t>(i),
                                     compressor != nullptr ? CheckpointRecord::packed : CheckpointRecord::entries);
                    file.appendInPlace(record);
                    ++records;
                    // Batches wait for the disk, too: they do not wait for all of an image.
                    if (file.size() >= synced + syncAt) file.sync(), synced = file.size();
                }
            };
            reader.each(reader.states_[i].name, [&](std::string_view key, std::string_view state) {
                entries.put(key, state);
                addEntries(CheckpointEntries::full);
            });
            addEntries(0);
        }
        add(batchRecord(CheckpointRecord::commit, reader.last().time, reader.last().positions));
        for (auto const& batch : reader.unfinished()) add(batchRecord(CheckpointRecord::begun, batch.time, batch.positions));
        add(checkpointRecord(CheckpointRecord::end, [&](BinaryWriter& writer) { writer.size(records); }));
        file.sync();
        auto const path = CheckpointFiles::image(directory_, number);
        if (::rename(staged.c_str(), path.c_str()) != 0) io::detail::failAt("making the file", path, errno);
    } catch (...) {
        ::unlink(staged.c_str());
        throw;
    }
    io::syncDirectory(directory_);
    imageBytes_.store(bytes, std::memory_order_relaxed);
    removeOld(number, reader.image_);
}

/// What neither this image needs nor the one that it was made from, which is there for the day when this one is damaged.
[[gnu::cold]] inline void CheckpointStore::removeOld(std::uint64_t newest, std::uint64_t base) const
{
    auto const files = CheckpointFiles::in(directory_);
    for (auto const number : files.images) {
        if (number < newest && number != base) ::unlink(CheckpointFiles::image(directory_, number).c_str());
    }
    for (auto const number : files.logs) {
        if (number < base) ::unlink(CheckpointFiles::log(directory_, number).c_str());
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
