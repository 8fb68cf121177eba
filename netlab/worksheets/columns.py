"""Are the tables and columns that an expression names among those of its experiment? The rows' classes say so.

An experiment whose rows are not declared (`Line.rows()` of the registry) is believed in everything.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from netlab import registry
from netlab.report.rows import shape_of

_COLUMNS = {"cell": ("table", "column"), "count": ("table",), "total": ("table", "column")}
_COLUMNS |= dict.fromkeys(("order", "order_down"), ("table", "label", "column"))
"""The positional arguments of functions that read a table: its name, then columns. A dict selects rows by columns."""

_OPTIONS = {"run", "also", "tie", "down", "alike"}  # keywords that are not columns


def check_columns(text: str, experiment_of: Callable[[str | None], str]) -> None:
    """ValueError where the expression names a table or a column that its experiment does not have.

    `experiment_of` gives the experiment that made the record of a step, of the expression's own for None.
    """
    for node in ast.walk(ast.parse(text.strip(), mode="eval")):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _COLUMNS:
            _check(node, _COLUMNS[node.func.id], experiment_of)


def _check(call: ast.Call, names: Sequence[str], experiment_of: Callable[[str | None], str]) -> None:
    words = {word.arg: word.value for word in call.keywords if word.arg}
    given = dict(zip(names, call.args, strict=False)) | {name: words[name] for name in names if name in words}
    line = registry.known(experiment_of(_text(words.get("run"))))
    table = _text(given.get("table"))
    shapes = [shape_of(cls) for cls in line.rows()] if line else []
    if line is None or not shapes or table is None:
        return
    meant = [shape for shape in shapes if shape.can_be(table)]
    if not meant:
        known = [shape.table for shape in shapes]
        raise ValueError(f"{line.name} has no table {table!r}{_near(table, known)}")
    known = sorted(set().union(*(shape.column_names() for shape in meant)))
    for column in _named(call, given, words):
        if not any(fnmatchcase(column, each) for each in known):
            raise ValueError(f"table {table!r} of {line.name} has no column {column!r}{_near(column, known)}")


def _named(call: ast.Call, given: Mapping[str, ast.expr], words: Mapping[str, ast.expr]) -> Iterator[str]:
    """The columns that the call names."""
    for name, value in given.items():
        if name != "table" and (text := _text(value)) is not None:
            yield text
    for each in (*call.args, words.get("also")):
        if isinstance(each, ast.Dict):
            yield from (text for key in each.keys if (text := _text(key)) is not None)
    yield from (name for name in words if name not in _OPTIONS and name not in given)


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _near(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(map(repr, known))}"


def column_in(table_columns: Sequence[str], experiment: str, table: str, name: str) -> str | None:
    """The column of a record's table that is meant by `name`: by this name, or another that it has or had."""
    if name in table_columns:
        return name
    line = registry.known(experiment)
    for cls in line.rows() if line else ():
        shape = shape_of(cls)
        if shape.can_be(table):
            return shape.column_in(table_columns, name)
    return None
