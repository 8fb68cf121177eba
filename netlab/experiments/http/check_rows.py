"""Of the tables of `netlab http check`, those that have the shape of `netlab http get`'s."""

from netlab.experiments.http.get_rows import NoteRow, RefusalRow

ROWS = (NoteRow, RefusalRow)
