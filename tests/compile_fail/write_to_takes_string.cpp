// expect: sluice::writeTo\(open\): the writer must take text as std::string_view
#include <sluice/sluice.hpp>

using namespace sluice;

template <class Text>
struct Lines {
    void write(Text);
    void close();
};

void program(DStream<std::string_view> words)
{
#ifdef SLUICE_TWIN
    words | writeTo([](OutputKey) { return Lines<std::string_view>{}; });
#else
    words | writeTo([](OutputKey) { return Lines<std::string const&>{}; });
#endif
}
