#include "measure.hpp"

void fused::measureInt32(Settings const& settings, Report& report)
{
    measureOne<std::int32_t, Even>(settings, report);
    measureOne<std::int32_t, Positive>(settings, report);
    measureOne<std::int32_t, Between>(settings, report);
}
