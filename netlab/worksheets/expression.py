"""How an answer is derived from run records: a small, closed language in Python's syntax.

    cell("modes with 10 busy connections", "CPU/msg", mode="select", idle=900)
    total("steps", "sent") / fact("queries sent")
    "a" if parameter("idle") == [0, 900] else "b"

It has constants, lists, arithmetic, comparisons, and/or/not, if-else, and the methods of `Reader` (record_reader.py) as
functions. Nothing else: a worksheet from elsewhere cannot run code by it. `run="id"` in a function reads the record of
another step.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from netlab.report.record import Report
from netlab.worksheets.record_reader import Reader, Unknown, known, number

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda first, second: first + second,
    ast.Sub: lambda first, second: first - second,
    ast.Mult: lambda first, second: first * second,
    ast.Div: lambda first, second: first / second,
    ast.FloorDiv: lambda first, second: first // second,
    ast.Mod: lambda first, second: first % second,
}
_COMPARE: dict[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Eq: lambda first, second: first == second,
    ast.NotEq: lambda first, second: first != second,
    ast.Lt: lambda first, second: _less(first, second),
    ast.LtE: lambda first, second: first == second or _less(first, second),
    ast.Gt: lambda first, second: _less(second, first),
    ast.GtE: lambda first, second: first == second or _less(second, first),
    ast.In: lambda item, many: _is_in(item, many),
    ast.NotIn: lambda item, many: not _is_in(item, many),
}
FUNCTIONS = tuple(name for name in dir(Reader) if not name.startswith("_"))


def _less(first: object, second: object) -> bool:
    if isinstance(first, (int, float)) and isinstance(second, (int, float)):
        return first < second
    if isinstance(first, str) and isinstance(second, str):
        return first < second
    raise ValueError(f"neither of {first!r} and {second!r} is the greater one")


def _is_in(item: object, many: object) -> bool:
    if isinstance(many, str):
        return isinstance(item, str) and item in many
    if isinstance(many, (list, tuple)):
        return item in cast("Sequence[object]", many)
    raise ValueError(f"{many!r} has nothing in it")


def check_syntax(text: str) -> None:
    """ValueError where `text` is not of this language."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ValueError(f"{text!r} is no expression: {error}") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS):
            raise ValueError(f"{text!r}: the functions are {', '.join(FUNCTIONS)}")
        if isinstance(node, ast.Name) and node.id not in FUNCTIONS:
            raise ValueError(f"{text!r}: {node.id!r} is not known here; words stand in quotes")
        if not isinstance(node, _ALLOWED):
            raise ValueError(f"{text!r}: {type(node).__name__} is not part of this language")


_VALUES = (ast.Expression, ast.Constant, ast.List, ast.Dict, ast.Call, ast.keyword, ast.Name, ast.Load)
_OPERATORS = (ast.BinOp, ast.UnaryOp, ast.USub, ast.Not, ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.IfExp)
_ALLOWED = (*_VALUES, *_OPERATORS, *_BINARY, *_COMPARE)


def evaluate(text: str, records: Mapping[str, Report], default: str) -> object:
    """The value of an expression over `records` (by the id of the step that made them), mostly that of `default`.

    Raises Missing, Unknown, or ValueError for what is not of this language.
    """
    check_syntax(text)
    return _value(ast.parse(text.strip(), mode="eval").body, Reader(records, default))


def _value(node: ast.expr, reader: Reader) -> object:
    match node:
        case ast.Constant():
            return cast(object, node.value)
        case ast.List(elts=items):
            return [_value(item, reader) for item in items]
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {_value(key, reader): _value(value, reader) for key, value in pairs if key is not None}
        case ast.BinOp(left=left, op=op, right=right):
            first, second = number(_value(left, reader)), number(_value(right, reader))
            try:
                return _BINARY[type(op)](first, second)
            except ZeroDivisionError:
                raise Unknown("a division by 0") from None
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -number(_value(operand, reader))
        case ast.UnaryOp(operand=operand):
            return not _value(operand, reader)
        case ast.BoolOp(op=joint, values=values):
            every = isinstance(joint, ast.And)
            return all(_value(v, reader) for v in values) if every else any(_value(v, reader) for v in values)
        case ast.Compare(left=left, ops=ops, comparators=others):
            held = known(_value(left, reader))
            for comparison, other in zip(ops, others, strict=True):
                following = known(_value(other, reader))
                if not _COMPARE[type(comparison)](held, following):
                    return False
                held = following
            return True
        case ast.IfExp(test=test, body=body, orelse=otherwise):
            return _value(body if _value(test, reader) else otherwise, reader)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            named = {word.arg: _value(word.value, reader) for word in keywords if word.arg}
            function: Callable[..., object] = getattr(reader, name)
            try:
                return function(*(_value(arg, reader) for arg in args), **named)
            except TypeError as error:
                raise ValueError(f"{ast.unparse(node)}: {error}") from None
    raise ValueError(f"{ast.unparse(node)} is not part of this language")
