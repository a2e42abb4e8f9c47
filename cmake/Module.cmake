# module(<folder>): one folder of src/ as a static library with its tests, fuzzers and benchmarks.
#
#   module(jwt
#     SOURCES jws.cc key.cc            the library (left out: header-only)
#     DEPENDS base                     other folders, as far as the layer table allows
#     LIBRARIES OpenSSL::Crypto        libraries from outside
#     TESTS jws_test.cc                one program rescind_jwt_test, found by ctest case by case
#     FUZZERS jws_fuzz.cc              a program each: fuzz/jws_fuzz (with -DRESCIND_FUZZ=ON; all of
#                                      them: target `fuzzers`); its corpus is corpus/jws_fuzz
#     BENCHES jws_bench.cc             a program each: bench/jws_bench (with -DRESCIND_BENCH=ON)
#     TEST_LIBRARIES …                 what only the tests need
#     TEST_PROPERTIES …                ctest properties, as TIMEOUT 120
#     WHOLE                            the tests are one ctest case, so that a server is started once;
#                                      not run where the program says "not run: …" (no server here)
#   )
if(RESCIND_FUZZ AND NOT TARGET fuzzers)
  add_custom_target(fuzzers)
endif()

function(module name)
  cmake_parse_arguments(PARSE_ARGV 1 M "WHOLE" ""
    "SOURCES;DEPENDS;LIBRARIES;TESTS;FUZZERS;BENCHES;TEST_LIBRARIES;TEST_PROPERTIES")
  if(M_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "module(${name}): unknown ${M_UNPARSED_ARGUMENTS}")
  endif()
  set(library "rescind_${name}")
  list(TRANSFORM M_DEPENDS PREPEND "rescind_")

  if(M_SOURCES)
    add_library(${library} STATIC ${M_SOURCES})
    set(scope PUBLIC)
  else()
    add_library(${library} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${library} ${scope} "${CMAKE_SOURCE_DIR}/src"
                                                 "${CMAKE_SOURCE_DIR}/include")
  target_link_libraries(${library} ${scope} ${M_DEPENDS} ${M_LIBRARIES} Threads::Threads)

  if(M_TESTS AND RESCIND_TESTS)
    add_executable(${library}_test ${M_TESTS})
    target_link_libraries(${library}_test PRIVATE ${library} ${M_TEST_LIBRARIES}
                                                  GTest::gmock GTest::gtest_main)
    target_compile_definitions(${library}_test PRIVATE
      RESCIND_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    # What is under test is compiled as it is delivered; the tests' own code takes a quarter less time so.
    target_compile_options(${library}_test PRIVATE $<$<CONFIG:Release>:-O1>)
    if(M_WHOLE)
      add_test(NAME "${name}" COMMAND ${library}_test)
      set_tests_properties("${name}" PROPERTIES
        TIMEOUT 600 SKIP_REGULAR_EXPRESSION "not run: " ${M_TEST_PROPERTIES})
    else()
      gtest_discover_tests(${library}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
                           PROPERTIES TIMEOUT 120 ${M_TEST_PROPERTIES})
    endif()
  endif()

  if(RESCIND_FUZZ)
    foreach(source IN LISTS M_FUZZERS)
      get_filename_component(program "${source}" NAME_WE)
      add_executable(${program} ${source})
      target_link_libraries(${program} PRIVATE ${library})
      target_link_options(${program} PRIVATE -fsanitize=fuzzer)
      set_target_properties(${program} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
      add_dependencies(fuzzers ${program})
    endforeach()
  endif()

  if(RESCIND_BENCH AND M_BENCHES)
    find_package(benchmark REQUIRED)
    foreach(source IN LISTS M_BENCHES)
      get_filename_component(program "${source}" NAME_WE)
      add_executable(${program} ${source})
      target_link_libraries(${program} PRIVATE ${library} benchmark::benchmark)
      set_target_properties(${program} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
    endforeach()
  endif()
endfunction()

# program(<name>): what users run; it lies at the top of the build folder and is installed.
#
#   program(rescind SOURCES main.cc DEPENDS cli)
function(program name)
  cmake_parse_arguments(PARSE_ARGV 1 P "" "" "SOURCES;DEPENDS;LIBRARIES")
  if(P_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "program(${name}): unknown ${P_UNPARSED_ARGUMENTS}")
  endif()
  list(TRANSFORM P_DEPENDS PREPEND "rescind_")
  add_executable(${name} ${P_SOURCES})
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include")
  target_link_libraries(${name} PRIVATE ${P_DEPENDS} ${P_LIBRARIES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
  install(TARGETS ${name} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endfunction()
