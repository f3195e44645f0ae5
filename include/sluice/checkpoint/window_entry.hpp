#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/batch/partitioner.hpp>
#include <sluice/codec/binary_form.hpp>
#include <sluice/stream/checkpointing.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

// What the entries of windows have in common, whatever their records are.

namespace sluice::inline SLUICE_ABI::detail {

/// How batches were partitioned, as far as it can be written: a partitioner is the program's.
enum class KeptPartitioning : std::uint8_t { none, byHash, byPartitioner };

[[nodiscard]] inline KeptPartitioning keptAs(Partitioning const& partitioning)
{
    if (!partitioning) return KeptPartitioning::none;
    return partitioning.own ? KeptPartitioning::byPartitioner : KeptPartitioning::byHash;
}

/// A node right behind an operator that is told how to partition, and may have been told a partitioner.
template <class Node>
concept BehindPartitioner = requires(Node const& node) { node.up.impl().shared->value.by.own; };

/// What the key of an entry consists of: which kind of entry it is, and numbers; a time is one.
class WindowEntryKey {
public:
    [[nodiscard]] std::string_view operator()(std::uint8_t kind, std::initializer_list<std::int64_t> numbers)
    {
        bytes_.clear();
        BinaryWriter writer{bytes_};
        writer.number(kind);
        for (auto const number : numbers) writer.number(number);
        writer.finish();
        return bytes_;
    }

private:
    std::string bytes_;
};

/// Numbers in ascending order.
[[gnu::cold]] inline void putAscending(BinaryWriter& writer, List<std::uint32_t> const& numbers)
{
    writer.size(numbers.size());
    std::uint32_t next = 0;
    for (auto const number : numbers) {
        writer.size(number - next);
        next = number + 1;
    }
}
[[nodiscard, gnu::cold]] inline std::vector<std::uint32_t> getAscending(BinaryReader& reader)
{
    std::vector<std::uint32_t> numbers;
    std::uint64_t next = 0;
    for (auto n = reader.size(); n > 0; --n) {
        auto const* const at = reader.at();
        auto const skipped = reader.size();
        if (skipped >= ~std::uint32_t{0} - next) BinaryReader::fail(at, "a number is too large");
        next += skipped;
        numbers.push_back(static_cast<std::uint32_t>(next++));
    }
    return numbers;
}

/// The schema by which entries of a kind of window are told from all others: no key of a program's has such a name.
[[nodiscard, gnu::cold]] inline std::string windowSchema(char const* kind)
{
    return Schema{SchemaKind::record, {schemaOf<std::int64_t>()}, {kind}}.encoded();
}
/// What was written is of the same kind.
[[gnu::cold]] inline void requireWindow(std::string_view written, std::string const& now)
{
    if (written == now) return;
    throw StreamError{concat({"it was written by another operator, as entries of ", Schema::decode(written).toString(),
                              ", and this one writes ", Schema::decode(now).toString()})};
}
[[noreturn, gnu::cold]] inline void failWindow(std::string_view what) { throw StreamError{concat({"an entry of the window is ", what})}; }

}  // namespace sluice::inline SLUICE_ABI::detail
