#pragma once

#include <sluice/codec/schema.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// What a type adds to its schema where values are read that were written with another one: of each struct in it, the encoded values
/// of the members of a T{}, and former names of members.
struct Defaults {
    struct Renamed {
        std::string_view now;
        std::string_view before;
    };

    std::vector<Defaults> parts{};  // as those of the schema
    std::vector<std::string> values{};
    std::vector<Renamed> renamed{};
};

/// Whether what was written with one schema can be read with another one: a CodecError names both, and the member, where it cannot.
[[gnu::cold]] void requireConvertible(Schema const& written, Schema const& read, Defaults const& defaults);

/// Reads one value that was written with one schema, and writes it as one of another, for which requireConvertible has been asked.
[[gnu::cold]] void convertValue(BinaryReader& in, Schema const& written, BinaryWriter& out, Schema const& read, Defaults const& defaults);

/// Of a value of that schema whose reading failed: throws the CodecError that names the member.
[[noreturn]] [[gnu::cold]] void failDecode(BinaryReader& in, char const* begin, BadBytes const& bad, Schema const& schema);

/// Throws where bytes are left.
[[gnu::cold]] void failLeft(BinaryReader const& in, Schema const& schema);

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/codec/detail/convert.ipp>
#endif
