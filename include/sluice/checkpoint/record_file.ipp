#pragma once

#include <sluice/checkpoint/record_file.hpp>
#include <sluice/codec/bytes.hpp>
#include <sluice/io/file_bytes.hpp>

#include <utility>

#if !__has_include(<xxhash.h>)
#error "sluice/checkpoint.hpp needs the header of xxHash: install libxxhash-dev"
#endif
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sluice::inline SLUICE_ABI::detail {

inline std::uint64_t checksumAt(std::uint64_t place, void const* bytes, std::size_t size) noexcept
{
    return XXH3_64bits_withSeed(bytes, size, place);
}

[[gnu::cold]] inline void putRecordHeader(char* to, std::uint64_t place, std::string_view record, std::string_view file)
{
    if (record.size() > longestRecord) {
        throw StreamError{concat(
            {"sluice::checkpoint: a record of ", Digits{record.size()}.text(), " bytes for ", file, ": at most 1 GiB can be one record"})};
    }
    putNumber(to, static_cast<std::uint32_t>(record.size()));
    putNumber(to + 4, static_cast<std::uint32_t>(checksumAt(place, to, 4)));
    putNumber(to + 8, checksumAt(place, record.data(), record.size()));
}

[[gnu::cold]] inline void appendRecord(std::string& to, std::uint64_t place, std::string_view record, std::string_view file)
{
    char header[recordHeader];
    putRecordHeader(header, place, record, file);
    to.append(header, sizeof header);
    to.append(record);
}

[[gnu::cold]] inline bool RecordHead::read(char const* bytes, std::uint64_t place)
{
    std::uint32_t checkOfSize = 0;
    getNumber(bytes, size);
    getNumber(bytes + 4, checkOfSize);
    getNumber(bytes + 8, check);
    return checkOfSize == static_cast<std::uint32_t>(checksumAt(place, bytes, 4)) && size <= longestRecord;
}

[[gnu::cold]] inline bool RecordHead::matches(std::string_view record, std::uint64_t place) const
{
    return checksumAt(place, record.data(), record.size()) == check;
}

[[gnu::cold]] inline RecordWriter::RecordWriter(std::string path)
    : path_(std::move(path)), file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666))
{
    if (!file_) io::detail::failAt("making the file", path_, errno);
}

[[gnu::cold]] inline RecordWriter::RecordWriter(std::string path, std::uint64_t size)
    : path_(std::move(path)), file_(::open(path_.c_str(), O_WRONLY | O_CLOEXEC)), written_(size)
{
    if (!file_) io::detail::failAt("opening the file", path_, errno);
    // Synced: what was cut off must not come back with a power cut, behind records that were added meanwhile.
    if (::ftruncate(file_.get(), static_cast<::off_t>(size)) != 0 || ::fsync(file_.get()) != 0) io::detail::failAt("cutting", path_, errno);
    if (::lseek(file_.get(), 0, SEEK_END) < 0) io::detail::failAt("seeking in", path_, errno);
}

[[gnu::cold]] inline void RecordWriter::requireWhole() const
{
    if (failed_) throw StreamError{concat({"sluice::checkpoint: ", path_, " could not be written to before, and is not used any more"})};
}

[[gnu::cold]] inline void RecordWriter::append(std::string_view record)
{
    requireWhole();
    appendRecord(buffer_, size(), record, path_);
}

[[gnu::cold]] inline void RecordWriter::appendInPlace(std::string& roomAndRecord)
{
    requireWhole();
    putRecordHeader(roomAndRecord.data(), size(), std::string_view{roomAndRecord}.substr(recordHeader), path_);
    if (roomAndRecord.size() < longOne) {
        buffer_ += roomAndRecord;
    } else {
        write();
        write(roomAndRecord);
    }
}

[[gnu::cold]] inline void RecordWriter::write(std::string_view bytes)
{
    failed_ = true;  // unless it goes well
    io::detail::writeAll(file_, bytes, path_);
    failed_ = false;
    written_ += bytes.size();
}

[[gnu::cold]] inline void RecordWriter::write()
{
    requireWhole();
    write(std::string_view{buffer_});
    buffer_.clear();
}

[[gnu::cold]] inline void RecordWriter::sync()
{
    write();
    if (::fdatasync(file_.get()) == 0) return;
    failed_ = true;  // the pages that were not written count as written from now on: to try again would lie
    io::detail::failAt("syncing", path_, errno);
}

[[gnu::cold]] inline RecordReader::RecordReader(std::string path)
    : path_(std::move(path)), file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))
{
    if (!file_) io::detail::failAt("opening the file", path_, errno);
}

[[gnu::cold]] inline std::size_t RecordReader::read(char* to, std::size_t size)
{
    std::size_t all = 0;
    if (!file_) {
        all = bytes_.copy(to, size);
        bytes_.remove_prefix(all);
        return all;
    }
    while (all < size) {
        auto const got = ::read(file_.get(), to + all, size - all);
        if (got == 0) break;
        if (got > 0) all += static_cast<std::size_t>(got);
        else if (errno != EINTR) io::detail::failAt("reading", path_, errno);
    }
    return all;
}

[[gnu::cold]] inline bool RecordReader::damaged(std::string_view what)
{
    damage_ = concat({path_, " is damaged at byte ", Digits{end_}.text(), ": ", what});
    size_ = 0;
    return false;
}

[[gnu::cold]] inline bool RecordReader::next()
{
    if (!damage_.empty()) return false;
    char header[recordHeader];
    auto const got = read(header, sizeof header);
    if (got == 0) {
        size_ = 0;
        return false;
    }
    if (got < sizeof header) return damaged("a record has not been written to its end");
    RecordHead head;
    if (!head.read(header, end_)) return damaged("what stands there is no record");
    std::size_t const size = head.size;
    // Memory comes with the bytes: a size alone, of a file that is shorter, does not get it.
    constexpr std::size_t piece = std::size_t{4} << 20;
    for (std::size_t at = 0; at < size;) {
        auto const more = size - at < piece ? size - at : piece;
        if (buffer_.size() < at + more) buffer_.resize(at + more);
        if (read(buffer_.data() + at, more) < more) return damaged("a record has not been written to its end");
        at += more;
    }
    size_ = size;
    if (!head.matches(record(), end_)) return damaged("the checksum of a record is another one");
    end_ += sizeof header + size;
    return true;
}

/// A header is told by its checksum, for which its place counts.
[[gnu::cold]] inline bool RecordReader::skipDamage()
{
    io::FileBytes const bytes{path_};
    auto const all = bytes.view();
    for (auto at = static_cast<std::size_t>(end_) + 1; at + recordHeader <= all.size(); ++at) {
        std::uint32_t size = 0;
        std::uint32_t checkOfSize = 0;
        std::uint64_t check = 0;
        getNumber(all.data() + at, size);
        getNumber(all.data() + at + 4, checkOfSize);
        if (size > all.size() - at - recordHeader || checkOfSize != static_cast<std::uint32_t>(checksumAt(at, all.data() + at, 4)))
            continue;
        getNumber(all.data() + at + 8, check);
        if (checksumAt(at, all.data() + at + recordHeader, size) != check) continue;
        if (::lseek(file_.get(), static_cast<::off_t>(at), SEEK_SET) < 0) io::detail::failAt("seeking in", path_, errno);
        end_ = at;
        damage_.clear();
        return true;
    }
    return false;
}

}  // namespace sluice::inline SLUICE_ABI::detail
