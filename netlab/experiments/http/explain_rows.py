"""The tables of `netlab http explain` are those of `netlab http get`."""

from netlab.experiments.http.get_rows import ROWS

__all__ = ["ROWS"]
