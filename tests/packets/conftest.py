"""Hypothesis for packets: many small examples, and no deadline, since a shared machine may stall in any of them."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("packets", max_examples=50, deadline=None)
settings.load_profile("packets")
