#pragma once

#include <sluice/batch/counted.hpp>
#include <sluice/batch/key.hpp>
#include <sluice/codec/compression.hpp>
#include <sluice/io/file.hpp>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// A file without a name: it goes with the process, however that ends.
struct UnnamedFile : RefCounted {
    explicit UnnamedFile(io::FileDescriptor opened) : file(std::move(opened)) {}

    io::FileDescriptor file;
};

/// Where bytes lie that a DiskStore has taken. The file is there as long as one of them is held.
struct DiskPlace {
    Counted<UnnamedFile> file;
    std::uint64_t at = 0;
    std::size_t size = 0;
    std::uint64_t check = 0;   // the library's hash of them, with `at` as its seed
    std::size_t unpacked = 0;  // how many they were before they were compressed; 0: they are as they were
};

/// The bytes of one cache: in files of a directory, each written from its beginning to its end, and closed when nobody holds a part of it
/// any more; and how many of its records' bytes may lie in memory. Any thread may call. What fails is a `StreamError` of the cache's label
/// that names the directory and the cause.
class DiskStore : public RefCounted {
public:
    /// What one file has at most, in more than one piece: so many bytes of the disk are free again as soon as no batch has any of them.
    static constexpr std::uint64_t fullFile = std::uint64_t{256} << 20;

    /// In a directory; empty: that of the environment.
    [[gnu::cold]] DiskStore(Label const& label, std::string directory, std::size_t mostInMemory,
                            Compression compression = Compression::none, std::uint64_t full = fullFile)
        : label_(label),
          directory_(std::move(directory)),
          most_(mostInMemory),
          compressor_(compressorOf(compression, where(label))),
          full_(full)
    {
        if (!directory_.empty()) return;
        auto const* const given = std::getenv("TMPDIR");
        directory_ = given != nullptr && *given != '\0' ? given : "/tmp";
    }

    [[nodiscard]] std::string const& directory() const noexcept { return directory_; }
    [[gnu::cold]] void rename(Label const& label)
    {
        std::lock_guard const lock{mutex_};
        label_ = label;
    }

    [[nodiscard, gnu::cold]] DiskPlace write(std::string_view bytes)
    {
        if (compressor_ == nullptr) return put(bytes);
        auto packed = takeBuffer();
        packed.clear();
        compressor_->pack(bytes, packed);
        auto place = put(packed.size() < bytes.size() ? std::string_view{packed} : bytes);
        if (packed.size() < bytes.size()) place.unpacked = bytes.size();
        giveBuffer(std::move(packed));
        return place;
    }

    /// Reads them into a buffer, whose memory is used again.
    [[nodiscard, gnu::cold]] std::string_view read(DiskPlace const& place, std::string& to)
    {
        if (place.unpacked == 0) {
            get(place, to);
            return {to.data(), place.size};
        }
        auto packed = takeBuffer();
        get(place, packed);
        std::string_view bytes;
        try {
            bytes = compressor_->unpack({packed.data(), place.size}, place.unpacked, to);
        } catch (StreamError const& error) {
            fail("a file is damaged in", error.what());
        }
        giveBuffer(std::move(packed));
        return bytes;
    }

    /// So many bytes more may lie in memory; given back by `leave`.
    [[nodiscard]] bool enter(std::size_t bytes) noexcept
    {
        auto used = used_.load(std::memory_order_relaxed);
        while (used <= most_ && bytes <= most_ - used) {
            if (used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed)) return true;
        }
        return false;
    }
    void leave(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }
    [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

    /// A buffer whose memory is used again, once it is given back.
    [[nodiscard]] std::string takeBuffer()
    {
        std::lock_guard const lock{mutex_};
        std::string buffer;
        if (buffers_.empty()) return buffer;
        buffer.swap(buffers_.back());
        buffers_.pop_back();
        return buffer;
    }
    void giveBuffer(std::string&& buffer) noexcept
    {
        std::lock_guard const lock{mutex_};
        try {
            if (buffers_.size() < 16 && buffer.capacity() <= mostKept) buffers_.push_back(std::move(buffer));
        } catch (...) {  // it is not kept, then
        }
    }

private:
    static constexpr std::size_t mostKept = std::size_t{1} << 20;

    [[nodiscard, gnu::cold]] DiskPlace put(std::string_view bytes)
    {
        auto place = placeFor(bytes.size());
        place.check = hashBytes(bytes.data(), bytes.size(), place.at);
        for (auto at = place.at; !bytes.empty();) {
            auto const written = ::pwrite(place.file->file.get(), bytes.data(), bytes.size(), static_cast<::off_t>(at));
            if (written < 0) {
                if (errno != EINTR) fail("writing a file in", std::strerror(errno));
                continue;
            }
            at += static_cast<std::uint64_t>(written);
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
        return place;
    }

    [[gnu::cold]] void get(DiskPlace const& place, std::string& to)
    {
        if (to.size() < place.size) to.resize(place.size);
        for (std::size_t all = 0; all < place.size;) {
            auto const got = ::pread(place.file->file.get(), to.data() + all, place.size - all, static_cast<::off_t>(place.at + all));
            if (got < 0 && errno != EINTR) fail("reading a file in", std::strerror(errno));
            if (got == 0) fail("a file is damaged in", "it has been cut");
            if (got > 0) all += static_cast<std::size_t>(got);
        }
        if (hashBytes(to.data(), place.size, place.at) != place.check)
            fail("a file is damaged in", "the checksum of a block is another one");
    }

    [[nodiscard, gnu::cold]] DiskPlace placeFor(std::size_t size)
    {
        std::lock_guard const lock{mutex_};
        if (file_.unique() && end_ > 0) {  // nobody has a part of it any more
            if (::ftruncate(file_->file.get(), 0) == 0) end_ = 0;
        }
        if (!file_ || (end_ > 0 && end_ + size > full_)) {
            file_ = makeCounted<UnnamedFile>(open());
            end_ = 0;
        }
        DiskPlace const place{file_, end_, size};
        end_ += size;
        return place;
    }

    /// Some file systems cannot make a file without a name: there it has one for a moment.
    [[nodiscard, gnu::cold]] io::FileDescriptor open() const
    {
        io::FileDescriptor file{::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
        if (file) return file;
        auto const error = errno;
        if (error == EOPNOTSUPP || error == EISDIR || error == EINVAL) {
            auto name = concat({directory_, "/.sluice-XXXXXX"});
            file = io::FileDescriptor{::mkostemp(name.data(), O_CLOEXEC)};
            if (file && ::unlink(name.c_str()) == 0) return file;
            failLocked("making a file in", std::strerror(errno));
        }
        failLocked("making a file in", std::strerror(error));
    }

    [[noreturn, gnu::cold]] void fail(std::string_view doing, std::string_view cause) const
    {
        std::lock_guard const lock{mutex_};
        failLocked(doing, cause);
    }
    [[noreturn, gnu::cold]] void failLocked(std::string_view doing, std::string_view cause) const
    {
        throw StreamError{label_, concat({doing, " ", directory_, ": ", cause})};
    }

    mutable std::mutex mutex_;
    Label label_;
    std::string directory_;
    std::size_t const most_;
    std::atomic<std::size_t> used_{0};
    Compressor const* compressor_;
    std::uint64_t const full_;
    Counted<UnnamedFile> file_;  // that is written to
    std::uint64_t end_ = 0;      // of what has been written to it
    std::vector<std::string> buffers_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
