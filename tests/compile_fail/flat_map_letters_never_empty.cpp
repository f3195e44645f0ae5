// expect: sluice::flatMap\(f, letters\): the range that f returns must be one that can be empty
#include <sluice/sluice.hpp>

using namespace sluice;

struct Digits {
    explicit Digits(int n) : last(n % 10) {}
    int last;
    int const* begin() const { return &last; }
    int const* end() const { return &last + 1; }
};

void program(DeadLetters<int> letters, DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | flatMap([](int n) { return std::vector<int>(1, n); }, letters) | print();
#else
    numbers | flatMap([](int n) { return Digits{n}; }, letters) | print();
#endif
}
