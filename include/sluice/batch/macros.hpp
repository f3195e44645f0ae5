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

// Compiled mode: with SLUICE_COMPILED, bodies that know no type of the user's are compiled once, by <sluice/compiled.cpp>, and
// not in each file. They stand in the .ipp beside their header, which includes it where there is no such mode. There, too, they are
// called, and not copied to where they are used: none of them is worth a copy.
#ifdef SLUICE_COMPILED
#define SLUICE_BODY
#define SLUICE_INLINE
#else
#define SLUICE_BODY [[gnu::noinline]] inline
#define SLUICE_INLINE inline
#endif

// What is called only where something went wrong, and is kept out of the loops that call it.
#define SLUICE_COLD [[gnu::cold, gnu::noinline]]

// Text is read up to the end of a word of the machine's where that lies in the same page, beyond the text's own end. Tools that watch
// each access take that to be a mistake: under sanitizers it is not done, and for valgrind's memcheck whoever compiles may define this.
// Results are the same.
#if !defined(SLUICE_READS_EXACTLY)
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLUICE_READS_EXACTLY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SLUICE_READS_EXACTLY
#endif
#endif
#endif

#ifdef SLUICE_COMPILED
// What files and library must agree in, as a name that only a library of the same settings has: where they differ, linking says
// which one is missing.
#include <cstddef>  // which standard library it is
#if defined(_GLIBCXX_DEBUG)
#define SLUICE_COMPILED_WITH compiledWithDebugContainers
#elif defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
#define SLUICE_COMPILED_WITH compiledWithOldStrings
#elif defined(_LIBCPP_VERSION)
#define SLUICE_COMPILED_WITH compiledWithLibcxx
#else
#define SLUICE_COMPILED_WITH compiledWithPlainContainers
#endif
namespace sluice::inline SLUICE_ABI::detail {
extern char const SLUICE_COMPILED_WITH;
[[gnu::used]] static constexpr char const* compiledWith = &SLUICE_COMPILED_WITH;
}  // namespace sluice::inline SLUICE_ABI::detail
#endif
