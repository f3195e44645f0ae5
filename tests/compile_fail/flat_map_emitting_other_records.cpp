// expect: sluice::flatMap<U>\(f\): f must emit records of type U
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | flatMap<std::string_view>([](std::string_view line, auto&& emit) { emit(line.substr(1)); }) | print();
#else
    lines | flatMap<int>([](std::string_view line, auto&& emit) { emit(line.substr(1)); }) | print();
#endif
}
