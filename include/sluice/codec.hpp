#pragma once

// Records to bytes, to text, and back.

#include <sluice/codec/parse.hpp>
#include <sluice/codec/text.hpp>
