"""Texts that keep their template and arguments."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlab.report.phrase import Phrase, count, listed, restore, say, translate


def test_a_phrase_is_its_text_and_keeps_how_it_was_made() -> None:
    phrase = say("{lost:,} of {sent:,} had no echo.", lost=1200, sent=90_000)
    assert phrase == "1,200 of 90,000 had no echo."
    assert phrase.template == "{lost:,} of {sent:,} had no echo."
    assert phrase.arguments == {"lost": 1200, "sent": 90_000}


def test_a_missing_argument_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("{lost} of {sent}", lost=1)


def test_count_has_one_and_many() -> None:
    assert [count(n, "one frame", "{n:,} frames") for n in (0, 1, 2, 1000)] == [
        "0 frames",
        "one frame",
        "2 frames",
        "1,000 frames",
    ]


def test_a_list_of_phrases_is_translated_each_by_itself() -> None:
    phrase = listed([count(2, "one frame", "{n} frames"), "none"])
    assert phrase == "2 frames; none" and listed(["a", "b"], " ") == "a b" and listed([]) == ""
    assert translate(phrase, {"{n} frames": "{n} Rahmen", "none": "keine"}) == "2 Rahmen; keine"


def test_a_copy_is_a_phrase() -> None:
    for made in (copy.copy, copy.deepcopy):
        again = made(say("{n} frames", n=2))
        assert isinstance(again, Phrase) and again == "2 frames" and again.template == "{n} frames"


def test_a_translation_puts_the_arguments_elsewhere_and_translates_them_too() -> None:
    german = {"{n} frames": "{n} Rahmen", "{what} of {whole:,} lost": "von {whole:,} verloren: {what}", "none": "keine"}
    phrase = say("{what} of {whole:,} lost", what=count(2, "one frame", "{n} frames"), whole=4000)
    assert translate(phrase, german) == "von 4,000 verloren: 2 Rahmen"
    assert translate("none", german) == "keine"
    assert translate(say("new: {x}", x="none"), german) == "new: keine"


@pytest.mark.parametrize(
    ("template", "arguments"),
    [
        ("{n} frames", {"n": 3}),  # another text
        ("{n} frames", {}),
        ("{n} frame", {"n": "2", "m": 1}),
        ("{n.__class__} frames", {"n": 2}),
        ("{n[0]} frames", {"n": "2"}),
        ("{n:>999999999} frames", {"n": 2}),
        ("{n:{n}} frames", {"n": 2}),
        ("{0} frames", {"0": 2}),
        ("{n!r:z} frames", {"n": 2}),
        ("{n frames", {"n": 2}),
    ],
)
def test_a_template_that_does_not_make_the_text_is_left_out(
    template: str, arguments: dict[str, str | int | float | bool | None]
) -> None:
    assert type(restore("2 frames", template, arguments)) is str


@given(st.text(), st.dictionaries(st.text(max_size=4), st.none() | st.integers() | st.text(max_size=5), max_size=3))
def test_no_template_is_an_error(template: str, arguments: dict[str, str | int | float | bool | None]) -> None:
    assert restore("text", template, arguments) == "text"
