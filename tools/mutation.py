"""Mutants of a module's functions: one alteration each, as code that can take the place of the function's own.

A comparison at its edge or turned round, + for -, and for or, a `not` or a sign dropped, another number, min for max, a
call whose answer nobody uses left out. What is outside of functions (constants, defaults) stays as it is.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_EXTREMES = {"min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """`before` became `after` in the function with this qualified name, where that is the `number`-th such place."""

    path: Path
    function: str
    before: str
    after: str
    number: int
    tree: ast.Module

    def __str__(self) -> str:
        place = f" (#{self.number})" if self.number > 1 else ""
        return f"{self.function}: {self.before} → {self.after}{place}"

    def code(self) -> CodeType:
        """The function's code, altered."""
        found = compile(self.tree, str(self.path), "exec", dont_inherit=True)
        for name in self.function.split("."):
            found = next(each for each in found.co_consts if isinstance(each, CodeType) and each.co_name == name)
        return found


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of every function and method of a module."""
    tree = ast.parse(path.read_text())
    seen: dict[tuple[str, str, str], int] = {}
    for name, function in _functions(tree):
        for node in (inner for statement in function.body for inner in ast.walk(statement)):
            for altered in _alterations(node):
                before, after = _text(node), _text(altered)
                key = name, before, after
                seen[key] = seen.get(key, 0) + 1
                yield Mutant(path, name, before, after, seen[key], _with(tree, node, altered))


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{each.name}", each) for each in node.body if isinstance(each, ast.FunctionDef))


def _alterations(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left, [operator], right):
            for other in _COMPARISONS.get(type(operator), ()):
                yield ast.Compare(left, [other()], right)
        case ast.BinOp(left, operator, right) if type(operator) in _ARITHMETIC and not _is_text(left, right):
            yield ast.BinOp(left, _ARITHMETIC[type(operator)](), right)
        case ast.AugAssign(target, operator, value) if type(operator) in _ARITHMETIC:
            yield ast.AugAssign(target, _ARITHMETIC[type(operator)](), value)
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield ast.Call(ast.Name("bool", ast.Load()), [operand], [])
        case ast.UnaryOp(ast.USub(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(2 * value if abs(value) >= 1000 else value + 1)
        case ast.Call(ast.Name(name), arguments, keywords) if name in _EXTREMES:
            yield ast.Call(ast.Name(_EXTREMES[name], ast.Load()), arguments, keywords)
        case ast.Expr(ast.Call()):
            yield ast.Pass()


def _is_text(*parts: ast.expr) -> bool:
    return any(isinstance(each, (ast.JoinedStr, ast.List, ast.Tuple)) or _is_word(each) for each in parts)


def _is_word(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and isinstance(part.value, str)


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).split())


def _with(tree: ast.Module, node: ast.AST, altered: ast.AST) -> ast.Module:
    """A copy of the tree in which `altered` stands in the place of `node`."""
    memo = {id(node): ast.copy_location(copy.deepcopy(altered), node)}
    copied = copy.deepcopy(tree, memo)
    return ast.fix_missing_locations(copied)
