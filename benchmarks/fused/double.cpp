#include "measure.hpp"

void fused::measureDouble(Settings const& settings, Report& report)
{
    measureOne<double, Positive>(settings, report);
    measureOne<double, Between>(settings, report);
}
