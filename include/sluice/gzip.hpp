#pragma once

// Compressed files, by zlib, which nobody needs who does not include this: link with -lz.

#include <sluice/sources/file_stream.hpp>

#include <zlib.h>

#include <string>
#include <string_view>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// One stream of zlib's, which is ended.
class Inflater {
public:
    SLUICE_COLD Inflater()
    {
        if (::inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc{};  // gzip's header, and no other
    }
    Inflater(Inflater const&) = delete;
    Inflater& operator=(Inflater const&) = delete;
    ~Inflater() { ::inflateEnd(&stream_); }

    [[nodiscard]] z_stream& stream() { return stream_; }

private:
    z_stream stream_{};
};

}  // namespace detail

/// What bytes hold that gzip has compressed (RFC 1952), all of its members; at most `limit` bytes of it.
///
/// Bytes that are not gzip's, end too early, or do not have the sum that they say: `StreamError` with zlib's words; more than the limit:
/// `StreamError` that names it.
SLUICE_COLD inline std::string gunzip(std::string_view bytes, std::size_t limit = std::size_t{1} << 30)
{
    constexpr std::size_t step = 256 * 1024;
    detail::Inflater inflater;
    auto& stream = inflater.stream();
    std::string out;
    auto const left = [&] { return static_cast<std::size_t>(bytes.data() + bytes.size() - reinterpret_cast<char const*>(stream.next_in)); };
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    for (bool more = !bytes.empty(); more;) {
        stream.avail_in = static_cast<uInt>(left() < step ? left() : step);
        auto const size = out.size();
        out.resize(size + step);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + size);
        stream.avail_out = step;
        auto const code = ::inflate(&stream, Z_NO_FLUSH);
        out.resize(size + step - stream.avail_out);
        if (out.size() > limit) {
            throw StreamError{detail::concat({"sluice::gunzip: there are more than ", detail::Digits{limit}.text(), " bytes in it, which is the limit"})};
        }
        if (code == Z_STREAM_END) {
            more = left() > 0;
            if (more) ::inflateReset(&stream);
        } else if (code != Z_OK || (left() == 0 && stream.avail_out > 0)) {
            char const* const why = stream.msg != nullptr ? stream.msg : "it ends too early";
            throw StreamError{detail::concat({"sluice::gunzip: ", why})};
        }
    }
    return out;
}

/// A format of files that gzip has compressed: of each the bytes are unpacked, and are what Format reads. Files that do not begin as
/// gzip's do are read as they are. At most `limit` bytes of a file, 1 GiB where nothing is said, are held in memory.
///
/// A file that cannot be unpacked fails its batch: a `StreamError` that names it and why.
template <class Format = TextFormat>
struct Gzip : detail::FileFormatBase {
    static_assert(detail::isOwnFormat<Format>,
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
    template <class Sink>
    std::size_t each(detail::OpenFile const& file, std::size_t from, Sink& sink) const
    {
        return format.each(file, from, sink);
    }
};

}  // namespace sluice::inline SLUICE_ABI
