"""Recorded runs are judged again: whole, when every check holds, and with one value wrong, when one check fails.

The values are found and kept by tools/record_runs.py. Where a value decides several checks, exactly those are named.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from corruption import Corruption, cases
from judged import failed
from recorded_runs import RUNS, Run, recorded, replay

CASES = [(run, each) for run in RUNS for each in cases(run)]
_recorded = cache(recorded)


def name_of(value: Any) -> str:
    """What pytest calls a case."""
    return value.name if isinstance(value, Run) else value.words()


@pytest.mark.parametrize("run", RUNS, ids=name_of)
def test_as_it_was_recorded_every_check_holds(run: Run) -> None:
    found = replay(run, _recorded(run))
    assert found.checks and failed(found) == ()


@pytest.mark.parametrize(("run", "wrong"), CASES, ids=name_of)
def test_exactly_the_checks_of_what_is_wrong_fail(run: Run, wrong: Corruption) -> None:
    found = replay(run, wrong.apply(_recorded(run)))
    assert failed(found) == wrong.fails
