"""Prose for terminals and pages: nothing is lost, no line is too wide, and Chinese is broken where it may be."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labwork import LABS, every_worksheet

from netlab.report.markdown import blocks, inline
from netlab.report.prose_html import html
from netlab.report.prose_terminal import columns, command_lines, prose

MIXED = st.text(alphabet="ab 中文字，。（）“”x1-", max_size=120)


@given(MIXED, st.integers(12, 60))
def test_no_line_is_wider_and_nothing_is_lost(text: str, width: int) -> None:
    out = prose("w" + text, width, colour=False)
    assert all(columns(line) <= width for line in out.splitlines())
    assert "".join(out.split()) == "".join(("w" + text).split())


@pytest.mark.parametrize("sheet", every_worksheet())
@pytest.mark.parametrize("name", ["worksheet.md", "worksheet.zh.md"])
def test_worksheets_fit_sixty_columns(sheet: str, name: str) -> None:
    text = (LABS / sheet / name).read_text()
    inside = [line for line in prose(text, 60, colour=False).splitlines() if not line.startswith("    ")]
    assert all(columns(line) <= 60 for line in inside)
    assert not [line for line in inside if line.strip()[:1] in set("，。、；：！？）”")]
    assert not [line for line in inside if line.rstrip()[-1:] in set("（“《")]


def test_colours_are_optional_and_closed() -> None:
    text = "**strong** and `code` and *em* and [a link](https://example.com)"
    assert "\x1b" not in prose(text, 80, colour=False)
    coloured = prose(text, 80, colour=True)
    assert re.sub(r"\x1b\[\d*m", "", coloured) == prose(text, 80, colour=False)
    assert coloured.count("\x1b[0m") == 4


def test_chinese_lines_of_the_source_are_joined_without_a_space() -> None:
    assert prose("**什么时候**\n握，“粘包”\n的", 80, colour=False) == "什么时候握，“粘包”的\n"
    assert prose("一行\n又一行，and\nEnglish\nwords", 80, colour=False) == "一行又一行，and English words\n"


def test_every_character_is_escaped_in_html() -> None:
    text = "# <b>\n\n`<i>` **<u>** [x](javascript:alert) [y](https://e.org/?a&b)\n\n- <s>\n\n"
    page = html(text + "```\n<pre>\n```\n\n| <th> |\n| -- |\n| <td> |")
    assert not re.search(r"<(b|i|u|s)>", page) and "javascript" not in page
    assert 'href="https://e.org/?a&amp;b"' in page and "<td>&lt;td&gt;</td>" in page


def test_emphasis_inside_words_of_code_is_left_alone() -> None:
    assert [(run.text, run.style) for run in inline("2*3*4 and `a*b*c`")] == [("2*3*4 and ", ""), ("a*b*c", "code")]
    assert [block.kind for block in blocks("a\n- b\n  c\n- d\n1. e\n\n> q")] == [
        "paragraph",
        "item",
        "item",
        "item",
        "quote",
    ]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 200])
def test_a_command_cut_into_lines_is_the_same_command(width: int) -> None:
    command = "netlab tcp-compare --modes fork,thread --connections 1,100 --idle 0 --rounds 2 --duration 0.3"
    lines = command_lines(command, width, "    ")
    joined = "\n".join(lines).replace("\\\n", "")  # as a shell reads it
    assert shlex.split(joined) == shlex.split(command)
    assert max(map(len, lines)) <= width or width < 40  # before the first option there is no narrower place
    assert (len(lines) == 1) == (width == 200)
    assert not any(line.split()[-2].startswith("--") for line in lines[:-1])  # an option stays with its value


def test_a_command_is_cut_in_prose_and_other_code_is_not() -> None:
    text = "```{}\n" + "netlab a " + " ".join(f"--option{n} {n}" for n in range(9)) + "\n```\n"
    assert prose(text.format("sh"), 60, colour=False).count("\\\n") >= 1
    assert "\\" not in prose(text.format("console"), 60, colour=False)


def test_an_option_is_not_broken_in_html() -> None:
    page = html("```sh\nnetlab x --max-connections 5 a--b '<--c'\n```")
    assert page == (
        '<pre><code>netlab x <span class="option">--max-connections</span> 5 a--b &#x27;&lt;--c&#x27;</code></pre>'
    )
