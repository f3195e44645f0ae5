#pragma once

#include <sluice/io/file.hpp>

#include <cstdint>
#include <string>
#include <string_view>

// Files of records, one behind another, which are added to at the end, and read from the beginning up to the last whole one. A record is
// bytes, up to a GiB. Before it stand its size (4 bytes), a checksum of that size (4) and one of the record (8): XXH3, with the record's
// place in the file as its seed, so that bytes of another place, or of an older file, are never taken for it. Numbers are least significant
// byte first.

namespace sluice::inline SLUICE_ABI::detail {

inline constexpr std::size_t recordHeader = 16;
inline constexpr std::size_t longestRecord = std::size_t{1} << 30;

/// Writes what stands before a record, `recordHeader` bytes; in the file it stands at `place`. A record that is too long: `StreamError`
/// that begins with the file's name.
[[gnu::cold]] void putRecordHeader(char* to, std::uint64_t place, std::string_view record, std::string_view file);
/// Adds a record to bytes; in the file it stands at `place`.
[[gnu::cold]] void appendRecord(std::string& to, std::uint64_t place, std::string_view record, std::string_view file);

/// What stands before a record.
struct RecordHead {
    std::uint32_t size = 0;
    std::uint64_t check = 0;

    /// Whether these are such bytes, of that place.
    [[nodiscard, gnu::cold]] bool read(char const* bytes, std::uint64_t place);
    /// Whether the record behind it is whole.
    [[nodiscard, gnu::cold]] bool matches(std::string_view record, std::uint64_t place) const;
};

/// Adds records to a file. What fails is a `StreamError` that names the file and the cause, and the file is not written to any more: what
/// is on the disk of it is unknown then.
class RecordWriter {
public:
    /// A new file: there is none of that name yet.
    [[gnu::cold]] explicit RecordWriter(std::string path);
    /// Behind the first `size` bytes of a file, which are whole records; what stands behind them is cut off.
    [[gnu::cold]] RecordWriter(std::string path, std::uint64_t size);

    /// Puts a record into the buffer.
    [[gnu::cold]] void append(std::string_view record);
    /// The same, of a record with room before it, for what stands before it in the file: a long one does not go through the buffer.
    [[gnu::cold]] void appendInPlace(std::string& roomAndRecord);
    /// Writes what the buffer holds. It outlasts the end of the process, and not yet a power cut.
    [[gnu::cold]] void write();
    /// Writes it, and returns when all of the file outlasts a power cut.
    [[gnu::cold]] void sync();

    [[nodiscard]] std::size_t buffered() const noexcept { return buffer_.size(); }
    /// How many bytes the file has with what is in the buffer.
    [[nodiscard]] std::uint64_t size() const noexcept { return written_ + buffer_.size(); }
    [[nodiscard]] std::string const& path() const noexcept { return path_; }

private:
    static constexpr std::size_t longOne = std::size_t{32} << 10;

    [[gnu::cold]] void requireWhole() const;
    [[gnu::cold]] void write(std::string_view bytes);

    std::string path_;
    io::FileDescriptor file_;
    std::uint64_t written_ = 0;
    std::string buffer_;
    bool failed_ = false;
};

/// Reads the records of a file. A file that cannot be opened or read: `StreamError`.
class RecordReader {
public:
    [[gnu::cold]] explicit RecordReader(std::string path);
    /// Of a file whose bytes are there already, and last as long as this.
    RecordReader(std::string path, std::string_view bytes) : path_(std::move(path)), bytes_(bytes) {}

    /// The next record is there; false behind the last whole one.
    [[gnu::cold]] bool next();
    /// It, until next() is called again.
    [[nodiscard]] std::string_view record() const noexcept { return std::string_view{buffer_}.substr(0, size_); }

    /// Goes on behind a damage, where the next whole record begins, which is at `end()` then. False: there is none.
    [[gnu::cold]] bool skipDamage();

    /// Where the last record that was read ends.
    [[nodiscard]] std::uint64_t end() const noexcept { return end_; }
    /// Why there was no next record, where that is not the end of the file: what stands at `end()` is no whole record.
    [[nodiscard]] std::string const& damage() const noexcept { return damage_; }
    [[nodiscard]] std::string const& path() const noexcept { return path_; }

private:
    [[nodiscard, gnu::cold]] std::size_t read(char* to, std::size_t size);
    [[gnu::cold]] bool damaged(std::string_view what);

    std::string path_;
    io::FileDescriptor file_;
    std::string_view bytes_;  // what is left, where there is no file
    std::string buffer_;
    std::size_t size_ = 0;
    std::uint64_t end_ = 0;
    std::string damage_;
};

}  // namespace sluice::inline SLUICE_ABI::detail

#include <sluice/checkpoint/record_file.ipp>
