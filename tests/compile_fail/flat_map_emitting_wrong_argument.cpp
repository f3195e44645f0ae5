// expect: sluice::flatMap<U>\(f\): f must take one record, text as std::string_view, and what it emits to
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | flatMap<char>([](std::string_view line, auto&& emit) { emit(line.front()); }) | print();
#else
    lines | flatMap<char>([](std::string const& line, auto&& emit) { emit(line.front()); }) | print();
#endif
}
