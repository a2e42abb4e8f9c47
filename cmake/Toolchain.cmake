# Compiler, linker and sanitizer settings for every target of the project.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(RESCIND_TESTS "Build the tests" ON)
option(RESCIND_BENCH "Build the benchmarks" OFF)
option(RESCIND_FUZZ "Build the fuzzers (clang, libFuzzer)" OFF)
set(RESCIND_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wthread-safety -Wno-missing-designated-field-initializers)
else()
  # Position-independent code keeps what it could else inline callable from outside; nobody replaces
  # our functions at load time.
  add_compile_options(-fno-semantic-interposition)
  # g++ 12 warns of these inside its own headers at -O2 (GCC bugs 105562, 105651).
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized -Wno-missing-field-initializers)
endif()

if(RESCIND_SANITIZE)
  add_compile_options(-fsanitize=${RESCIND_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RESCIND_SANITIZE})
endif()
if(RESCIND_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET GLOBAL libsodium)
if(RESCIND_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
