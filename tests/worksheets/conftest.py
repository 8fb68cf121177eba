"""A worksheet that needs no server, and a learner at the desk."""

from __future__ import annotations

import pytest
from labwork import SHELF

from netlab.worksheets import load
from netlab.worksheets.model import Sheet
from netlab.worksheets.session import Session


@pytest.fixture
def sheet() -> Sheet:
    """The tiny worksheet."""
    return load.load(SHELF / "99-tiny")


@pytest.fixture
def desk(sheet: Sheet) -> Session:
    """A learner who has not begun."""
    return Session(sheet, "en")
