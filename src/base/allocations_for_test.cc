#include "base/allocations_for_test.h"

#include <cstdlib>
#include <new>

#if defined(__has_feature)
#define RESCIND_HAS_TSAN __has_feature(thread_sanitizer)
#else
#define RESCIND_HAS_TSAN 0
#endif

namespace {
thread_local std::size_t allocations = 0;
}  // namespace

// ThreadSanitizer brings an operator new of its own; there nothing is counted, and the tests of
// allocations say nothing.
#if !defined(__SANITIZE_THREAD__) && !RESCIND_HAS_TSAN
void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
#endif

namespace rescind {

std::size_t allocations_of_this_thread() { return allocations; }

}  // namespace rescind
