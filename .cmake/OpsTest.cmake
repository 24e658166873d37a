# ops_test(ROOM SOURCES… USES libraries…): the tests of a room, one program ops_ROOM_tests, one ctest entry a room.
# Tests that need a built program get its path by a compile definition: see the rooms' own lists.
find_package(Catch2 REQUIRED)

add_library(ops_catch_main STATIC catch_main.cpp)
target_include_directories(ops_catch_main PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_features(ops_catch_main PUBLIC cxx_std_20)
if(TARGET Catch2::Catch2WithMain)
  target_link_libraries(ops_catch_main PUBLIC Catch2::Catch2WithMain)
else()
  target_link_libraries(ops_catch_main PUBLIC Catch2::Catch2)
endif()
if(OPS_SANITIZE)
  target_compile_options(ops_catch_main PRIVATE -fsanitize=${OPS_SANITIZE} -O0)
endif()

function(ops_test room)
  cmake_parse_arguments(TEST "" "" "SOURCES;USES" ${ARGN})
  add_executable(ops_${room}_tests ${TEST_SOURCES})
  ops_inside(ops_${room}_tests)
  # What the compiler makes of a test is of no interest, and takes it most of its time.
  if(OPS_SANITIZE)
    target_compile_options(ops_${room}_tests PRIVATE -O0)
  else()
    target_compile_options(ops_${room}_tests PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  target_link_libraries(ops_${room}_tests PRIVATE ${TEST_USES} ops_catch_main)
  target_compile_definitions(ops_${room}_tests PRIVATE
    OPS_CORPORA="${PROJECT_SOURCE_DIR}/../shared/corpora" OPS_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    OPS_BINARY_DIR="${PROJECT_BINARY_DIR}")
  add_test(NAME ${room} COMMAND ops_${room}_tests)
endfunction()
