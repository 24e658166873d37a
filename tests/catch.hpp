#pragma once

// The one place that knows which Catch2 there is: 2.13, as Debian 12 has it, or 3.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
