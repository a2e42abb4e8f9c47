#pragma once
// Counts the allocations of a test program, to show that a warm path makes none. Link
// base/allocations_for_test.cc into the test (and only there): it replaces operator new.

#include <cstddef>

namespace rescind {

// Of the calling thread, since it began: by operator new only, so what a C library takes by malloc
// is not seen.
std::size_t allocations_of_this_thread();

}  // namespace rescind
