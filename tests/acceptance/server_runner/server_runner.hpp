#pragma once

#include <string>
#include <vector>

using Words = std::vector<std::string>;

/// `server-runner` with these words behind it.
[[nodiscard]] Words server_runner(const Words& words);

/// How it is started in a container: as it is, and by dumb-init where that is installed. Where it
/// is not, the tests say so and go on without.
[[nodiscard]] std::vector<Words> ways_to_start();

/// One of these ways, and the words.
[[nodiscard]] Words operator+(const Words& way, const Words& words);

/// The small server of the tests; see serving_app.cpp.
[[nodiscard]] Words serving_app(const Words& words);

/// The app of the tests, with these words behind it.
[[nodiscard]] Words test_app(const Words& words);
