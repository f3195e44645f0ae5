#pragma once

#include <sluice/batch/counted.hpp>
#include <sluice/input/text_blocks.hpp>
#include <sluice/io/directory.hpp>
#include <sluice/io/file_bytes.hpp>
#include <sluice/sources/detail/text_marks.hpp>
#include <sluice/stream/time.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Reads at a place of a file, as much as there is.
SLUICE_COLD inline std::size_t readAt(io::FileDescriptor const& file, std::uint64_t at, char* to, std::size_t size)
{
    std::size_t got = 0;
    while (got < size) {
        auto const n = ::pread(file.get(), to + got, size - got, static_cast<off_t>(at + got));
        if (n > 0) got += static_cast<std::size_t>(n);
        else if (n == 0) break;
        else if (errno != EINTR) throw StreamError{std::strerror(errno)};
    }
    return got;
}

/// A file that is followed, from where on. It is held open: so its inode's number is nobody else's, and what it holds can be read
/// when it has lost its name.
struct FollowedFile : RefCounted {
    static constexpr std::size_t printBytes = 128;

    io::FileDescriptor file;
    io::FileInfo info;           // as it was last looked at; the path by which it was found
    std::uint64_t offset = 0;    // what is before is given: a line begins here
    std::uint64_t searched = 0;  // no line ends between offset and here
    std::uint64_t end = 0;       // up to here it may be read now
    std::string head;            // its first bytes, as far as they are given, or are a byte order mark
    std::string tail;            // the last ones before offset
    std::string peek;            // those before end, as they were when that was found
    std::uint64_t nuls = 0;      // that were skipped, and not told
    bool isFresh = true;         // nothing is given of it
    bool isSkipping = false;     // within a line that is too long
    bool isRefused = false;
    bool isRotated = false;     // another one is in its place, or none
    bool hasFailed = false;     // it could not be read, and that is told
    Time changed{};             // when it was last seen to change
    std::uint64_t matched = 0;  // the look in which a pattern last matched it

    /// Whether all that may be read now is given, or waits for the end of its line.
    [[nodiscard]] bool isDone(bool endsHere) const { return isRefused || offset >= end || (!endsHere && searched >= end); }

    /// Whether what has been given of it stands there still; it does not where it was truncated, and has grown since.
    [[nodiscard]] SLUICE_COLD bool isIntact() const { return beginsLike(file, *this); }

    /// So far it may be read. False: it is not so long any more.
    SLUICE_COLD bool readUpTo(std::uint64_t size)
    {
        auto const bytes = size < printBytes ? static_cast<std::size_t>(size) : printBytes;
        peek = bytesAt(size - bytes, bytes);
        end = peek.size() == bytes ? size : offset;
        if (end != size) peek.clear();
        return end == size;
    }
    /// Nobody truncates it.
    void readToEnd(std::uint64_t size)
    {
        peek.clear();
        end = size;
    }
    [[nodiscard]] SLUICE_COLD bool isAsSeen() const { return holds(file, end - peek.size(), peek); }

    /// Whether another file holds what has been given of this one, at its place.
    [[nodiscard]] SLUICE_COLD static bool beginsLike(io::FileDescriptor const& other, FollowedFile const& one)
    {
        return holds(other, 0, one.head) && holds(other, one.offset - one.tail.size(), one.tail);
    }

    /// Begins behind the last line that ends before `from`: a half line is given whole, when it is.
    SLUICE_COLD void startBehindLastLine(std::uint64_t from)
    {
        char block[4096];
        while (from > 0) {
            auto const size = from < sizeof block ? static_cast<std::size_t>(from) : sizeof block;
            if (readAt(file, from - size, block, size) < size) break;
            auto const* const lf = static_cast<char const*>(::memrchr(block, '\n', size));
            if (lf != nullptr) {
                from = from - size + static_cast<std::size_t>(lf + 1 - block);
                break;
            }
            from -= size;
        }
        offset = searched = from;
        if (from == 0) return;
        isFresh = false;
        head = bytesAt(0, from < printBytes ? from : printBytes);
        tail = bytesAt(from < printBytes ? 0 : from - printBytes, from < printBytes ? from : printBytes);
    }

    /// Nothing is given of what it holds now.
    SLUICE_COLD void beginAnew()
    {
        offset = searched = end = 0;
        head.clear();
        tail.clear();
        peek.clear();
        isFresh = true;
        isSkipping = false;
    }

    /// These bytes, which stand at offset, are given.
    SLUICE_COLD void give(std::string_view bytes)
    {
        if (offset == head.size() && head.size() < printBytes) head += bytes.substr(0, printBytes - head.size());
        offset += bytes.size();
        searched = offset;
        tail += bytes.size() > printBytes ? bytes.substr(bytes.size() - printBytes) : bytes;
        if (tail.size() > printBytes) tail.erase(0, tail.size() - printBytes);
        isFresh = false;
    }

    /// So many bytes are left out.
    void pass(std::size_t bytes)
    {
        offset += bytes;
        searched = offset;
        tail.clear();
        isFresh = false;
    }

    /// Passes by what is no text at its beginning: NULs, where the writer of a file that was truncated has kept its place, and
    /// the mark of UTF-8. The name of an encoding that cannot be read; else empty.
    [[nodiscard]] SLUICE_COLD std::string_view passBeginning()
    {
        char block[4096];
        if (offset == 0) {
            std::string_view const first{block, readAt(file, 0, block, 4)};
            auto const encoding = wideEncodingOf(first);
            if (!encoding.empty()) {
                head = first;
                return encoding;
            }
        }
        while (offset < end) {
            auto const size = end - offset < sizeof block ? static_cast<std::size_t>(end - offset) : sizeof block;
            auto const got = readAt(file, offset, block, size);
            std::size_t zeros = 0;
            while (zeros < got && block[zeros] == '\0') ++zeros;
            passNuls(zeros);
            if (zeros < got || got == 0) {
                auto const mark = got - zeros >= 3 ? markBytes({block + zeros, got - zeros}) : 0;
                if (offset == 0) head.assign(block, mark);
                offset += mark;
                break;
            }
            auto const data = ::lseek(file.get(), static_cast<off_t>(offset), SEEK_DATA);
            auto const next = data >= 0 ? static_cast<std::uint64_t>(data) : errno == ENXIO ? end : offset;
            if (next > offset) passNuls((next < end ? next : end) - offset);
        }
        if (searched < offset) searched = offset;
        return {};
    }

private:
    void passNuls(std::uint64_t n)
    {
        nuls += n;
        offset += n;
    }

    [[nodiscard]] SLUICE_COLD std::string bytesAt(std::uint64_t at, std::size_t size) const
    {
        std::string bytes(size, '\0');
        bytes.resize(readAt(file, at, bytes.data(), size));
        return bytes;
    }
    [[nodiscard]] SLUICE_COLD static bool holds(io::FileDescriptor const& file, std::uint64_t at, std::string_view bytes)
    {
        char there[printBytes];
        return readAt(file, at, there, bytes.size()) == bytes.size() && std::memcmp(there, bytes.data(), bytes.size()) == 0;
    }
};

/// Names that programs give to a log when they begin another one: `a.log.1`, `a.log-20240131`, `a-2024-01-31_10.log`, `a.log.old`.
class RotatedName {
public:
    SLUICE_COLD RotatedName(std::string_view name, std::string_view live)
    {
        if (name.size() <= live.size()) return;
        if (name.starts_with(live)) {
            read(name.substr(live.size()));
            return;
        }
        auto const dot = live.rfind('.');
        if (dot == std::string_view::npos || dot == 0) return;
        if (name.starts_with(live.substr(0, dot)) && name.ends_with(live.substr(dot))) read(name.substr(dot, name.size() - live.size()));
    }

    [[nodiscard]] explicit operator bool() const { return is_; }
    /// How many others have come since, where it says so; else 0.
    [[nodiscard]] unsigned number() const { return number_; }

private:
    SLUICE_COLD void read(std::string_view mark)
    {
        if (mark == ".old" || mark == "~") is_ = true;
        if (std::string_view{".-_"}.find(mark[0]) == std::string_view::npos) return;
        bool digits = false;
        bool isNumber = mark.size() <= 6;
        for (char const c : mark.substr(1)) {
            bool const isDigit = c >= '0' && c <= '9';
            if (!isDigit && std::string_view{".-_:T"}.find(c) == std::string_view::npos) return;
            digits = digits || isDigit;
            isNumber = isNumber && isDigit;
            if (isNumber) number_ = 10 * number_ + static_cast<unsigned>(c - '0');
        }
        is_ = digits;
        if (!isNumber) number_ = 0;
    }

    bool is_ = false;
    unsigned number_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
