#include "measure.hpp"

void fused::measureInt64(Settings const& settings, Report& report)
{
    measureOne<std::int64_t, Even>(settings, report);
    measureOne<std::int64_t, Positive>(settings, report);
    measureOne<std::int64_t, Between>(settings, report);
}
