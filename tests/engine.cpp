#include <sluice/engine.hpp>
