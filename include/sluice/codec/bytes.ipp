#pragma once

#include <sluice/codec/bytes.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

SLUICE_COLD SLUICE_BODY void failNested()
{
    throw CodecError{"sluice::encode: more than 256 values of one type lie within each other, which is as deep as can be read again", 0};
}

}  // namespace detail

SLUICE_COLD SLUICE_BODY void BinaryWriter::grow(std::size_t n)
{
    // By as much as was written, not by as much as there is: a long string may get very many writers, one behind the other.
    auto const used = written();
    auto more = used - before_ < 64 ? 64 : used - before_;
    if (more < n) more = n;
    out_->resize(used + more);
    at_ = out_->data() + used;
    end_ = out_->data() + out_->size();
}

SLUICE_BODY void BinaryWriter::putLongSize(std::size_t at, std::size_t size)
{
    char bytes[detail::mostSizeBytes];
    auto const more = static_cast<std::size_t>(detail::putSize(bytes, size) - bytes) - 1;
    at_ = room(more) + more;
    auto* const begin = out_->data() + at;
    std::memmove(begin + 1 + more, begin + 1, size);
    std::memcpy(begin, bytes, 1 + more);
}

SLUICE_COLD SLUICE_BODY void BinaryReader::fail(char const* at, char const* problem) { throw detail::BadBytes{at, problem}; }

SLUICE_COLD SLUICE_BODY void BinaryReader::failIn(std::string_view what, detail::BadBytes const& bad) const
{
    auto const offset = static_cast<std::size_t>(bad.at - begin_);
    throw CodecError{detail::concat({"sluice: cannot read ", what, ": at byte ", detail::Digits{offset}.text(), ": ", bad.problem}),
                     offset};
}

SLUICE_COLD SLUICE_BODY std::uint64_t BinaryReader::longSize()
{
    std::uint64_t size = 0;
    auto const* at = at_;
    for (unsigned shift = 0; at != end_; shift += 7) {
        auto const byte = static_cast<unsigned char>(*at++);
        // One form for each size: no bit beyond the 64th, and no last byte that says nothing.
        if ((shift == 63 && byte > 1) || (byte == 0 && shift > 0)) fail(at_, "a size is not in its shortest form, or too large");
        size |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) {
            at_ = at;
            return size;
        }
    }
    fail(at_, "a size does not end");
}

}  // namespace sluice::inline SLUICE_ABI
