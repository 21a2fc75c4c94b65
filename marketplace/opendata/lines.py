"""On which line of a JSON text a path stands: for people who must mend a file, because a parser only tells what it holds."""

import re
from collections.abc import Collection, Iterator

Path = tuple[str | int, ...]
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|[{}\[\],:]|[^\s{}\[\],:"]+')
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")


def lines_of(text: str, wanted: Collection[Path]) -> dict[Path, int]:
    """The lines of the wanted paths in a text that is valid JSON; of a path that is not there, the line of what would hold it."""
    starts = {path[:depth] for path in wanted for depth in range(len(path) + 1)}
    found = {path: line for path, line in _places(text) if path in starts}
    return {
        path: next(found[path[:depth]] for depth in range(len(path), -1, -1) if path[:depth] in found)
        for path in wanted
    }


def _places(text: str) -> Iterator[tuple[Path, int]]:
    """Every value's path and line, in the order in which they begin."""
    path: list[str | int] = []
    in_list: list[bool] = []
    line, seen, is_key, key = 1, 0, False, ""
    for token in _TOKEN.finditer(text):
        line, seen = line + text.count("\n", seen, token.start()), token.start()
        mark = token[0]
        if mark in "]}":
            in_list.pop()
            if path and len(path) > len(in_list):
                path.pop()
            is_key = False
        elif mark == ",":
            is_key = not in_list[-1]
            if in_list[-1]:
                path[-1] = int(path[-1]) + 1
        elif mark == ":":
            path[len(in_list) - 1 :] = [key]
            is_key = False
        elif is_key:
            key = _ESCAPE.sub(_unescaped, token[1] or "")
        else:
            yield tuple(path), line
            if mark in "[{":
                in_list.append(mark == "[")
                is_key = mark == "{"
                if mark == "[":
                    path.append(0)
                else:
                    path.append("")


def _unescaped(escape: re.Match[str]) -> str:
    sign = escape[1]
    if sign[0] == "u":
        return chr(int(sign[1:], 16))
    return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(sign, sign)
