# The libraries that rooms may link. Each is found where Debian 12 puts it; what is missing is named
# together with the package that holds it by the README and by tests/run, which installs it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
pkg_check_modules(libuv REQUIRED IMPORTED_TARGET libuv>=1.44)
# libzip's own CMake package names programs that Debian puts into other packages; pkg-config does not.
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip>=1.7)

# spdlog and fmt are compiled in: Debian's shared ones would drag a shared libstdc++ into server-runner. Without a fixed
# thousands separator fmt asks std::locale for it, which brings 350 KB of libstdc++ along; nothing here is grouped.
if(NOT TARGET ops_spdlog)
  add_library(ops_spdlog INTERFACE IMPORTED)
  target_compile_definitions(ops_spdlog INTERFACE SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY=1
    FMT_STATIC_THOUSANDS_SEPARATOR=',')
  get_target_property(ops_spdlog_includes spdlog::spdlog_header_only INTERFACE_INCLUDE_DIRECTORIES)
  target_include_directories(ops_spdlog SYSTEM INTERFACE ${ops_spdlog_includes})
  target_link_libraries(ops_spdlog INTERFACE Threads::Threads)
endif()
