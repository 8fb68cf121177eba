"""The part of Markdown that worksheets are written in, as blocks and styled runs of text.

Headings, paragraphs, lists (one level), quotes, tables, fenced code; **strong**, *emphasis*, `code`, [links](x).
Anything else is ordinary text (CommonMark has the rest). prose_terminal.py and prose_html.py render it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from unicodedata import east_asian_width


@dataclass(frozen=True, slots=True)
class StyledRun:
    """Characters of one style: "", "strong", "em", "code" or "link"."""

    text: str
    style: str = ""
    target: str = ""  # of a link


Inline = tuple[StyledRun, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """`kind`: heading, paragraph, item, quote, table or code. `mark`: an item's "1." or "-", a heading's level, a code
    block's language. `rows` of a table: cells of inline text, the heading first."""

    kind: str
    inline: Inline = ()
    mark: str = ""
    code: str = ""
    rows: tuple[tuple[Inline, ...], ...] = ()


_INLINE = re.compile(
    r"(?P<code>`[^`]+`)|\*\*(?P<strong>.+?)\*\*|(?<![\w*])\*(?P<em>[^*\s][^*]*?)\*(?![\w*])"
    r"|\[(?P<link>[^\]]+)\]\((?P<target>[^)\s]+)\)|<(?P<url>https?://[^>\s]+)>"
)
_QUOTES = tuple("“”‘’—…")
_ITEM = re.compile(r"(-|\d+\.) +(.*)")


def inline(text: str) -> Inline:
    """The styled runs of one paragraph."""
    runs: list[StyledRun] = []
    at = 0
    for found in _INLINE.finditer(text):
        if found.start() > at:
            runs.append(StyledRun(text[at : found.start()]))
        if found["code"]:
            runs.append(StyledRun(found["code"][1:-1], "code"))
        elif found["strong"]:
            runs.extend(StyledRun(run.text, run.style or "strong", run.target) for run in inline(found["strong"]))
        elif found["em"]:
            runs.append(StyledRun(found["em"], "em"))
        elif found["url"]:
            runs.append(StyledRun(found["url"], "link", found["url"]))
        else:
            runs.append(StyledRun(found["link"], "link", found["target"]))
        at = found.end()
    if at < len(text):
        runs.append(StyledRun(text[at:]))
    return tuple(runs)


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a text, in order."""
    lines = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif line.startswith("```"):
            end = next((n for n in range(at + 1, len(lines)) if lines[n].startswith("```")), len(lines))
            yield Block("code", code="\n".join(lines[at + 1 : end]), mark=line[3:].strip())
            at = end + 1
        elif heading := re.match(r"(#+) +(.*)", line):
            yield Block("heading", inline(heading[2]), str(len(heading[1])))
            at += 1
        elif line.startswith("|"):
            end = _while(lines, at, lambda each: each.startswith("|"))
            yield _table(lines[at:end])
            at = end
        elif line.startswith(">"):
            end = _while(lines, at, lambda each: each.startswith(">"))
            yield Block("quote", inline(joined(each[1:] for each in lines[at:end])))
            at = end
        elif item := _ITEM.match(line):
            end = _while(lines, at + 1, lambda each: each.startswith("  "))
            yield Block("item", inline(joined([item[2], *lines[at + 1 : end]])), item[1])
            at = end
        else:
            end = _while(lines, at + 1, lambda each: bool(each.strip()) and not re.match(r"```|#+ |\||>", each))
            stop = next((n for n in range(at + 1, end) if _ITEM.match(lines[n])), end)
            yield Block("paragraph", inline(joined(lines[at:stop])))
            at = stop


def _while(lines: list[str], at: int, holds: Callable[[str], bool]) -> int:
    while at < len(lines) and holds(lines[at]):
        at += 1
    return at


def _table(lines: list[str]) -> Block:
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] for line in lines]
    rows = [row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    return Block("table", rows=tuple(tuple(inline(cell) for cell in row) for row in rows))


def joined(lines: Iterable[str]) -> str:
    """Lines of one paragraph as one: with a space between them, but none between two Chinese characters."""
    text = ""
    for line in lines:
        line = line.strip()
        if text and line:
            text += line if _touch(text.rstrip("*")[-1:], line.lstrip("*")[:1]) else f" {line}"
        else:
            text += line
    return text


def _touch(before: str, after: str) -> bool:
    """Whether two characters at a line break belong together without a space: Chinese ones, and quotes beside them."""
    wide = [bool(each) and is_wide(each) for each in (before, after)]
    return all(wide) or (any(wide) and (before in _QUOTES or after in _QUOTES))


def is_wide(character: str) -> bool:
    """True for characters that take two columns of a terminal (Unicode Standard Annex 11)."""
    return east_asian_width(character) in "WF"
