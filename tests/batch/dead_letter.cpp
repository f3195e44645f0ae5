#include <sluice/batch/dead_letter.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace sluice;

TEST_CASE("letters are put into the box, whichever copy of the handle is used")
{
    struct Box : detail::LetterBox<int> {
        void put(DeadLetter<int> letter) override { all.push_back(std::move(letter)); }
        std::vector<DeadLetter<int>> all;
    };
    auto const box = detail::makeCounted<Box>();
    DeadLetters<int> const letters{detail::Counted<detail::LetterBox<int>>{box}};
    auto const copy = letters;
    letters.put({1, "one", {"a.cpp", 3, "f"}});
    copy.put({2, "two", {}});
    REQUIRE(box->all.size() == 2);
    CHECK(box->all[0].at.line == 3);
    CHECK(box->all[1].record == 2);
    CHECK(box->all[1].error == "two");
}
