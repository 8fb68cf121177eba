"""A case of judgement: values made by hand (or one fault put into a real run), and the checks that must fail then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from netlab.progress import silent
from netlab.report.quantity import Draft, Measurement

__all__ = ["Draft", "Judged", "failed", "silent"]


@dataclass(frozen=True)
class Judged:
    """`measure` judges values in which `what` is wrong; then exactly the claims `fails` do not hold.

    One without `fails` is in order: it shows all claims, and that they pass.
    """

    experiment: str
    what: str
    measure: Callable[[pytest.MonkeyPatch], Measurement]
    fails: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.experiment}: {self.what}"


def failed(found: Measurement) -> tuple[str, ...]:
    """The claims that did not hold."""
    return tuple(check.claim for check in found.checks if not check.passed)


def of_draft(fill: Callable[[Draft], None]) -> Measurement:
    """The measurement of a report that fills a draft."""
    draft = Draft()
    fill(draft)
    return draft.finish()
