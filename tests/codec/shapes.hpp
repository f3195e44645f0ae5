#pragma once

#include <sluice/codec/binary.hpp>

#include <boost/hana/define_struct.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

// Types that have a binary form, for the tests of it.

namespace shapes {

enum class Colour : std::uint8_t { red = 1, blue = 7 };

struct Plain {
    std::int32_t id = 7;
    std::string text = "none";
    std::optional<std::array<std::int16_t, 2>> pair{};
    friend bool operator==(Plain const&, Plain const&) = default;
};
struct Row {  // its bytes in memory are those that are written
    std::int64_t key;
    std::uint32_t low;
    std::uint32_t high;
    friend bool operator==(Row const&, Row const&) = default;
};
struct Padded {
    std::int8_t small;
    std::int64_t large;
    char tag[3];
    bool flag;
    friend bool operator==(Padded const&, Padded const&) = default;
};
struct Empty {
    friend bool operator==(Empty, Empty) = default;
    friend auto operator<=>(Empty, Empty) = default;
};

struct Named {
    BOOST_HANA_DEFINE_STRUCT(Named, (std::string, name), (std::int64_t, amount));
    friend bool operator==(Named const& a, Named const& b) { return a.name == b.name && a.amount == b.amount; }
};
struct Renamed {
    BOOST_HANA_DEFINE_STRUCT(Renamed, (std::string, name), (std::int64_t, total));
};

struct Tree {
    std::int32_t value = 0;
    std::vector<Tree> children{};
    std::unique_ptr<Tree> next{};
    friend bool operator==(Tree const& a, Tree const& b)
    {
        return a.value == b.value && a.children == b.children && (a.next ? b.next && *a.next == *b.next : !b.next);
    }
};

class Celsius {
public:
    Celsius() = default;
    explicit Celsius(double degrees) : degrees_(degrees) {}
    [[nodiscard]] double degrees() const { return degrees_; }
    friend bool operator==(Celsius const&, Celsius const&) = default;

private:
    double degrees_ = 0;
};
class Path {  // of parts
public:
    Path() = default;
    explicit Path(std::vector<std::string> parts) : parts_(std::move(parts)) {}
    [[nodiscard]] std::vector<std::string> const& parts() const { return parts_; }
    friend bool operator==(Path const&, Path const&) = default;

private:
    std::vector<std::string> parts_;
};

}  // namespace shapes

template <>
struct sluice::EncodedAs<shapes::Celsius> {
    using type = double;
    static double to(shapes::Celsius const& c) { return c.degrees(); }
    static shapes::Celsius from(double degrees) { return shapes::Celsius{degrees}; }
};
template <>
struct sluice::EncodedAs<shapes::Path> {
    using type = std::vector<std::string>;
    static type const& to(shapes::Path const& path) { return path.parts(); }
    static shapes::Path from(type parts) { return shapes::Path{std::move(parts)}; }
};
