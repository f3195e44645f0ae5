#pragma once

#include <sluice/codec/schema.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

inline constexpr unsigned deepestSchema = 100;

/// By their kinds' numbers; a struct has words of its own.
inline constexpr char const* schemaWords[] = {"?",     "bool",         "char",      "int8",         "int16",   "int32",   "int64",
                                              "uint8", "uint16",       "uint32",    "uint64",       "float32", "float64", "text",
                                              "time",  "duration of ", "optional ", "sequence of ", "set of "};

constexpr bool hasSize(SchemaKind kind)
{
    return kind == SchemaKind::tuple || kind == SchemaKind::variant || kind == SchemaKind::aggregate || kind == SchemaKind::record;
}
/// Of the kinds whose number of parts is fixed.
constexpr std::size_t partsOfKind(SchemaKind kind)
{
    if (kind == SchemaKind::map) return 2;
    return kind == SchemaKind::array || (kind >= SchemaKind::duration && kind <= SchemaKind::set) ? 1 : 0;
}

SLUICE_COLD SLUICE_BODY void printSchema(Schema const& schema, std::string& out)
{
    auto const add = [&out](std::initializer_list<std::string_view> parts) { out += concat(parts); };
    auto const all = [&](std::string_view open, std::string_view between, std::string_view close) {
        out += open;
        for (std::size_t i = 0; i < schema.parts.size(); ++i) {
            if (i > 0) out += between;
            if (schema.kind == SchemaKind::record) add({schema.names[i], ": "});
            printSchema(schema.parts[i], out);
        }
        out += close;
    };
    auto const kind = schema.kind;
    if (kind == SchemaKind::duration) {
        add({"duration of ", Digits{schema.count}.text(), "/", Digits{schema.divisor}.text(), " s in "});
        printSchema(schema.parts[0], out);
    } else if (kind <= SchemaKind::set) {
        out += schemaWords[static_cast<std::size_t>(kind)];
        if (!schema.parts.empty()) printSchema(schema.parts[0], out);
    } else if (kind == SchemaKind::map) {
        all("map of ", " to ", "");
    } else if (kind == SchemaKind::array) {
        add({"array of ", Digits{schema.count}.text(), " "});
        printSchema(schema.parts[0], out);
    } else if (kind == SchemaKind::tuple) {
        all("(", ", ", ")");
    } else if (kind == SchemaKind::variant) {
        all("variant of (", " or ", ")");
    } else if (isStructKind(kind)) {
        all("{", ", ", "}");
    } else {
        add({"the struct ", Digits{schema.count}.text(), " up"});
    }
}

SLUICE_COLD SLUICE_BODY Schema readSchema(BinaryReader& reader, unsigned depth, unsigned structs)
{
    auto const* const begin = reader.at();
    Schema schema;
    schema.kind = static_cast<SchemaKind>(reader.number<std::uint8_t>());
    if (schema.kind < SchemaKind::boolean || schema.kind > SchemaKind::enclosing)
        BinaryReader::fail(begin, "there is no such kind of value");
    if (depth == deepestSchema) BinaryReader::fail(begin, "it is nested deeper than 100 levels, which is the limit");
    auto size = static_cast<std::uint64_t>(partsOfKind(schema.kind));
    if (hasSize(schema.kind)) size = reader.size();
    else if (schema.kind == SchemaKind::array || schema.kind == SchemaKind::duration || schema.kind == SchemaKind::enclosing)
        schema.count = reader.size();
    if (schema.kind == SchemaKind::duration) {
        schema.divisor = reader.size();
        if (schema.count == 0 || schema.divisor == 0) BinaryReader::fail(begin, "a duration has no period");
    }
    if (schema.kind == SchemaKind::enclosing && schema.count >= structs) BinaryReader::fail(begin, "there is no struct around it");
    if (schema.kind == SchemaKind::variant && size == 0) BinaryReader::fail(begin, "a variant has no alternatives");
    if (size > reader.left()) BinaryReader::fail(begin, "it has more parts than bytes are left");
    for (; size > 0; --size) {
        if (schema.kind == SchemaKind::record) schema.names.push_back(std::string{reader.text()});
        schema.parts.push_back(readSchema(reader, depth + 1, structs + (isStructKind(schema.kind) ? 1 : 0)));
    }
    if (schema.kind == SchemaKind::duration && !(isIntegerKind(schema.parts[0].kind) || schema.parts[0].kind == SchemaKind::float32 ||
                                                 schema.parts[0].kind == SchemaKind::float64)) {
        BinaryReader::fail(begin, "a duration counts no numbers");
    }
    return schema;
}

}  // namespace detail

SLUICE_COLD SLUICE_BODY bool Schema::isSame(Schema const& other) const
{
    if (kind != other.kind || count != other.count || divisor != other.divisor || names.size() != other.names.size() ||
        parts.size() != other.parts.size()) {
        return false;
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (std::string_view{names[i]} != other.names[i]) return false;
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!parts[i].isSame(other.parts[i])) return false;
    }
    return true;
}

SLUICE_COLD SLUICE_BODY std::string Schema::toString() const
{
    std::string out;
    detail::printSchema(*this, out);
    return out;
}

SLUICE_COLD SLUICE_BODY void Schema::encode(BinaryWriter& writer) const
{
    writer.number(static_cast<std::uint8_t>(kind));
    if (detail::hasSize(kind)) writer.size(parts.size());
    else if (kind == SchemaKind::array || kind == SchemaKind::duration || kind == SchemaKind::enclosing) writer.size(count);
    if (kind == SchemaKind::duration) writer.size(divisor);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (kind == SchemaKind::record) writer.text(names[i]);
        parts[i].encode(writer);
    }
}

SLUICE_COLD SLUICE_BODY std::string Schema::encoded() const
{
    std::string bytes;
    BinaryWriter writer{bytes};
    encode(writer);
    writer.finish();
    return bytes;
}

SLUICE_COLD SLUICE_BODY std::uint64_t Schema::fingerprint() const
{
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, 64 bits
    for (char const c : encoded()) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

SLUICE_COLD SLUICE_BODY Schema Schema::decode(BinaryReader& reader)
{
    return reader.guard("a schema", [&reader] { return detail::readSchema(reader, 0, 0); });
}

SLUICE_COLD SLUICE_BODY Schema Schema::decode(std::string_view bytes)
{
    BinaryReader reader{bytes};
    auto schema = decode(reader);
    if (reader.left() > 0) {
        throw CodecError{
            detail::concat({"sluice: cannot read a schema: at byte ", detail::Digits{reader.offset()}.text(), ": there is more behind it"}),
            reader.offset()};
    }
    return schema;
}

}  // namespace sluice::inline SLUICE_ABI
