#pragma once

#include <sluice/codec/detail/convert.hpp>

#include <limits>

// One file although it is long: whether schemas fit, and how a value of one becomes a value of another, go through the same kinds.

namespace sluice::inline SLUICE_ABI::detail {

/// No such member; any element.
inline constexpr std::size_t noMember = std::numeric_limits<std::size_t>::max();

/// The structs that a schema lies in, the innermost first: what SchemaKind::enclosing counts.
struct SchemaScope {
    Schema const* schema;
    Defaults const* defaults;
    SchemaScope const* up;
};

/// Where in a value: from the innermost part to the outermost.
struct ValuePath {
    enum class Step { index, position, name, key, value };

    ValuePath const* up;
    Step step;
    std::size_t index = 0;
    std::string_view name{};
};

SLUICE_COLD SLUICE_BODY void printPath(ValuePath const* path, std::string& out)
{
    if (path == nullptr) return;
    printPath(path->up, out);
    Digits const digits{path->index};
    auto const number = path->index == noMember ? std::string_view{} : digits.text();
    switch (path->step) {
        case ValuePath::Step::index: out += concat({"[", number, "]"}); break;
        case ValuePath::Step::position: out += concat({".", number}); break;
        case ValuePath::Step::name: out += concat({".", path->name}); break;
        case ValuePath::Step::key: out += concat({"[", number, "].key"}); break;
        case ValuePath::Step::value: out += concat({"[", number, "].value"}); break;
    }
}

SLUICE_COLD SLUICE_BODY std::string pathText(ValuePath const* path)
{
    if (path == nullptr) return "the value";
    std::string out;
    printPath(path, out);
    return out;
}

/// A schema where it stands: with the structs that it lies in.
struct PlacedSchema {
    Schema const* schema;
    Defaults const* defaults;  // none of what was written
    SchemaScope const* scope;

    /// The struct that it stands for, where it is an enclosing one; how many steps that took is counted.
    void resolve(unsigned& nested)
    {
        while (schema->kind == SchemaKind::enclosing) {
            if (++nested > mostNested) return;
            auto const* at = scope;
            for (auto n = schema->count; n > 0; --n) at = at->up;
            schema = at->schema;
            defaults = at->defaults;
            scope = at->up;
        }
    }
    [[nodiscard]] SchemaScope within() const { return {schema, defaults, scope}; }
    [[nodiscard]] PlacedSchema part(std::size_t i, SchemaScope const* parts) const
    {
        return {&schema->parts[i], defaults != nullptr ? &defaults->parts[i] : nullptr, parts};
    }
    /// The scope of its parts.
    [[nodiscard]] SchemaScope const* scopeOfParts(SchemaScope const& own) const { return isStructKind(schema->kind) ? &own : scope; }
};

/// The least bytes that a value takes. A struct that lies in itself takes one for whatever it does so through.
SLUICE_COLD SLUICE_BODY std::uint64_t leastBytesBy(Schema const& schema)
{
    std::uint64_t bytes = 0;
    switch (schema.kind) {
        case SchemaKind::int16:
        case SchemaKind::uint16: return 2;
        case SchemaKind::int32:
        case SchemaKind::uint32:
        case SchemaKind::float32: return 4;
        case SchemaKind::int64:
        case SchemaKind::uint64:
        case SchemaKind::float64:
        case SchemaKind::time: return 8;
        case SchemaKind::duration: return leastBytesBy(schema.parts[0]);
        case SchemaKind::array:
            bytes = leastBytesBy(schema.parts[0]);
            return __builtin_mul_overflow(bytes, schema.count, &bytes) ? std::numeric_limits<std::uint64_t>::max() : bytes;
        case SchemaKind::tuple:
        case SchemaKind::aggregate:
        case SchemaKind::record:
            for (auto const& part : schema.parts) {
                if (__builtin_add_overflow(bytes, leastBytesBy(part), &bytes)) return std::numeric_limits<std::uint64_t>::max();
            }
            return bytes;
        default: return 1;
    }
}

/// An integer or a floating point number of any kind.
struct AnyNumber {
    enum class Kind { negative, natural, floating };

    Kind kind;
    std::uint64_t whole = 0;  // of a negative one, its two's complement
    double floating = 0;
};

template <class N>
AnyNumber numberFrom(BinaryReader& in)
{
    auto const n = in.number<N>();
    if constexpr (std::is_floating_point_v<N>) return {AnyNumber::Kind::floating, 0, static_cast<double>(n)};
    else return {n < 0 ? AnyNumber::Kind::negative : AnyNumber::Kind::natural, static_cast<std::uint64_t>(n)};
}

SLUICE_COLD SLUICE_BODY AnyNumber readNumber(BinaryReader& in, SchemaKind kind)
{
    switch (kind) {
        case SchemaKind::int8: return numberFrom<std::int8_t>(in);
        case SchemaKind::int16: return numberFrom<std::int16_t>(in);
        case SchemaKind::int32: return numberFrom<std::int32_t>(in);
        case SchemaKind::int64: return numberFrom<std::int64_t>(in);
        case SchemaKind::uint8: return numberFrom<std::uint8_t>(in);
        case SchemaKind::uint16: return numberFrom<std::uint16_t>(in);
        case SchemaKind::uint32: return numberFrom<std::uint32_t>(in);
        case SchemaKind::uint64: return numberFrom<std::uint64_t>(in);
        case SchemaKind::float32: return numberFrom<float>(in);
        default: return numberFrom<double>(in);
    }
}

/// Whether it fits; then it is written.
template <class N>
bool numberTo(BinaryWriter& out, AnyNumber const& n)
{
    if constexpr (std::is_floating_point_v<N>) {
        double const value = n.kind == AnyNumber::Kind::floating  ? n.floating
                             : n.kind == AnyNumber::Kind::natural ? static_cast<double>(n.whole)
                                                                  : static_cast<double>(static_cast<std::int64_t>(n.whole));
        // Infinities and NaN are values of each kind.
        constexpr double inf = std::numeric_limits<double>::infinity();
        bool const finite = value == value && value != inf && value != -inf;
        if (finite &&
            (value > static_cast<double>(std::numeric_limits<N>::max()) || value < static_cast<double>(std::numeric_limits<N>::lowest()))) {
            return false;
        }
        out.number(static_cast<N>(value));
    } else {
        if (n.kind == AnyNumber::Kind::negative) {
            auto const value = static_cast<std::int64_t>(n.whole);
            if (!std::is_signed_v<N> || value < static_cast<std::int64_t>(std::numeric_limits<N>::min())) return false;
        } else if (n.whole > static_cast<std::uint64_t>(std::numeric_limits<N>::max())) {
            return false;
        }
        out.number(static_cast<N>(n.whole));
    }
    return true;
}

SLUICE_COLD SLUICE_BODY bool writeNumber(BinaryWriter& out, SchemaKind kind, AnyNumber const& n)
{
    switch (kind) {
        case SchemaKind::int8: return numberTo<std::int8_t>(out, n);
        case SchemaKind::int16: return numberTo<std::int16_t>(out, n);
        case SchemaKind::int32: return numberTo<std::int32_t>(out, n);
        case SchemaKind::int64: return numberTo<std::int64_t>(out, n);
        case SchemaKind::uint8: return numberTo<std::uint8_t>(out, n);
        case SchemaKind::uint16: return numberTo<std::uint16_t>(out, n);
        case SchemaKind::uint32: return numberTo<std::uint32_t>(out, n);
        case SchemaKind::uint64: return numberTo<std::uint64_t>(out, n);
        case SchemaKind::float32: return numberTo<float>(out, n);
        default: return numberTo<double>(out, n);
    }
}

constexpr bool isFloatKind(SchemaKind kind) { return kind == SchemaKind::float32 || kind == SchemaKind::float64; }
constexpr bool isNumberKind(SchemaKind kind) { return isIntegerKind(kind) || isFloatKind(kind); }
constexpr std::size_t bytesOfKind(SchemaKind kind)
{
    constexpr std::size_t bytes[] = {1, 2, 4, 8, 1, 2, 4, 8, 4, 8};
    return bytes[static_cast<std::size_t>(kind) - static_cast<std::size_t>(SchemaKind::int8)];
}

/// Integers of all kinds become each other where the value fits; floating point numbers too; and integers become those that have
/// all of their values.
constexpr bool numberConverts(SchemaKind from, SchemaKind to)
{
    if (isIntegerKind(from)) return isIntegerKind(to) || (isFloatKind(to) && 2 * bytesOfKind(from) <= bytesOfKind(to));
    return isFloatKind(from) && isFloatKind(to);
}

/// How many of one period are one of another; 0: that is no whole number.
SLUICE_COLD SLUICE_BODY std::uint64_t periodsIn(Schema const& from, Schema const& to)
{
    __extension__ using Wide = unsigned __int128;
    auto const over = static_cast<Wide>(from.count) * to.divisor;
    auto const under = static_cast<Wide>(from.divisor) * to.count;
    auto const whole = over / under;
    return over % under == 0 && whole <= std::numeric_limits<std::uint64_t>::max() ? static_cast<std::uint64_t>(whole) : 0;
}

/// Where a member of a struct was written.
SLUICE_COLD SLUICE_BODY std::size_t writtenMember(Schema const& from, Schema const& to, Defaults const& defaults, std::size_t i)
{
    if (from.kind == SchemaKind::aggregate) return i < from.parts.size() ? i : noMember;
    auto const find = [&from](std::string_view name) {
        for (std::size_t k = 0; k < from.names.size(); ++k) {
            if (from.names[k] == name) return k;
        }
        return noMember;
    };
    if (i < from.names.size() && std::string_view{from.names[i]} == to.names[i]) return i;
    if (auto const found = find(to.names[i]); found != noMember) return found;
    for (auto const& renamed : defaults.renamed) {
        if (renamed.now != to.names[i]) continue;
        if (auto const found = find(renamed.before); found != noMember) return found;
    }
    return noMember;
}

SLUICE_COLD SLUICE_BODY ValuePath memberPath(ValuePath const* path, Schema const& schema, std::size_t i)
{
    if (schema.kind == SchemaKind::record) return {path, ValuePath::Step::name, i, schema.names[i]};
    return {path, ValuePath::Step::position, i};
}

/// Compares two schemas part by part.
class SchemaPair {
public:
    SchemaPair(Schema const& written, Schema const& read) : written_(written), read_(read) {}

    struct Asked {
        Schema const* from;
        Schema const* to;
        Asked const* up;
    };

    SLUICE_COLD void compare(PlacedSchema from, PlacedSchema to, ValuePath const* path, Asked const* asked) const
    {
        unsigned nested = 0;
        from.resolve(nested);
        to.resolve(nested);
        if (nested > mostNested) fail(path, from, to, "a struct consists of itself");
        for (auto const* a = asked; a != nullptr; a = a->up) {
            if (a->from == from.schema && a->to == to.schema) return;  // a tree: asked already
        }
        Asked const now{from.schema, to.schema, asked};
        auto const fromOwn = from.within();
        auto const toOwn = to.within();
        auto const* const fromScope = from.scopeOfParts(fromOwn);
        auto const* const toScope = to.scopeOfParts(toOwn);
        auto const parts = [&](std::size_t i, std::size_t k, ValuePath const& at) {
            compare(from.part(i, fromScope), to.part(k, toScope), &at, &now);
        };
        auto const& f = *from.schema;
        auto const& t = *to.schema;
        if (isNumberKind(f.kind) && isNumberKind(t.kind)) {
            if (!numberConverts(f.kind, t.kind)) fail(path, from, to, "not all of its values are values of that");
        } else if (t.kind == SchemaKind::optional && f.kind != SchemaKind::optional) {
            compare(from, to.part(0, toScope), path, &now);
        } else if (isStructKind(f.kind) && isStructKind(t.kind)) {
            if (f.kind == SchemaKind::record && t.kind == SchemaKind::aggregate) {
                fail(path, from, to, "its members had names, and must keep them: adapt it to Boost.Hana");
            }
            if (f.kind == SchemaKind::aggregate && f.parts.size() > t.parts.size()) {
                fail(path, from, to,
                     "members that are told by their position can only be added, at the end: adapt it to Boost.Hana before it changes "
                     "otherwise");
            }
            for (std::size_t k = 0; k < t.parts.size(); ++k) {
                auto const i = writtenMember(f, t, *to.defaults, k);
                if (i != noMember) parts(i, k, memberPath(path, t, k));
            }
        } else if (f.kind != t.kind) {
            fail(path, from, to, {});
        } else if (f.kind == SchemaKind::array && f.count != t.count) {
            fail(path, from, to, "the lengths differ");
        } else if (f.kind == SchemaKind::tuple && f.parts.size() != t.parts.size()) {
            fail(path, from, to, "the numbers of elements differ");
        } else if (f.kind == SchemaKind::variant && f.parts.size() > t.parts.size()) {
            fail(path, from, to, "alternatives can only be added, at the end");
        } else if (f.kind == SchemaKind::duration && periodsIn(f, t) == 0) {
            fail(path, from, to, "its period is no whole number of the other");
        } else if (f.kind == SchemaKind::map) {
            parts(0, 0, {path, ValuePath::Step::key, noMember});
            parts(1, 1, {path, ValuePath::Step::value, noMember});
        } else {
            for (std::size_t i = 0; i < f.parts.size(); ++i) {
                bool const one = f.kind != SchemaKind::tuple && f.kind != SchemaKind::variant;
                if (one && f.kind != SchemaKind::sequence && f.kind != SchemaKind::set && f.kind != SchemaKind::array) {
                    compare(from.part(i, fromScope), to.part(i, toScope), path, &now);
                } else {
                    parts(i, i, {path, one ? ValuePath::Step::index : ValuePath::Step::position, one ? noMember : i});
                }
            }
        }
    }

private:
    [[noreturn]] SLUICE_COLD void fail(ValuePath const* path, PlacedSchema const& from, PlacedSchema const& to, std::string_view why) const
    {
        throw CodecError{
            concat({"sluice::decode: ", pathText(path), " was written as ", from.schema->toString(), ", and cannot be read as ",
                    to.schema->toString(), why.empty() ? "" : ": ", why, "; written: ", written_.toString(), "; read: ", read_.toString()}),
            0};
    }

    Schema const& written_;
    Schema const& read_;
};

SLUICE_COLD SLUICE_BODY void requireConvertible(Schema const& written, Schema const& read, Defaults const& defaults)
{
    SchemaPair{written, read}.compare({&written, nullptr, nullptr}, {&read, &defaults, nullptr}, nullptr, nullptr);
}

/// Goes through a value by its schema.
class ValueWalk {
public:
    ValueWalk(BinaryReader& in, Schema const& whole) : in_(in), whole_(whole) {}

    SLUICE_COLD void skip(PlacedSchema at, ValuePath const* path)
    {
        auto const nested = nested_;
        at.resolve(nested_);
        if (nested_ > mostNested) fail(path, in_.at(), "more than 256 values of one type lie within each other");
        auto const own = at.within();
        auto const* const scope = at.scopeOfParts(own);
        auto const& schema = *at.schema;
        auto const* const begin = in_.at();
        switch (schema.kind) {
            case SchemaKind::boolean: flag(path, "a bool is neither 0 nor 1"); break;
            case SchemaKind::text: {
                auto const size = sizeAt(path);
                if (size > in_.left()) fail(path, begin, "a text is longer than what is left");
                in_.readTo(in_.at() + size);
                break;
            }
            case SchemaKind::optional:
                if (flag(path, "an optional is neither there nor not")) skip(at.part(0, scope), path);
                break;
            case SchemaKind::sequence:
            case SchemaKind::set:
                elements(at, path, [&](std::size_t i) {
                    ValuePath const one{path, ValuePath::Step::index, i};
                    skip(at.part(0, scope), &one);
                });
                break;
            case SchemaKind::map:
                elements(at, path,
                         [&](std::size_t i) { entry(i, path, [&](std::size_t k, ValuePath const& p) { skip(at.part(k, scope), &p); }); });
                break;
            case SchemaKind::array: {
                auto const least = leastBytesBy(schema);
                if (least > in_.left()) fail(path, begin, "an array is longer than what is left");
                if (least == 0) break;
                for (std::size_t i = 0; i < schema.count; ++i) {
                    ValuePath const one{path, ValuePath::Step::index, i};
                    skip(at.part(0, scope), &one);
                }
                break;
            }
            case SchemaKind::tuple:
            case SchemaKind::aggregate:
            case SchemaKind::record:
                for (std::size_t i = 0; i < schema.parts.size(); ++i) {
                    auto const one = memberPath(path, schema, i);
                    skip(at.part(i, scope), &one);
                }
                break;
            case SchemaKind::variant: skip(at.part(alternative(schema, path), scope), path); break;
            default: {
                auto const bytes = leastBytesBy(schema);
                if (bytes > in_.left()) fail(path, begin, "fewer bytes are left than a number takes");
                in_.readTo(begin + bytes);
            }
        }
        nested_ = nested;
    }

    SLUICE_COLD void convert(PlacedSchema from, PlacedSchema to, BinaryWriter& out, ValuePath const* path)
    {
        auto const nested = nested_;
        from.resolve(nested_);
        unsigned ignored = 0;
        to.resolve(ignored);
        if (nested_ > mostNested || ignored > mostNested) fail(path, in_.at(), "more than 256 values of one type lie within each other");
        auto const fromOwn = from.within();
        auto const toOwn = to.within();
        auto const* const fromScope = from.scopeOfParts(fromOwn);
        auto const* const toScope = to.scopeOfParts(toOwn);
        auto const& f = *from.schema;
        auto const& t = *to.schema;
        auto const part = [&](std::size_t i, std::size_t k, ValuePath const* p) {
            convert(from.part(i, fromScope), to.part(k, toScope), out, p);
        };
        auto const* const begin = in_.at();
        if (isNumberKind(f.kind) && isNumberKind(t.kind)) {
            number(f.kind, t, 1, out, path);
        } else if (t.kind == SchemaKind::optional && f.kind != SchemaKind::optional) {
            out.number(std::uint8_t{1});
            convert(from, to.part(0, toScope), out, path);
        } else if (isStructKind(f.kind)) {
            members(from, fromScope, to, toScope, out, path);
        } else {
            switch (f.kind) {
                case SchemaKind::duration: number(f.parts[0].kind, t.parts[0], periodsIn(f, t), out, path); break;
                case SchemaKind::optional:
                    out.number(static_cast<std::uint8_t>(flag(path, "an optional is neither there nor not")));
                    if (*begin != 0) part(0, 0, path);
                    break;
                case SchemaKind::sequence:
                case SchemaKind::set:
                    elements(
                        from, path,
                        [&](std::size_t i) {
                            ValuePath const one{path, ValuePath::Step::index, i};
                            part(0, 0, &one);
                        },
                        &out, leastBytesBy(t.parts[0]) == 0);
                    break;
                case SchemaKind::map:
                    elements(
                        from, path, [&](std::size_t i) { entry(i, path, [&](std::size_t k, ValuePath const& p) { part(k, k, &p); }); },
                        &out, leastBytesBy(t.parts[0]) == 0 && leastBytesBy(t.parts[1]) == 0);
                    break;
                case SchemaKind::array:
                    for (std::size_t i = 0; i < f.count; ++i) {
                        ValuePath const one{path, ValuePath::Step::index, i};
                        part(0, 0, &one);
                    }
                    break;
                case SchemaKind::tuple:
                    for (std::size_t i = 0; i < f.parts.size(); ++i) {
                        ValuePath const one{path, ValuePath::Step::position, i};
                        part(i, i, &one);
                    }
                    break;
                case SchemaKind::variant: {
                    auto const i = alternative(f, path);
                    out.size(i);
                    part(i, i, path);
                    break;
                }
                default:  // of one kind
                    skip(from, path);
                    out.bytes(begin, static_cast<std::size_t>(in_.at() - begin));
            }
        }
        nested_ = nested;
    }

    [[noreturn]] SLUICE_COLD void fail(ValuePath const* path, char const* at, std::string_view problem) const
    {
        auto const offset = static_cast<std::size_t>(at - in_.begin());
        throw CodecError{concat({"sluice::decode: ", pathText(path), " at byte ", Digits{offset}.text(), ": ", problem, "; reading ",
                                 whole_.toString()}),
                         offset};
    }

private:
    bool flag(ValuePath const* path, char const* problem)
    {
        auto const* const at = in_.at();
        if (in_.left() == 0) fail(path, at, "the bytes end here");
        auto const byte = in_.number<std::uint8_t>();
        if (byte > 1) fail(path, at, problem);
        return byte == 1;
    }

    std::uint64_t sizeAt(ValuePath const* path)
    {
        try {
            return in_.size();
        } catch (BadBytes const& bad) {
            fail(path, bad.at, bad.problem);
        }
    }

    std::size_t alternative(Schema const& schema, ValuePath const* path)
    {
        auto const* const at = in_.at();
        auto const i = sizeAt(path);
        if (i >= schema.parts.size()) fail(path, at, "there is no such alternative");
        return static_cast<std::size_t>(i);
    }

    /// Elements of a container; such as take no byte have one that is 0.
    template <class Each>
    void elements(PlacedSchema const& at, ValuePath const* path, Each&& each, BinaryWriter* out = nullptr, bool paddedTo = false)
    {
        auto const* const begin = in_.at();
        auto const size = sizeAt(path);
        std::uint64_t least = 0;
        for (auto const& part : at.schema->parts) {
            if (__builtin_add_overflow(least, leastBytesBy(part), &least)) least = std::numeric_limits<std::uint64_t>::max();
        }
        bool const padded = least == 0;
        if (size > in_.left() / (padded ? 1 : least)) fail(path, begin, "it has more elements than the bytes that are left can hold");
        if (out != nullptr) out->size(size);
        for (std::size_t i = 0; i < size; ++i) {
            if (padded && (in_.left() == 0 || in_.number<std::uint8_t>() != 0)) fail(path, in_.at(), "an element without content is not 0");
            if (paddedTo) out->number(std::uint8_t{0});
            each(i);
        }
    }

    template <class Each>
    void entry(std::size_t i, ValuePath const* path, Each&& each)
    {
        each(0, {path, ValuePath::Step::key, i});
        each(1, {path, ValuePath::Step::value, i});
    }

    void number(SchemaKind from, Schema const& to, std::uint64_t times, BinaryWriter& out, ValuePath const* path)
    {
        auto const* const at = in_.at();
        if (in_.left() < bytesOfKind(from)) fail(path, at, "fewer bytes are left than a number takes");
        auto n = readNumber(in_, from);
        bool fits = true;
        if (n.kind == AnyNumber::Kind::floating) {
            n.floating *= static_cast<double>(times);
        } else if (n.kind == AnyNumber::Kind::natural) {
            fits = !__builtin_mul_overflow(n.whole, times, &n.whole);
        } else if (times > 1) {
            std::int64_t product = 0;
            fits = times <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) &&
                   !__builtin_mul_overflow(static_cast<std::int64_t>(n.whole), static_cast<std::int64_t>(times), &product);
            n.whole = static_cast<std::uint64_t>(product);
        }
        if (!fits || !writeNumber(out, to.kind, n)) {
            fail(path, at,
                 concat({"the number that was written as ", Schema{from}.toString(), " does not fit into ", Schema{to.kind}.toString()}));
        }
    }

    void members(PlacedSchema const& from, SchemaScope const* fromScope, PlacedSchema const& to, SchemaScope const* toScope,
                 BinaryWriter& out, ValuePath const* path)
    {
        auto const& f = *from.schema;
        auto const& t = *to.schema;
        std::vector<char const*> begins;  // of those that have been passed
        begins.reserve(f.parts.size());
        auto const pass = [&] {
            auto const i = begins.size();
            auto const one = memberPath(path, f, i);
            begins.push_back(in_.at());
            skip(from.part(i, fromScope), &one);
        };
        for (std::size_t k = 0; k < t.parts.size(); ++k) {
            auto const i = writtenMember(f, t, *to.defaults, k);
            if (i == noMember) {
                out.bytes(to.defaults->values[k].data(), to.defaults->values[k].size());
                continue;
            }
            auto const one = memberPath(path, t, k);
            while (begins.size() < i) pass();
            bool const isNext = begins.size() == i;
            auto const* const next = in_.at();
            if (isNext) begins.push_back(next);
            else in_.readTo(begins[i]);
            convert(from.part(i, fromScope), to.part(k, toScope), out, &one);
            if (!isNext) in_.readTo(next);
        }
        while (begins.size() < f.parts.size()) pass();
    }

    BinaryReader& in_;
    Schema const& whole_;
    unsigned nested_ = 0;
};

SLUICE_COLD SLUICE_BODY void convertValue(BinaryReader& in, Schema const& written, BinaryWriter& out, Schema const& read,
                                          Defaults const& defaults)
{
    ValueWalk{in, written}.convert({&written, nullptr, nullptr}, {&read, &defaults, nullptr}, out, nullptr);
}

SLUICE_COLD SLUICE_BODY void failDecode(BinaryReader& in, char const* begin, BadBytes const& bad, Schema const& schema)
{
    in.readTo(begin);
    ValueWalk walk{in, schema};
    walk.skip({&schema, nullptr, nullptr}, nullptr);  // it fails in the same place, and knows the member
    walk.fail(nullptr, bad.at, bad.problem);
}

SLUICE_COLD SLUICE_BODY void failLeft(BinaryReader const& in, Schema const& schema)
{
    if (in.left() == 0) return;
    throw CodecError{concat({"sluice::decode: at byte ", Digits{in.offset()}.text(), " the value has ended, and ", Digits{in.left()}.text(),
                             " bytes are left; reading ", schema.toString()}),
                     in.offset()};
}

}  // namespace sluice::inline SLUICE_ABI::detail
