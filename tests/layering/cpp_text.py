"""Just enough of C++'s grammar to ask: what is comment, what is code, where do functions end."""

import re

_TOKEN = re.compile(
    r'R"(?P<delimiter>[^()\s\\]{0,16})\(.*?\)(?P=delimiter)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*|/\*.*?\*/",
    re.DOTALL,
)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def split(text):
    """Code and comments, each of the same length as the text, the other part blanked out.
    Strings keep their quotes only."""
    code, comments, at = [], [], 0
    for token in _TOKEN.finditer(text):
        between, found = text[at:token.start()], token.group()
        is_comment = found.startswith("/")
        code += [between, _blank(found) if is_comment else '"' + _blank(found[1:-1]) + '"']
        comments += [_blank(between), found if is_comment else _blank(found)]
        at = token.end()
    return "".join(code) + text[at:], "".join(comments) + _blank(text[at:])


def line_of(text, at):
    return text.count("\n", 0, at) + 1


_SCOPE = re.compile(r"\b(?:namespace|class|struct|union|enum|extern)\b")


def _opens_function(header):
    header = re.sub(r"<[^<>;]*>", "", header)  # std::function<void()> is no parameter list
    if ")" not in header:
        return False
    return not (_SCOPE.search(header) and not re.search(r"\)[^)]*$", header.rpartition(":")[0] or header))


def functions(code):
    """(name, first line, last line) of every outermost function body in code without comments."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: _blank(m.group()), code, flags=re.M)
    found, header_at, at = [], 0, 0
    while at < len(code):
        char = code[at]
        if char in ";}" or (char == "{" and not _opens_function(code[header_at:at])):
            header_at = at + 1
        elif char == "{":
            end = _matching_brace(code, at)
            following = code[end + 1:].lstrip()[:1]
            # A member initialised with braces: the body is still to come.
            is_member = following in ("{", ",") and ":" in code[header_at:at]
            if not is_member:
                name = re.search(r"([\w:~]+)\s*\(", code[header_at:at])
                found.append((name.group(1) if name else "?", line_of(code, at), line_of(code, end)))
                header_at = end + 1
            at = end
        at += 1
    return found


def _matching_brace(code, at):
    depth = 0
    for index in range(at, len(code)):
        if code[index] == "{":
            depth += 1
        elif code[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return len(code) - 1


def parameter_lists(code):
    """(offset, text) of everything between innermost parentheses, callbacks' types included."""
    for match in re.finditer(r"\(([^()]*)\)", code):
        yield match.start(), match.group(1)


def type_names(code):
    """(offset, name) of every class, struct, union, enum, concept and alias that code declares."""
    declared = r"\b(?:class|struct|union|enum(?:\s+class)?|concept)\s+(?:alignas\([^)]*\)\s*)?(\w+)|\busing\s+(\w+)\s*="
    for match in re.finditer(declared, code):
        yield match.start(), match.group(1) or match.group(2)
