"""worksheet.md: its title, its context, its numbered sections, and what it shows in them.

A step's section begins with a heading of level 2 and a number: "## 3. Fill in". A heading of level 2 without a
number after the steps begins the tail, which is not asked about. The blocks marked `sh` are netlab commands; a block
of anything else (tcpdump, dig) is marked `console` and is never run.
"""

from __future__ import annotations

import re

from netlab.worksheets.model import Page, Section

_HEADING = re.compile(r"^## +(?:(\d+)\. *)?(.+?) *$", re.MULTILINE)
_TITLE = re.compile(r"\A# +(.+?) *$", re.MULTILINE)
_SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_OPTION = re.compile(r"^- \*\*([a-z])\)\*\* ", re.MULTILINE)


def page_of(text: str) -> Page:
    """The parts of a worksheet; ValueError says what is missing or out of order."""
    title = _TITLE.search(text)
    if title is None:
        raise ValueError("no title: the first line is '# Title'")
    marks = [*_HEADING.finditer(text)]
    numbered = [mark for mark in marks if mark[1]]
    if not numbered:
        raise ValueError("no steps: a step begins with '## 1. Heading'")
    said = [int(mark[1]) for mark in numbered]
    if said != [*range(1, len(said) + 1)]:
        raise ValueError(f"steps are numbered {', '.join(map(str, said))}; expected 1 to {len(said)}")
    tail = [mark for mark in marks if mark.start() > numbered[-1].start() and not mark[1]]
    end = tail[0].start() if tail else len(text)
    starts = [*(mark.start() for mark in numbered[1:]), end]
    sections = tuple(
        Section(int(mark[1]), mark[2], text[mark.end() : stop].strip())
        for mark, stop in zip(numbered, starts, strict=True)
    )
    return Page(title[1], text[title.end() : numbered[0].start()].strip(), sections, text[end:].strip())


def commands(body: str) -> list[str]:
    """The command lines in the `sh` blocks of a section, without comments."""
    lines = [line.split("  #")[0].strip() for block in _SHELL.findall(body) for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def option_keys(body: str) -> tuple[str, ...]:
    """The letters of the options that a section lists: "- **a)** words"."""
    return tuple(_OPTION.findall(body))


def option_text(body: str, key: str) -> str:
    """The words of one option, on one line; "" where there is no such option."""
    found = re.search(rf"^- \*\*{re.escape(key)}\)\*\* (.*(?:\n  .*)*)", body, re.MULTILINE)
    return " ".join(found[1].split()) if found else ""
