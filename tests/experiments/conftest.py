"""Fixtures of these tests; what they are made of is in experiment_commands.py, a name that is no other folder's."""

from experiment_commands import netlab, report, start

__all__ = ["netlab", "report", "start"]
