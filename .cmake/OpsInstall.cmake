# What `cmake --install` gives: the programs, the two libraries with the rooms inside them, the public headers, and
# a package for find_package(ops). The rooms of the command line stay out: nobody links them.
include(CMakePackageConfigHelpers)

set(ops_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ops)

install(TARGETS ops_base ops_loop ops_http1 ops_archive ops_release ops_deploy ops_supervisor ops_middleware
  EXPORT opsTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT opsTargets NAMESPACE ops:: DESTINATION ${ops_package_dir})

install(TARGETS server-runner RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(OPS_BUILD_CLI)
  install(TARGETS ops-cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

install(DIRECTORY include/ops DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

configure_package_config_file(.cmake/opsConfig.cmake.in ${PROJECT_BINARY_DIR}/opsConfig.cmake
  INSTALL_DESTINATION ${ops_package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/opsConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/opsConfig.cmake ${PROJECT_BINARY_DIR}/opsConfigVersion.cmake
  DESTINATION ${ops_package_dir})
