#pragma once

// Records to bytes, to text, and back.

#include <sluice/codec/binary.hpp>
#include <sluice/codec/binary_form.hpp>
#include <sluice/codec/bytes.hpp>
#include <sluice/codec/compression.hpp>
#include <sluice/codec/parse.hpp>
#include <sluice/codec/schema.hpp>
#include <sluice/codec/text.hpp>
