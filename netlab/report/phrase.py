"""Sentences that remember how they were made: `say("{lost:,} of {sent:,} had no echo.", lost=3, sent=90)`.

A Phrase is the English text, a str like any other, and keeps its template with the arguments besides: the template is
what a translation is found by. Numbers are put into words at the last step, by the format in the template, so a
translation can give them another one.

Whatever netlab tells can be a Phrase: findings, warnings, claims, notes, titles, cells of tables. An argument can be
one, too: what `count` says, or a sentence within another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import Formatter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

_SPEC = re.compile(r"[<>^]?[-+ ]?,?[0-9]{0,2}(\.[0-9]{1,2})?[a-zA-Z%]?")

Argument = str | int | float | bool | None


class Phrase(str):
    """A text with its template and arguments. It is equal to its text."""

    template: str
    arguments: Mapping[str, Argument]

    def __new__(cls, template: str, arguments: Mapping[str, Argument]) -> Self:
        """KeyError where the template names what is not among the arguments."""
        phrase = super().__new__(cls, template.format_map(arguments))
        phrase.template = template
        phrase.arguments = dict(arguments)
        return phrase

    def __getnewargs__(self) -> tuple[str, Mapping[str, Argument]]:  # type: ignore[override]
        """For copies."""
        return self.template, self.arguments


def say(template: str, /, **arguments: Argument) -> Phrase:
    """The text of `template` with {arguments}, whose formats stand in the template: "{took:.1f} s"."""
    return Phrase(template, arguments)


def count(n: int, one: str, many: str) -> Phrase:
    """`one` for 1, `many` otherwise; {n} in either is the number: count(2, "one frame", "{n:,} frames")."""
    return Phrase(one if n == 1 else many, {"n": n})


def listed(texts: Sequence[str], between: str = "; ") -> Phrase:
    """One text of several, each of which can be a phrase."""
    parts = {f"part{number}": each for number, each in enumerate(texts, 1)}
    return Phrase(between.join(f"{{{name}}}" for name in parts), parts)


def restore(text: str, template: str, arguments: Mapping[str, Argument]) -> str:
    """The phrase that `text` was, as a record has it; `text` alone where its parts do not make it.

    A template from elsewhere must not look into its arguments, nor ask for a gigabyte of blanks.
    """
    try:
        parts = [(name, spec) for _, name, spec, _ in Formatter().parse(template) if name is not None]
        if all(name.isidentifier() and _SPEC.fullmatch(spec or "") for name, spec in parts):
            phrase = Phrase(template, arguments)
            return phrase if phrase == text else text
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
        pass
    return text


def translate(text: str, templates: Mapping[str, str]) -> str:
    """The text in another language: `templates` has that language's by the English one. What it has not is left in
    English, the arguments translated all the same."""
    if not isinstance(text, Phrase):
        return templates.get(text, text)
    arguments = {
        name: translate(value, templates) if isinstance(value, str) else value for name, value in text.arguments.items()
    }
    return templates.get(text.template, text.template).format_map(arguments)
