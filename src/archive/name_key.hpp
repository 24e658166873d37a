#pragma once

#include <string>
#include <string_view>

namespace ops::archive {

/// Two names that differ only by case or by Unicode normal form (NFC, NFD) have the same key: on a
/// file system that folds names they are one file, so an archive that holds both means something
/// else there. Covers Latin (up to U+017F), Greek and Cyrillic, which is what keyboards make and
/// macOS takes apart; other scripts are compared byte by byte. `part` is valid UTF-8.
[[nodiscard]] std::string name_key(std::string_view part);

}  // namespace ops::archive
