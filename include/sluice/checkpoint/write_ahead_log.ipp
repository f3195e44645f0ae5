#pragma once

#include <sluice/checkpoint/write_ahead_log.hpp>
#include <sluice/codec/bytes.hpp>
#include <sluice/io/directory.hpp>

#include <algorithm>

namespace sluice::inline SLUICE_ABI::detail {

/// The first byte of each record, and what follows it.
enum class LogRecord : std::uint8_t {
    header = 1,  // text "sluice received", the version of the format, the number of the file
    stream,      // a number for it in this file, its name, the schema of its records
    block        // its number (8 bytes), how many records (8), its stream, whether there is a position and that, the records
};

inline constexpr std::string_view receivedMagic = "sluice received";
inline constexpr std::uint64_t receivedVersion = 1;
inline constexpr std::string_view receivedPrefix = "received-";

// ---- blocks -------------------------------------------------------------------------------------------------------------

[[gnu::cold]] inline LogBlock::LogBlock(std::size_t stream, std::optional<std::string_view> position) : stream_(stream)
{
    BinaryWriter writer{bytes_};
    writer.number(static_cast<std::uint8_t>(LogRecord::block));
    writer.number(std::uint64_t{0});  // the number and how many they are: when that is known
    writer.number(std::uint64_t{0});
    writer.size(stream);
    writer.number(static_cast<std::uint8_t>(position ? 1 : 0));
    if (position) writer.text(*position);
}

// ---- files --------------------------------------------------------------------------------------------------------------

[[gnu::cold]] inline std::string WriteAheadLog::path(std::string const& directory, std::uint64_t number)
{
    return concat({directory, "/", receivedPrefix, Digits{static_cast<std::size_t>(number)}.text()});
}

[[gnu::cold]] inline std::vector<std::uint64_t> WriteAheadLog::filesIn(std::string const& directory)
{
    std::vector<std::uint64_t> numbers;
    for (auto const& name : io::listNames(directory)) {
        std::string_view digits = name;
        if (!digits.starts_with(receivedPrefix)) continue;
        digits.remove_prefix(receivedPrefix.size());
        if (digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string_view::npos) continue;
        std::uint64_t number = 0;
        for (char const digit : digits) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
        numbers.push_back(number);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

[[gnu::cold]] inline WriteAheadLog::WriteAheadLog(std::string directory, WriteAheadLogOptions const& options, Tell warn, Now now,
                                                  std::uint64_t mostBytes)
    : directory_(std::move(directory)), options_(options), warn_(std::move(warn)), now_(std::move(now)), mostBytes_(mostBytes)
{
    if (options_.maxFailures == 0) throw InvalidArgument{"sluice::WriteAheadLogOptions::maxFailures: it is tried at least once, got 0"};
    if (options_.rollingInterval <= Duration{0}) {
        throw InvalidArgument{
            concat({"sluice::WriteAheadLogOptions::rollingInterval must be positive, got ", toString(options_.rollingInterval)})};
    }
}

[[gnu::cold]] inline std::size_t WriteAheadLog::addStream(std::string name, std::string schema)
{
    streams_.push_back({std::move(name), std::move(schema), 0, {}});
    return streams_.size() - 1;
}

[[gnu::cold]] inline void WriteAheadLog::continueAt(std::size_t stream, std::uint64_t id)
{
    if (streams_[stream].next < id) streams_[stream].next = id;
}

[[gnu::cold]] inline void WriteAheadLog::note(std::size_t stream, std::uint64_t id, std::uint64_t file)
{
    auto& runs = streams_[stream].runs;
    if (runs.empty() || runs.back().file != file) runs.push_back({id, file});
    ++files_.back().needed;
}

// ---- reading ------------------------------------------------------------------------------------------------------------

[[gnu::cold]] inline void WriteAheadLog::read(Take const& take)
{
    auto const numbers = filesIn(directory_);
    for (auto const number : numbers) readFile(number, number == numbers.back(), take);
    Lock lock{monitor_};
    removeUnneeded(lock);
}

[[gnu::cold]] inline void WriteAheadLog::readFile(std::uint64_t number, bool isLast, Take const& take)
{
    auto const name = path(directory_, number);
    number_ = number;
    files_.push_back({number});
    std::vector<std::optional<std::pair<std::string, std::string>>> streams;
    std::uint64_t nameless = 0;  // records whose stream stood where the file is damaged
    auto const readRecord = [&](std::string_view record, BinaryReader& reader) {
        auto const kind = static_cast<LogRecord>(reader.number<std::uint8_t>());
        if (kind == LogRecord::header) {
            if (reader.text() != receivedMagic) throw StreamError{concat({"sluice::checkpoint: ", name, " is no log of receivers"})};
            if (auto const version = reader.size(); version > receivedVersion) {
                throw StreamError{concat({"sluice::checkpoint: ", name, " has format ", Digits{static_cast<std::size_t>(version)}.text(),
                                          ": it was written by a newer version of the library"})};
            }
            if (reader.size() != number)
                throw StreamError{concat({"sluice::checkpoint: ", name, " was another file, and has been renamed"})};
        } else if (kind == LogRecord::stream) {
            auto const index = static_cast<std::size_t>(reader.size());
            auto const text = reader.text();
            while (streams.size() <= index) streams.emplace_back();
            streams[index].emplace(text, reader.text());
        } else if (kind == LogRecord::block) {
            FoundBlock block;
            block.id = reader.number<std::uint64_t>();
            block.records = reader.number<std::uint64_t>();
            auto const stream = static_cast<std::size_t>(reader.size());
            if (stream >= streams.size() || !streams[stream]) {
                nameless += block.records;
                return;
            }
            block.stream = streams[stream]->first;
            block.schema = streams[stream]->second;
            if (reader.number<std::uint8_t>() != 0) block.position = reader.text();
            block.bytes = record.substr(reader.offset());
            if (!take(block)) return;
            for (std::size_t i = 0; i < streams_.size(); ++i) {
                if (streams_[i].name == block.stream) return note(i, block.id, number);
            }
        } else {
            BinaryReader::fail(reader.at(), "a kind of record that is known");
        }
    };
    RecordReader file{name};
    for (;;) {
        while (file.next()) {
            BinaryReader reader{file.record()};
            reader.guard(name, [&] { readRecord(file.record(), reader); });
        }
        if (file.damage().empty()) break;
        auto const damage = file.damage();
        auto const from = file.end();
        if (file.skipDamage()) {
            warn_(concat(
                {damage, "; what was received and stood there is lost, up to byte ", Digits{static_cast<std::size_t>(file.end())}.text()}));
            continue;
        }
        if (isLast) {
            warn_(concat({damage, ", perhaps since it was being written: it ends there"}));
            RecordWriter{name, from};
        } else {
            warn_(concat({damage, "; what was received and stood behind it in this file is lost"}));
        }
        break;
    }
    if (nameless > 0) {
        warn_(concat({name, " is damaged where it names its streams: ", Digits{static_cast<std::size_t>(nameless)}.text(),
                      " records of it are lost, since nobody knows whose they are"}));
    }
}

// ---- who stores ---------------------------------------------------------------------------------------------------------

[[gnu::cold]] inline std::uint64_t WriteAheadLog::push(LogBlock block, Waiting* waiting)
{
    if (block.bytes_.size() > longestRecord) {
        throw StreamError{concat({"sluice::checkpoint: what is stored at once has ", Digits{block.bytes_.size()}.text(),
                                  " bytes: the log takes at most 1 GiB"})};
    }
    auto const id = streams_[block.stream_].next;
    putNumber(block.bytes_.data() + 1, id);
    putNumber(block.bytes_.data() + 9, block.records_);
    queue_.push_back({std::move(block), id, waiting});
    ++streams_[queue_.back().block.stream_].next;
    ++posted_;
    return id;
}

[[gnu::cold]] inline std::uint64_t WriteAheadLog::post(LogBlock block)
{
    Lock lock{monitor_};
    auto const id = push(std::move(block), nullptr);
    waitingBytes_ += queue_.back().block.bytes_.size();
    if (waitingBytes_ >= mostWaiting) relieve(lock);
    return id;
}

[[gnu::cold]] inline bool WriteAheadLog::store(LogBlock block, std::uint64_t& id, Put put, void* context)
{
    Waiting waiting{put, context, false, nullptr};
    Lock lock{monitor_};
    if (closed_) return false;
    id = push(std::move(block), &waiting);
    while (!waiting.done) {
        if (leads_) monitor_.wait([&] { return !leads_ || waiting.done; });
        else lead(lock, options_.sync == LogSync::stores);
    }
    if (waiting.error != nullptr) std::rethrow_exception(waiting.error);
    return true;
}

[[gnu::cold]] inline void WriteAheadLog::sync()
{
    bool const syncs = options_.sync != LogSync::never;
    Lock lock{monitor_};
    auto const upTo = posted_;
    while ((syncs ? synced_ : written_) < upTo) {
        if (leads_) monitor_.wait([&] { return !leads_; });
        else lead(lock, syncs);
    }
}

[[gnu::cold]] inline void WriteAheadLog::close() noexcept
{
    Lock const lock{monitor_};
    closed_ = true;
    monitor_.wait(
        [&] { return !leads_ && std::all_of(queue_.begin(), queue_.end(), [](Item const& item) { return item.waiting == nullptr; }); });
    queue_.clear();
}

// ---- who writes ---------------------------------------------------------------------------------------------------------

/// Writes all that waits. What fails is told to those who wait; the others' blocks go on waiting, and it is thrown where there are any.
[[gnu::cold]] inline void WriteAheadLog::lead(Lock& lock, bool syncs)
{
    leads_ = true;
    std::deque<Item> items;
    items.swap(queue_);
    waitingBytes_ = 0;
    auto const upTo = posted_;
    lock.unlock();
    auto const error = tryWrite(items, syncs);
    if (error == nullptr) {
        {
            Lock const noting{monitor_};
            for (auto const& item : items) note(item.block.stream_, item.id, number_);
        }
        for (auto& item : items) {
            if (item.waiting == nullptr) continue;
            try {
                item.waiting->put(item.waiting->context, item.id);
            } catch (...) {
                item.waiting->error = std::current_exception();
            }
        }
    }
    lock.lock();
    bool kept = false;
    for (auto i = items.size(); i-- > 0;) {
        auto& item = items[i];
        if (item.waiting != nullptr) {
            if (error != nullptr) item.waiting->error = error;
            item.waiting->done = true;
        } else if (error != nullptr) {
            queue_.push_front(std::move(item));
            kept = true;
        }
    }
    leads_ = false;
    monitor_.notifyAll();
    if (error != nullptr) {
        if (kept || items.empty()) std::rethrow_exception(error);
        return;
    }
    written_ = upTo;
    if (syncs) synced_ = upTo;
    removeUnneeded(lock);
}

/// By who may hold what others need, to whom a write is told: it waits for nobody, and writes nothing that somebody waits for, who does that
/// himself. What fails goes on waiting, and is tried again by who syncs.
[[gnu::cold]] inline void WriteAheadLog::relieve(Lock& lock)
{
    if (leads_ || std::any_of(queue_.begin(), queue_.end(), [](Item const& item) { return item.waiting != nullptr; })) return;
    std::deque<Item> items;
    items.swap(queue_);
    waitingBytes_ = 0;
    auto const upTo = posted_;
    leads_ = true;
    lock.unlock();
    auto const error = tryWrite(items, false);
    lock.lock();
    if (error == nullptr) {
        for (auto const& item : items) note(item.block.stream_, item.id, number_);
        written_ = upTo;
    } else {
        for (; !items.empty(); items.pop_back()) queue_.push_front(std::move(items.back()));
    }
    leads_ = false;
    monitor_.notifyAll();
}

[[gnu::cold]] inline std::exception_ptr WriteAheadLog::tryWrite(std::deque<Item> const& items, bool syncs)
{
    if (broken_ != nullptr) return broken_;
    std::exception_ptr error;
    for (unsigned attempt = 0; attempt < options_.maxFailures && broken_ == nullptr; ++attempt) {
        try {
            writeGroup(items, syncs);
            return nullptr;
        } catch (...) {
            error = std::current_exception();
        }
        leaveFile();
    }
    return broken_ != nullptr ? broken_ : error;
}

[[gnu::cold]] inline void WriteAheadLog::writeGroup(std::deque<Item> const& items, bool syncs)
{
    if (!items.empty() && (!file_ || file_->size() >= mostBytes_ || now_() - opened_ >= options_.rollingInterval)) roll();
    if (!file_) return;  // nothing was ever stored
    for (auto const& item : items) file_->append(item.block.bytes_);
    file_->write();
    if (syncs) syncFile();
    whole_ = file_->size();
}

[[gnu::cold]] inline void WriteAheadLog::syncFile()
{
    try {
        file_->sync();
    } catch (...) {
        if (lasting_ < whole_) broken_ = std::current_exception();  // what was stored before: nobody could store it again
        throw;
    }
    lasting_ = file_->size();
}

[[gnu::cold]] inline void WriteAheadLog::roll()
{
    if (file_ && options_.sync != LogSync::never) syncFile();
    file_.reset();
    auto const number = number_ + 1;
    {
        Lock const lock{monitor_};
        files_.push_back({number});
    }
    number_ = number;
    whole_ = lasting_ = 0;
    opened_ = now_();
    file_.emplace(path(directory_, number));
    auto const append = [this](LogRecord kind, auto&& write) {
        std::string bytes;
        BinaryWriter writer{bytes};
        writer.number(static_cast<std::uint8_t>(kind));
        write(writer);
        writer.finish();
        file_->append(bytes);
    };
    append(LogRecord::header, [&](BinaryWriter& writer) {
        writer.text(receivedMagic);
        writer.size(receivedVersion);
        writer.size(number);
    });
    for (std::size_t i = 0; i < streams_.size(); ++i) {
        append(LogRecord::stream, [&](BinaryWriter& writer) {
            writer.size(i);
            writer.text(streams_[i].name);
            writer.text(streams_[i].schema);
        });
    }
    if (options_.sync != LogSync::never) io::syncDirectory(directory_);
}

/// What could not be written is cut off: who was told that it was refused stores it again. The next one goes to a new file.
[[gnu::cold]] inline void WriteAheadLog::leaveFile()
{
    if (!file_) return;
    auto const name = file_->path();
    file_.reset();
    try {
        RecordWriter{name, whole_};
    } catch (...) {
        broken_ = std::current_exception();
    }
}

// ---- what is not needed any more ----------------------------------------------------------------------------------------

[[gnu::cold]] inline void WriteAheadLog::letGo(std::size_t stream, std::vector<std::uint64_t> const& ids)
{
    Lock lock{monitor_};
    auto const& runs = streams_[stream].runs;
    for (auto const id : ids) {
        auto const behind =
            std::upper_bound(runs.begin(), runs.end(), id, [](std::uint64_t n, Stream::Run const& run) { return n < run.first; });
        if (behind == runs.begin()) continue;
        for (auto& file : files_) {
            if (file.number == (behind - 1)->file && file.needed > 0) --file.needed;
        }
    }
    removeUnneeded(lock);
}

[[gnu::cold]] inline void WriteAheadLog::removeUnneeded(Lock&)
{
    if (leads_) return;  // who leads does it
    for (auto i = files_.size(); i-- > 0;) {
        auto const number = files_[i].number;
        if (files_[i].needed > 0 || (file_ && number == number_)) continue;
        ::unlink(path(directory_, number).c_str());
        files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(i));
        for (auto& stream : streams_) std::erase_if(stream.runs, [number](Stream::Run const& run) { return run.file == number; });
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
