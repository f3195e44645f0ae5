// expect: this type may be a view: it is a pointer, or is copied byte by byte and hides its members
// near: 16
#include <sluice/sluice.hpp>

using namespace sluice;

template <int>
class Point {
public:
    explicit Point(int x) : x_(x) {}
    [[nodiscard]] int x() const { return x_; }

private:
    int x_;
};

template <>
inline constexpr bool sluice::holdsNoViews<Point<1>> = true;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([](int x) { return Point<1>{x}; }) | cache() | count() | print();
#else
    numbers | map([](int x) { return Point<0>{x}; }) | cache() | count() | print();
#endif
}
