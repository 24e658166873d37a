"""The house: its rooms, and what may be included where. Everything else here enforces this table."""

# What stands at the top, and nothing else. Dot files may come and go; `build` is git's to ignore.
TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "README.md",
    "include", "supervisor", "middleware", "src", "samples", "tests", "build",
}

# A room and the rooms it may include besides itself. `ops` stands for the public headers that belong
# to no library: include/ops/*.hpp. The public headers of a library belong to its room.
MAY_INCLUDE = {
    "ops": set(),
    "base": {"ops"},
    "loop": {"ops", "base"},
    "http1": {"ops", "base"},
    "archive": {"ops", "base"},
    "release": {"ops", "base"},
    "deploy": {"ops", "base", "loop", "archive", "release"},
    "supervisor": {"ops", "base", "loop", "http1", "release"},
    "middleware": {"ops", "base", "loop", "http1", "release", "deploy"},
    "client": {"ops", "base", "archive", "release"},
    "cloud": {"ops", "base", "client"},
    "cli": {"ops", "base", "loop", "http1", "archive", "release", "deploy", "client", "cloud"},
}

# Public headers may include only these; they see no room.
PUBLIC_MAY_INCLUDE = {
    "ops": {"ops"},
    "supervisor": {"ops", "supervisor"},
    "middleware": {"ops", "middleware"},
}

# The beginning of a third-party include, and the only room that knows it.
ONLY_ROOM = {
    "uv.h": "loop", "uv/": "loop",
    "llhttp": "http1",
    "zip.h": "archive", "zlib.h": "archive",
    "openssl/": "base",
    "curl/": "client",
    "CLI/": "cli",
}

# Any room may use these, in .cpp files.
ONLY_IN_SOURCES = ("nlohmann/", "spdlog/")

# Third-party types that no public header may name.
HIDDEN_TYPES = r"\b(?:uv_|llhttp_|zip_|curl_|CURL\b|nlohmann::|spdlog::|fmt::|SSL_|EVP_)"

BANNED_WORDS = {
    "manager", "helper", "helpers", "util", "utils", "utility", "utilities",
    "data", "info", "impl2", "common", "misc",
}

LONGEST_FILE = 500
LONGEST_FUNCTION = 60
