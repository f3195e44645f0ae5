// expect: sluice::tailTextFileStream\(context, path, options\): context must be a StreamingContext
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Config const& config)
{
#ifdef SLUICE_TWIN
    tailTextFileStream(StreamingContext{config, std::chrono::seconds{1}}, "/var/log/a.log") | print();
#else
    tailTextFileStream(config, "/var/log/a.log") | print();
#endif
}
