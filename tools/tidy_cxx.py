"""The little C++ that tidy.py has to read: text without comments and strings, and coroutines.

This is no parser. It knows brackets, which is enough for the rule: in a `co_await` expression there
is no capturing lambda and no brace, because g++ 12 destroys such temporaries twice.
"""

import re

TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r'|R"(?P<tag>[^()\s\\]*)\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.S,
)
COROUTINE = re.compile(r"\bco_(?:await|return|yield)\b")
OPENING, CLOSING = "([{", ")]}"


def blank_comments_and_strings(text):
    """The text with comments and the insides of literals as spaces; offsets and lines stay."""
    def blank(match):
        found = match.group()
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        return found[0] + re.sub(r"[^\n]", " ", found[1:-1]) + found[-1]

    return TOKEN.sub(blank, text)


def closing(code, start):
    """The offset of the bracket that closes the one at `start`, or the end."""
    depth = 0
    for i in range(start, len(code)):
        if code[i] in OPENING:
            depth += 1
        elif code[i] in CLOSING:
            depth -= 1
            if depth == 0:
                return i
    return len(code) - 1


def lambda_at(code, start):
    """(captures, offset of the body's brace) where a lambda's introducer opens at `start`, else None."""
    before = code[:start].rstrip()
    if code[start + 1:start + 2] == "[" or before[-1:] == "[":
        return None  # an attribute
    keyword = re.search(r"\b(?:return|co_return|co_await|co_yield|case|else)$", before)
    if before and (before[-1].isalnum() or before[-1] in "_)]\"'") and not keyword:
        return None  # a subscript, or the size of an array
    end = closing(code, start)
    rest = re.compile(r"\s*").match(code, end + 1).end()
    if code[rest:rest + 1] == "<":
        rest = re.compile(r"<[^()]*>\s*").match(code, rest)
        rest = rest.end() if rest else end + 1
    if code[rest:rest + 1] == "(":
        rest = closing(code, rest) + 1
    body = re.compile(r"[^;{}()]*(?:\([^;{}]*\)[^;{}()]*)*\{").match(code, rest)
    if not body:
        return None
    return code[start + 1:end].strip(), body.end() - 1


def awaited_expressions(code):
    """(start, end) of each operand of co_await: up to the `;`, `,` or bracket that ends it."""
    for match in re.finditer(r"\bco_await\b", code):
        i = match.end()
        while i < len(code):
            if code[i] == "[" and (found := lambda_at(code, i)):
                i = closing(code, found[1]) + 1
            elif code[i] in OPENING:
                i = closing(code, i) + 1
            elif code[i] in CLOSING or code[i] in ";,":
                break
            else:
                i += 1
        yield match.start(), i


def bad_temporary(code, start, end):
    """(offset, what) of the first capturing lambda or brace inside an awaited expression."""
    i = start
    while i < end:
        if code[i] == "[" and (found := lambda_at(code, i)):
            captures, body = found
            if captures:
                return i, "a capturing lambda"
            i = closing(code, body) + 1
        elif code[i] == "{":
            return i, "a braced list or aggregate"
        else:
            i += 1
    return None


def coroutine_findings(code, allowed):
    """[(offset, text)] for one file; `allowed` says whether it may have coroutines at all."""
    findings = []
    first = COROUTINE.search(code)
    if first and not allowed:
        return [(first.start(), "a coroutine outside the .cc files of net and transport; take a callback")]
    if not first:
        return []
    for start, end in awaited_expressions(code):
        bad = bad_temporary(code, start, end)
        if bad:
            findings.append((bad[0], f"{bad[1]} in a co_await expression is destroyed twice by g++ 12; "
                             "make it a named local and move it"))
    for match in re.finditer(r"\[", code):
        found = lambda_at(code, match.start())
        if found and found[0] and own_coroutine(code, found[1]):
            findings.append((match.start(), "a capturing lambda is a coroutine; make it a function with parameters"))
    return findings


def own_coroutine(code, body):
    """Whether the lambda's body at `body` awaits by itself, not in a lambda within."""
    end = closing(code, body)
    i = body + 1
    while i < end:
        if code[i] == "[" and (found := lambda_at(code, i)):
            i = closing(code, found[1]) + 1
        elif COROUTINE.match(code, i) and not (code[i - 1].isalnum() or code[i - 1] == "_"):
            return True
        else:
            i += 1
    return False
