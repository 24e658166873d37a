# How every room is built: ops_room(NAME SOURCES… USES rooms… PRIVATE libraries…).
# A room is a static library ops_NAME, known to others as ops::NAME.

function(ops_compile_options target)
  set_target_properties(${target} PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON
                                             CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch-enum>
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${OPS_WARNINGS_AS_ERRORS}>>:-Werror>)
  # A program that links a part of a room leaves the rest of it out.
  target_compile_options(${target} PRIVATE -ffunction-sections -fdata-sections)
  # GCC 12 warns of `"text" + string` where it optimises, and is wrong (GCC bug 105651, mended in 13).
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
  endif()
  # What stands in another file of the same room is in nobody's way.
  if(CMAKE_UNITY_BUILD)
    target_compile_options(${target} PRIVATE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
  if(OPS_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${OPS_SANITIZE} -fno-omit-frame-pointer
                                             -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${OPS_SANITIZE})
  endif()
endfunction()

# What belongs to the project itself names the rooms from the top: "base/clock.hpp" (below src), "middleware/chain.hpp".
# Who links a library sees its public headers and nothing else.
function(ops_inside target)
  ops_compile_options(${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
endfunction()

function(ops_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;PRIVATE" ${ARGN})
  add_library(ops_${name} STATIC ${ROOM_SOURCES})
  add_library(ops::${name} ALIAS ops_${name})
  set_target_properties(ops_${name} PROPERTIES EXPORT_NAME ${name})
  set_property(GLOBAL APPEND PROPERTY OPS_ROOMS ops_${name})  # tests/packaging/headers compiles theirs
  ops_inside(ops_${name})
  target_compile_features(ops_${name} PUBLIC cxx_std_20)
  target_include_directories(ops_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:include>)
  # Headers alone leave no trace in a static library: who links an installed room needs them no more.
  list(TRANSFORM ROOM_PRIVATE REPLACE "^(ops_spdlog|nlohmann_json::nlohmann_json)$" "$<BUILD_INTERFACE:\\1>")
  target_link_libraries(ops_${name} PUBLIC ${ROOM_USES} PRIVATE ${ROOM_PRIVATE})
endfunction()
