#pragma once

/// The version, as numbers and as text. Versions follow semantic versioning: what is promised are the public names of
/// namespace `sluice`; nothing in a `detail` namespace is.
#define SLUICE_VERSION_MAJOR 0
#define SLUICE_VERSION_MINOR 1
#define SLUICE_VERSION_PATCH 0
#define SLUICE_VERSION (SLUICE_VERSION_MAJOR * 10000 + SLUICE_VERSION_MINOR * 100 + SLUICE_VERSION_PATCH)
#define SLUICE_VERSION_STRING "0.1.0"

// The inline namespace: two versions in one program are two sets of types.
#define SLUICE_ABI v0_1

// What is called only where something went wrong, and is kept out of the loops that call it.
#define SLUICE_COLD [[gnu::cold, gnu::noinline]]
