"""The rules of the house. Each takes the tree and yields (path, line, what is wrong)."""

import ast
import re

import cpp_text
import house

CPP = (".cpp", ".hpp")
SCRIPTS = ("run", "quickstart", "packages", "Dockerfile", "CMakeLists.txt", ".cmake", ".py", ".sh")


def top_level(tree):
    for name in tree.top_level:
        if name not in house.TOP_LEVEL and not name.startswith("."):
            yield name, 1, "nothing but the rooms stands at the top level"


def known_rooms(tree):
    for room in tree.directories("src"):
        if room not in house.MAY_INCLUDE:
            yield f"src/{room}", 1, "is no room of the table in tests/layering/house.py"


def _room_of(path):
    """The room a file belongs to; None outside of all rooms (samples, tests)."""
    parts = path.split("/")
    if parts[0] == "include":
        return parts[2] if len(parts) > 3 else "ops"
    if parts[0] == "src":
        return parts[1]
    return parts[0] if parts[0] in ("supervisor", "middleware") else None


def _room_included(name):
    parts = name.split("/")
    if parts[0] == "ops":
        return parts[1] if len(parts) > 2 else "ops"
    return parts[0] if parts[0] in house.MAY_INCLUDE else None


def _includes(tree):
    for path in tree.files(*CPP):
        for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)', tree.text(path), re.M):
            yield path, cpp_text.line_of(tree.text(path), match.start()), match.group(1), match.group(2)


def own_includes(tree):
    for path, line, quote, name in _includes(tree):
        room, included = _room_of(path), _room_included(name)
        if quote == "<" or path.startswith("tests/"):
            continue
        if path.startswith("samples/"):
            if included and not name.startswith("ops/"):
                yield path, line, f"a sample includes public headers only, not {name}"
        elif path.startswith("include/"):
            if not name.startswith("ops/") or included not in house.PUBLIC_MAY_INCLUDE.get(room, set()):
                yield path, line, f"this public header may not include {name}"
        elif included is None:
            yield path, line, f"{name} is not named from the top (\"room/noun.hpp\")"
        elif included != room and included not in house.MAY_INCLUDE.get(room, set()):
            yield path, line, f"the room {room} may not include {included}: {name}"


def own_header_first(tree):
    """So each header that has a source file is known to compile by itself: tests/packaging/headers leaves it out."""
    headers = set(tree.files(".hpp"))
    seen = set()
    for path, line, _, name in _includes(tree):
        own = path[:-len(".cpp")] + ".hpp"
        if not path.endswith(".cpp") or _room_of(path) is None or path in seen:
            continue
        seen.add(path)
        if own in headers and own not in (name, "src/" + name):
            yield path, line, f"the first that {path} includes is its own header"


def third_party_includes(tree):
    for path, line, quote, name in _includes(tree):
        room = path.split("/")[1] if path.startswith("tests/") else _room_of(path)
        for beginning, only_room in house.ONLY_ROOM.items():
            if name.startswith(beginning) and (room != only_room or path.startswith("include/")):
                yield path, line, f"only the room {only_room} includes <{name}>"
        if name.startswith(house.ONLY_IN_SOURCES) and path.endswith(".hpp") and not path.startswith("tests/"):
            yield path, line, f"<{name}> is for .cpp files only"
        if name.startswith("catch2/") and not path.startswith("tests/catch"):
            yield path, line, "tests include \"catch.hpp\", which knows which Catch2 there is"
        if path.startswith("include/") and quote == "<" and re.search(r"[./]", name):
            yield path, line, f"a public header includes the standard library only, not <{name}>"
        if name.startswith(("fmt/", "boost/")):
            yield path, line, f"<{name}> is no library of this project"


def hidden_types(tree):
    for path in tree.files(".hpp", under="include/"):
        code, _ = cpp_text.split(tree.text(path))
        for match in re.finditer(house.HIDDEN_TYPES, code):
            yield path, cpp_text.line_of(code, match.start()), "a public header names a third party's type"


def bool_parameters(tree):
    for path in tree.files(".hpp", under="include/"):
        code, _ = cpp_text.split(tree.text(path))
        for at, parameters in cpp_text.parameter_lists(code):
            if re.search(r"\bbool\b(?!\s*>)", parameters):
                yield path, cpp_text.line_of(code, at), "a bool parameter says nothing where it is called: use an enum"


def file_sizes(tree):
    for path in tree.files(*CPP, *SCRIPTS):
        lines = tree.text(path).count("\n")
        if lines > house.LONGEST_FILE:
            yield path, lines, f"{lines} lines; a file has at most {house.LONGEST_FILE}"


def function_sizes(tree):
    for path in tree.files(*CPP):
        for name, first, last in cpp_text.functions(cpp_text.split(tree.text(path))[0]):
            if last - first + 1 > house.LONGEST_FUNCTION:
                yield path, first, f"{name} has {last - first + 1} lines; a function has at most {house.LONGEST_FUNCTION}"
    for path in tree.files(".py"):
        for node in ast.walk(ast.parse(tree.text(path))):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= house.LONGEST_FUNCTION:
                yield path, node.lineno, f"{node.name} has more than {house.LONGEST_FUNCTION} lines"


def _banned_word(name):
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*", name)
    return next((word for word in words if word.lower() in house.BANNED_WORDS), None)


def banned_names(tree):
    for path in tree.files():
        word = _banned_word(path.replace(".", "/"))
        if word:
            yield path, 1, f"\"{word}\" in a name says nothing about what is in there"
    for path in tree.files(*CPP):
        code, _ = cpp_text.split(tree.text(path))
        for at, name in cpp_text.type_names(code):
            word = _banned_word(name)
            if word:
                yield path, cpp_text.line_of(code, at), f"\"{word}\" in {name} says nothing about what it is"


def unfinished_work(tree):
    words = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
    for path in tree.files(*CPP, *SCRIPTS, ".md"):
        for match in words.finditer(tree.text(path)):
            yield path, cpp_text.line_of(tree.text(path), match.start()), f"{match.group()}: finish it or leave it out"


def _comments(tree, path):
    text = tree.text(path)
    if path.endswith(".md"):
        return text
    if path.endswith(CPP):
        return cpp_text.split(text)[1]
    lines = (re.search(r"(?:^|\s)#.*", line) for line in text.split("\n"))
    return "\n".join(line.group() if line else "" for line in lines)


# A path below a room, or a file of the kinds that only this project writes.
_NAMED = re.compile(
    r"(?<![\w/.:<-])(?P<path>(?:include|src|supervisor|middleware|samples|tests|\.ci|\.cmake)/[\w.-][\w./-]*"
    r"|[\w./-]*\w\.(?:hpp|cpp|md|cmake))(?![\w<*{$])"
)


def named_paths(tree):
    for path in tree.files(*CPP, *SCRIPTS, ".md"):
        comments = _comments(tree, path)
        for match in _NAMED.finditer(comments):
            named = match.group("path").rstrip("./-")
            if named.startswith(house.ONLY_IN_SOURCES + tuple(house.ONLY_ROOM)) or tree.names(named):
                continue
            yield path, cpp_text.line_of(comments, match.start()), f"there is no {named}"


ALL = [
    top_level, known_rooms, own_includes, own_header_first, third_party_includes, hidden_types, bool_parameters,
    file_sizes, function_sizes, banned_names, unfinished_work, named_paths,
]
