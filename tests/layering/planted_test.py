"""Proves that check.py finds what it is there to find: a small tree that keeps every rule, and then
each violation planted in it, which must be found by its own rule and by no other."""

import os
import sys
import tempfile

import check

CLEAN = {
    "CMakeLists.txt": "# How src/base is built.\n",
    "README.md": "See `samples/hello` and `src/base/clock.hpp`.\n",
    ".gitignore": "/build/\n",
    "build/util.hpp": "// TO" "DO: nobody looks in here\n",
    "include/ops/result.hpp": "#pragma once\n#include <string>\n",
    "include/ops/middleware/server.hpp": '#pragma once\n#include "ops/result.hpp"\n'
                                         "struct Server {\n  explicit operator bool() const;\n  bool run();\n};\n",
    "src/base/clock.hpp": "#pragma once\n// See base/clock.cpp and \"ops/result.hpp\".\n",
    "src/base/clock.cpp": '#include "base/clock.hpp"\n#include <openssl/sha.h>\n#include <nlohmann/json.hpp>\n'
                          "namespace ops {\nstruct Clock {\n  int a;\n  Clock() : a{1} {\n" + "    ++a;\n" * 58 + "  }\n};\n"
                          "const char* words = \"TO\" \"DO // src/nowhere\";\n}\n",
    "src/loop/loop.cpp": '#include <uv.h>\n#include "base/clock.hpp"\n',
    "middleware/server.cpp": '#include "ops/middleware/server.hpp"\n#include "loop/loop.hpp"\n',
    "supervisor/run.cpp": '#include "base/clock.hpp"\n',
    "samples/hello/hello.cpp": '#include "ops/middleware/server.hpp"\n',
    "tests/loop/loop_test.cpp": '#include "catch.hpp"\n#include <uv.h>\n#include "middleware/server.hpp"\n',
}

LONG_FUNCTION = "void f() {\n" + "  ++x;\n" * 60 + "}\n"
LONG_CONSTRUCTOR = "namespace a {\nX::X(int b) : b_{b}, c_(1) {\n" + "  if (b) {\n  }\n" * 30 + "}\n}\n"

# rule, path, what is written there (added to what the clean tree has)
PLANTED = [
    ("top_level", "docs/index.html", ""),
    ("top_level", "NOTES.txt", ""),
    ("known_rooms", "src/attic/thing.hpp", ""),
    ("own_includes", "src/base/clock.cpp", '#include "loop/loop.hpp"\n'),
    ("own_includes", "src/base/clock.cpp", '  #  include "loop/loop.hpp"\n'),
    ("own_includes", "src/base/clock.cpp", '#include "clock.hpp"\n'),
    ("own_includes", "src/base/clock.cpp", '#include "../loop/loop.hpp"\n'),
    ("own_includes", "src/base/clock.cpp", '#include "ops/middleware/server.hpp"\n'),
    ("own_includes", "supervisor/run.cpp", '#include "middleware/chain.hpp"\n'),
    ("own_includes", "supervisor/run.cpp", '#include "ops/middleware/server.hpp"\n'),
    ("own_includes", "middleware/server.cpp", '#include "supervisor/run.hpp"\n'),
    ("own_includes", "src/cli/main.cpp", '#include "middleware/chain.hpp"\n'),
    ("own_includes", "src/archive/zip.cpp", '#include "release/journal.hpp"\n'),
    ("own_includes", "include/ops/result.hpp", '#include "base/clock.hpp"\n'),
    ("own_includes", "include/ops/result.hpp", '#include "ops/middleware/server.hpp"\n'),
    ("own_includes", "include/ops/supervisor/spec.hpp", '#include "ops/middleware/server.hpp"\n'),
    ("own_includes", "samples/hello/hello.cpp", '#include "base/clock.hpp"\n'),
    ("own_header_first", "src/loop/loop.hpp", "#pragma once\n"),
    ("third_party_includes", "middleware/server.cpp", "#include <uv.h>\n"),
    ("third_party_includes", "src/loop/loop.cpp", "#include <llhttp.h>\n"),
    ("third_party_includes", "src/deploy/stage.cpp", "#include <zip.h>\n"),
    ("third_party_includes", "src/client/package.cpp", "#include <zlib.h>\n"),
    ("third_party_includes", "tests/client/package_test.cpp", "#include <zip.h>\n"),
    ("third_party_includes", "src/release/sum.cpp", "#include <openssl/sha.h>\n"),
    ("third_party_includes", "src/cli/main.cpp", "#include <curl/curl.h>\n"),
    ("third_party_includes", "src/client/main.cpp", "#include <CLI/CLI.hpp>\n"),
    ("third_party_includes", "tests/http1/gate_test.cpp", "#include <uv.h>\n"),
    ("third_party_includes", "tests/http1/gate_test.cpp", "#include <catch2/catch.hpp>\n"),
    ("third_party_includes", "src/base/clock.hpp", "#include <nlohmann/json.hpp>\n"),
    ("third_party_includes", "src/base/clock.hpp", "#include <spdlog/logger.h>\n"),
    ("third_party_includes", "src/base/clock.cpp", "#include <boost/asio.hpp>\n"),
    ("third_party_includes", "include/ops/result.hpp", "#include <sys/types.h>\n"),
    ("hidden_types", "include/ops/result.hpp", "struct X { uv_loop_t* loop; };\n"),
    ("bool_parameters", "include/ops/result.hpp", "void f(int a, bool b);\n"),
    ("bool_parameters", "include/ops/result.hpp", "void f(int a,\n       const bool = true);\n"),
    ("bool_parameters", "include/ops/result.hpp", "void f(std::function<void(bool)> called);\n"),
    ("file_sizes", "src/base/clock.hpp", "\n" * 500),
    ("file_sizes", "tests/run", "\n" * 501),
    ("function_sizes", "src/base/clock.cpp", LONG_FUNCTION),
    ("function_sizes", "src/base/clock.cpp", LONG_CONSTRUCTOR),
    ("function_sizes", "src/base/clock.hpp", "struct A {\n" + LONG_FUNCTION + "};\n"),
    ("function_sizes", "tests/loop/loop_test.cpp", LONG_FUNCTION.replace("void f()", 'TEST_CASE("a b")')),
    ("function_sizes", "tests/layering/tool.py", "def f():\n" + "    pass\n" * 60),
    ("banned_names", "src/base/util.hpp", ""),
    ("banned_names", "src/base/string_helpers.hpp", ""),
    ("banned_names", "tests/common/x.txt", ""),
    ("banned_names", "src/base/clock.hpp", "class ReleaseManager;\n"),
    ("banned_names", "src/base/clock.hpp", "enum class DeployInfo { a };\n"),
    ("banned_names", "src/base/clock.hpp", "using UserData = int;\n"),
    ("unfinished_work", "src/base/clock.cpp", "// TO" "DO: later\n"),
    ("unfinished_work", "tests/run", "# FIX" "ME\n"),
    ("named_paths", "src/base/clock.cpp", "// as src/base/sundial.cpp does\n"),
    ("named_paths", "src/base/clock.cpp", "/* see sundial.hpp */\n"),
    ("named_paths", "src/base/clock.cpp", "// see DESIGN.md\n"),
    ("named_paths", "CMakeLists.txt", "# tests/nowhere\n"),
    ("named_paths", "README.md", "Run `samples/goodbye`.\n"),
]


def plant(root, path, text):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "a", encoding="utf-8") as file:
        file.write(text)


def found_in(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files:
            plant(root, path, text)
        return [found for found in check.violations(root)]


def main():
    clean = list(CLEAN.items())
    wrong = [f"the clean tree is not: {text}" for _, text in found_in(clean)]
    for rule, path, text in PLANTED:
        found = found_in(clean + [(path, text)])
        if [name for name, _ in found] != [rule]:
            wrong.append(f"{path} + {text[:60]!r}: wanted one of {rule}, got {[text for _, text in found]}")
    unproven = {rule.__name__ for rule in check.rules.ALL} - {rule for rule, _, _ in PLANTED}
    wrong += [f"no violation of {rule} is planted" for rule in unproven]
    print("\n".join(wrong) if wrong else f"all {len(PLANTED)} planted violations are found")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
