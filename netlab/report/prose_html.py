"""Markdown blocks as HTML. Every character of the text is escaped; links go to http, https and page anchors only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from netlab.report.markdown import Block, Inline, blocks

_TAGS = {"strong": "strong", "em": "em", "code": "code"}
_OPTION = re.compile(r"(?<=\s)--\w[\w-]*")


def html(text: str, *, heading_level: int = 3) -> str:
    """`text` (Markdown) as HTML; its headings begin at `heading_level`."""
    parts: list[str] = []
    listing = ""
    for block in blocks(text):
        wanted = {"-": "ul"}.get(block.mark, "ol") if block.kind == "item" else ""
        if listing and wanted != listing:
            parts.append(f"</{listing}>")
        if wanted and wanted != listing:
            parts.append(f"<{wanted}>")
        listing = wanted
        parts.extend(_block(block, heading_level))
    if listing:
        parts.append(f"</{listing}>")
    return "\n".join(parts)


def _in_one_piece(option: re.Match[str]) -> str:
    """An option of a command: a browser would break the line behind its hyphens."""
    return f'<span class="option">{option.group()}</span>'


def _block(block: Block, level: int) -> Iterator[str]:
    if block.kind == "code":
        yield f"<pre><code>{_OPTION.sub(_in_one_piece, escape(block.code))}</code></pre>"
    elif block.kind == "heading":
        tag = f"h{min(level + max(int(block.mark) - 2, 0), 6)}"
        yield f"<{tag}>{spans(block.inline)}</{tag}>"
    elif block.kind == "table":
        rows = []
        for number, row in enumerate(block.rows):
            tag = "td" if number else "th"
            rows.append("<tr>" + "".join(f"<{tag}>{spans(cell)}</{tag}>" for cell in row) + "</tr>")
        yield '<div class="wide"><table>' + "".join(rows) + "</table></div>"
    else:
        tag = {"item": "li", "quote": "blockquote"}.get(block.kind, "p")
        yield f"<{tag}>{spans(block.inline)}</{tag}>"


def spans(text: Inline) -> str:
    """Inline text."""
    out = []
    for run in text:
        words = escape(run.text)
        if run.style == "link":
            reachable = run.target.startswith(("https://", "http://", "#"))
            out.append(f'<a href="{escape(run.target)}">{words}</a>' if reachable else words)
        elif run.style in _TAGS:
            out.append(f"<{_TAGS[run.style]}>{words}</{_TAGS[run.style]}>")
        else:
            out.append(words)
    return "".join(out)
