#include <sluice/batch.hpp>

#include <cstdio>

int main()
{
    std::puts(SLUICE_VERSION_STRING);
    return sluice::rdd({1, 2, 3}).numPartitions() == 1 ? 0 : 1;
}
