#pragma once

// Compressed files, by zlib, which nobody needs who does not include this: link with -lz.

#include <sluice/sources/file_stream.hpp>

#include <optional>
#include <string>
#include <string_view>

#include <zlib.h>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Unpacks gzip's members one behind another, as far as it is asked.
class GzipReader {
public:
    SLUICE_COLD explicit GzipReader(std::string_view bytes) : bytes_(bytes), over_(bytes.empty())
    {
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        if (::inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc{};  // gzip's header, and no other
    }
    GzipReader(GzipReader const&) = delete;
    GzipReader& operator=(GzipReader const&) = delete;
    ~GzipReader() { ::inflateEnd(&stream_); }

    /// So many bytes; fewer where all has been read.
    SLUICE_COLD std::size_t read(char* to, std::size_t size)
    {
        constexpr std::size_t most = std::size_t{1} << 30;  // zlib counts in 32 bits
        std::size_t got = 0;
        while (got < size && !over_) {
            auto const room = size - got < most ? size - got : most;
            stream_.avail_in = static_cast<uInt>(left() < most ? left() : most);
            stream_.next_out = reinterpret_cast<Bytef*>(to + got);
            stream_.avail_out = static_cast<uInt>(room);
            auto const code = ::inflate(&stream_, Z_NO_FLUSH);
            got += room - stream_.avail_out;
            if (code == Z_STREAM_END) {
                auto const rest = bytes_.substr(bytes_.size() - left());
                over_ = rest.find_first_not_of('\0') == std::string_view::npos;
                if (!over_) ::inflateReset(&stream_);
            } else if (code == Z_MEM_ERROR) {
                throw std::bad_alloc{};
            } else if (code != Z_OK || (left() == 0 && stream_.avail_out > 0)) {
                throw StreamError{concat({"sluice::gunzip: ", stream_.msg != nullptr ? stream_.msg : "it ends too early"})};
            }
        }
        return got;
    }

private:
    [[nodiscard]] std::size_t left() const
    {
        return static_cast<std::size_t>(bytes_.data() + bytes_.size() - reinterpret_cast<char const*>(stream_.next_in));
    }

    std::string_view bytes_;
    bool over_;
    z_stream stream_{};
};

/// What the last member says that it holds, if that can be, for where there is no other one.
SLUICE_COLD inline std::size_t saidSize(std::string_view bytes)
{
    std::size_t size = 0;
    for (std::size_t i = 1; i <= 4 && i <= bytes.size(); ++i) size = size << 8 | static_cast<unsigned char>(bytes[bytes.size() - i]);
    return size / 1032 <= bytes.size() ? size : 0;  // nothing is packed closer
}

}  // namespace detail

/// What bytes hold that gzip has compressed (RFC 1952), all of its members; at most `limit` bytes of it, and no more memory than
/// that while they are unpacked.
///
/// Zeros behind the last member are padding, and ignored. Bytes that are not gzip's, end too early, or do not have the sum that they
/// say: `StreamError` with zlib's words; more than the limit: `StreamError` that names it.
SLUICE_COLD inline std::string gunzip(std::string_view bytes, std::size_t limit = std::size_t{1} << 30)
{
    constexpr std::size_t step = 256 * 1024;
    std::optional<detail::GzipReader> reader{bytes};
    std::string out;
    auto const said = detail::saidSize(bytes);
    for (auto room = said < limit ? said : limit;;) {
        out.reserve(room);
        while (out.size() < room) {
            auto const size = out.size();
            auto const wanted = room - size < step ? room - size : step;
            out.resize(size + wanted);
            auto const got = reader->read(out.data() + size, wanted);
            out.resize(size + got);
            if (got < wanted) return out;
        }
        char more[4096];
        auto got = reader->read(more, sizeof more);
        if (got == 0) return out;
        auto all = out.size();
        auto const countAll = [&] {
            all += got;
            if (all <= limit) return;
            throw StreamError{
                detail::concat({"sluice::gunzip: there are more than ", detail::Digits{limit}.text(), " bytes in it, which is the limit"})};
        };
        countAll();
        if (all <= (limit - out.capacity()) / 2 && step <= limit - out.capacity()) {  // room for both while they are copied
            room = 2 * all < step ? step : 2 * all;
            out.reserve(room);
            out.append(more, got);
            continue;
        }
        // It is counted first, and unpacked again.
        while ((got = reader->read(more, sizeof more)) > 0) countAll();
        reader.emplace(bytes);
        std::string{}.swap(out);
        room = all;
    }
}

namespace detail {

/// Whoever includes this header reads files whose names end in `.gz`.
inline bool const gzipIsRead = (unpackGzip.store([](std::string_view bytes) { return gunzip(bytes); }), true);

}  // namespace detail

/// A format of files that gzip has compressed, whatever their names: of each the bytes are unpacked, and are what Format reads.
/// Files that do not begin as gzip's do are read as they are. At most `limit` bytes of a file, 1 GiB where nothing is said, are
/// held in memory, beside the compressed ones while it is unpacked. Files whose names end in `.gz` need it not: `textFileStream`
/// and the formats of this library unpack them where this header is included.
///
/// A file that cannot be unpacked fails its batch: a `StreamError` that names it and why.
template <class Format = TextFormat>
struct Gzip : detail::FileFormatBase {
    static_assert(detail::isLibraryFormat<Format>,
                  "sluice::Gzip<Format>: Format must be TextFormat or FixedLengthFormat; a function of bytes calls gunzip(bytes)");

    Format format;
    std::size_t limit;

    explicit Gzip(Format inner = Format{}, std::size_t most = std::size_t{1} << 30) : format(static_cast<Format&&>(inner)), limit(most) {}

    // For file streams.
    using Record = typename Format::Record;
    SLUICE_COLD bool unpack(std::string_view bytes, std::string const& path, std::string& out) const
    {
        if (!bytes.starts_with("\x1f\x8b")) return false;
        try {
            out = gunzip(bytes, limit);
        } catch (StreamError const& error) {
            throw StreamError{detail::concat({path, ": ", error.what()})};
        }
        return true;
    }
    void check(detail::OpenFile const& file) const { format.check(file); }
    [[nodiscard]] std::int64_t records(std::string_view bytes) const { return format.records(bytes); }
    template <class Sink>
    std::size_t each(detail::OpenFile const& file, std::size_t from, Sink& sink) const
    {
        return format.each(file, from, sink);
    }
};

}  // namespace sluice::inline SLUICE_ABI
