// expect: sluice::flatMapValues\(f, letters\): the range that f returns must be one that can be empty
#include <sluice/sluice.hpp>

using namespace sluice;

struct Digits {
    explicit Digits(int n) : last(n % 10) {}
    int last;
    int const* begin() const { return &last; }
    int const* end() const { return &last + 1; }
};

void program(Graph const& context, DStream<std::pair<int, int>> pairs)
{
    auto [letters, failed] = deadLetters<std::pair<int, int>>(context);
#ifdef SLUICE_TWIN
    pairs | flatMapValues([](int n) { return std::vector<int>(1, n); }, letters) | print();
#else
    pairs | flatMapValues([](int n) { return Digits{n}; }, letters) | print();
#endif
    failed | count() | print();
}
