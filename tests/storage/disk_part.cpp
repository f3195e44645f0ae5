#include <sluice/storage.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <map>
#include <vector>

using namespace sluice;
using namespace std::literals;

namespace {

constexpr Label label{"cache", CallSite::here()};

template <class T>
struct Part {
    Temporary directory;
    detail::Counted<detail::DiskStore> store;
    detail::DiskPart<T> part;

    explicit Part(std::size_t inMemory = 0, bool memoryFirst = false)
        : store(detail::makeCounted<detail::DiskStore>(label, directory.path(), inMemory))
    {
        part.open(store, memoryFirst, {});
    }

    /// From one on, at most so many.
    [[nodiscard]] std::vector<T> read(std::size_t from = 0, std::size_t most = ~std::size_t{0}) const
    {
        std::vector<T> all;
        auto const taken = part.eachSpan(from, [&](T const* records, std::size_t size) {
            std::size_t n = 0;
            while (n < size && all.size() < most) all.push_back(records[n++]);
            return detail::Taken{n, all.size() < most};
        });
        CHECK(taken.count == all.size());
        return all;
    }
};

template <class T>
void goesRound(std::vector<T> const& records)
{
    Part<T> on;
    for (auto const& record : records) on.part(record);
    on.part.finish();
    CHECK(on.part.size() == records.size());
    CHECK(on.read() == records);
}

std::vector<std::string> texts(std::size_t n)
{
    std::vector<std::string> all;
    for (std::size_t i = 0; i < n; ++i) all.push_back(std::string(i % 50, 'x') + std::to_string(i));
    return all;
}

}  // namespace

TEST_CASE("records of any form come back as they were, in their order, over many blocks")
{
    goesRound<int>({});
    std::vector<int> numbers;
    for (int i = 0; i < 100'000; ++i) numbers.push_back(7 * i - 100);
    goesRound(numbers);
    goesRound(texts(20'000));
    std::vector<std::pair<std::string, std::optional<double>>> pairs;
    for (auto const& text : texts(5'000)) pairs.emplace_back(text, text.size() % 3 == 0 ? std::optional{0.5} : std::nullopt);
    goesRound(pairs);
    goesRound(std::vector<bool>{true, false, true});
    goesRound(std::vector<std::map<int, std::vector<std::string>>>{{{1, {"a", "b"}}}, {}, {{2, {}}}});
    goesRound(std::vector<std::string>{std::string(1 << 20, 'x'), "", std::string(3 << 20, 'y')});
    goesRound(std::vector<std::tuple<>>(200000));
}

TEST_CASE("reading begins anywhere, and ends where no more are wanted")
{
    Part<std::string> on;
    auto const all = texts(10'000);
    for (auto const& one : all) on.part(std::string_view{one});
    on.part.finish();
    for (std::size_t const from : {std::size_t{0}, std::size_t{1}, std::size_t{777}, std::size_t{5000}, std::size_t{9999}}) {
        auto const left = all.size() - from;
        CHECK(on.read(from).size() == left);
        CHECK(on.read(from, 3) ==
              std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(from),
                                       all.begin() + static_cast<std::ptrdiff_t>(from + std::min(left, std::size_t{3}))));
    }
    CHECK(on.read(10'000).empty());
}

TEST_CASE("memory first: what fits lies there, the rest on the disk, and all of it is given back")
{
    Part<std::string> on{100'000, true};
    auto const all = texts(10'000);
    for (auto const& one : all) on.part(one);
    on.part.finish();
    CHECK(on.part.bytesInMemory() > 90'000);
    CHECK(on.part.bytesInMemory() <= 100'000);
    CHECK(on.store->used() <= 100'000);
    CHECK(on.read() == all);
    CHECK(on.read(2'000, 10) == std::vector<std::string>(all.begin() + 2'000, all.begin() + 2'010));
    on.part.clear();
    CHECK(on.store->used() == 0);
    CHECK(on.part.size() == 0);
    on.part.open(on.store, false, {});
    on.part("again"sv);
    on.part.finish();
    CHECK(on.part.bytesInMemory() == 0);
    CHECK(on.read() == std::vector{"again"s});
}
