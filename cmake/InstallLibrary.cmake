# What another program needs to use librescind: headers, the library, a CMake package and a
# pkg-config file. All of it may be moved as a whole: nothing names the prefix.
#
#   cmake --install BUILD --prefix PREFIX --component library     (this alone)
include(CMakePackageConfigHelpers)

set(packages "${CMAKE_INSTALL_LIBDIR}/cmake/rescind")
set(generated "${CMAKE_BINARY_DIR}/package")

install(TARGETS rescind_shared EXPORT rescind
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library NAMELINK_COMPONENT library)
install(DIRECTORY "${CMAKE_SOURCE_DIR}/include/rescind"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT library FILES_MATCHING PATTERN "*.h")

install(EXPORT rescind NAMESPACE rescind:: FILE rescindTargets.cmake
  DESTINATION "${packages}" COMPONENT library)
configure_package_config_file("${CMAKE_SOURCE_DIR}/cmake/rescindConfig.cmake.in"
  "${generated}/rescindConfig.cmake" INSTALL_DESTINATION "${packages}")
# 0.x: each minor version may break the one before.
write_basic_package_version_file("${generated}/rescindConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${generated}/rescindConfig.cmake" "${generated}/rescindConfigVersion.cmake"
  DESTINATION "${packages}" COMPONENT library)

file(RELATIVE_PATH prefix_from_here "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" prefix_from_here "${prefix_from_here}")
configure_file("${CMAKE_SOURCE_DIR}/cmake/rescind.pc.in" "${generated}/rescind.pc" @ONLY)
install(FILES "${generated}/rescind.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT library)
