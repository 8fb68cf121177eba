"""In the whole source, templates and arguments fit each other; and what experiments tell is no f-string."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PHRASE = "netlab.report.phrase"


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def named(function: ast.expr) -> str:
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


PLACES = {"finding": 0, "check": 0, "fact": 3, "Fact": 3, "Chart": 1, "Check": 0, "Finding": 0, "Table": 3, "Lack": 0}
NAMED = {"title", "note", "claim", "answer", "findings", "warnings"}  # arguments and attributes that are told

PARTS: dict[type[ast.expr], Callable[[Any], list[ast.expr]]] = {
    ast.IfExp: lambda told: [told.body, told.orelse],
    ast.BoolOp: lambda told: told.values,
    ast.BinOp: lambda told: [told.left, told.right],
    ast.List: lambda told: told.elts,
    ast.Tuple: lambda told: told.elts,
    ast.ListComp: lambda told: [told.elt],
    ast.GeneratorExp: lambda told: [told.elt],
    ast.Starred: lambda told: [told.value],
}


def sinks(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name, called = named(node.func), node.func
            if name in PLACES:
                yield from node.args[PLACES[name] :][:1]
                yield from (each.value for each in node.keywords if each.arg in NAMED)
            elif name == "table_of":
                yield from (each.value for each in node.keywords if each.arg == "title")
            elif name in ("append", "extend") and isinstance(called, ast.Attribute):
                yield from node.args if getattr(called.value, "attr", "") in NAMED else []
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(each, ast.Attribute) and each.attr in NAMED for each in targets):
                yield node.value


class Source:
    """A module and its functions: `inside` has the innermost that a node stands in."""

    def __init__(self, path: Path, root: Path = ROOT) -> None:
        self.path, self.tree = path.relative_to(root), ast.parse(path.read_text())
        functions = [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)]
        self.functions = {node.name: node for node in functions}
        self.inside: dict[ast.AST, ast.AST] = {}
        for scope in (self.tree, *functions):  # from the outside in
            self.inside.update(dict.fromkeys(ast.walk(scope), scope))
        self.called = [node for node in self.inside if isinstance(node, ast.Call)]
        self.assignments = [node for node in self.inside if isinstance(node, (ast.Assign, ast.AugAssign))]

    def at(self, node: ast.expr) -> str:
        return f"{self.path}:{node.lineno}"

    def assigned(self, name: ast.Name) -> Iterator[ast.expr]:
        """Every expression that the name stands for within its function, in their order there."""
        for node in (each for each in self.assignments if self.inside[each] is self.inside[name]):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name) and target.id == name.id:
                    yield node.value
                elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = zip(target.elts, node.value.elts, strict=True)
                    yield from (value for each, value in pairs if isinstance(each, ast.Name) and each.id == name.id)

    def given(self, name: ast.Name) -> Iterator[ast.expr]:
        """What callers in this module give for the name, where it is a parameter; what a list of that name gets."""
        function = self.inside[name]
        parameters = [each.arg for each in function.args.args] if isinstance(function, ast.FunctionDef) else []
        for call in self.called:
            if name.id in parameters and named(call.func) == getattr(function, "name", ""):
                yield from call.args[parameters.index(name.id) :][:1]
            own = isinstance(call.func, ast.Attribute) and named(call.func.value) == name.id
            if own and named(call.func) in ("append", "extend") and self.inside[call] is function:
                yield from call.args

    def told(self) -> Iterator[ast.expr]:
        """What becomes a finding, claim, warning, answer, note or title: where it is written, as far as this module
        shows: through names, parameters, lists, conditions and the module's own functions."""
        waiting, seen = list(sinks(self.tree)), set[ast.expr]()
        while waiting:
            told = waiting.pop()
            if told in seen:
                continue
            seen.add(told)
            if isinstance(told, ast.Name):
                waiting += [*self.assigned(told), *self.given(told)]
            elif isinstance(told, ast.Call):
                waiting += [each.value for each in told.keywords] if named(told.func) in ("say", "replace") else []
                waiting += told.args if named(told.func) in ("listed", "list", "tuple", "filter") else []
                for node in ast.walk(self.functions.get(named(told.func), ast.Pass())):
                    if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
                        waiting.append(node.value)
            else:
                yield told
                waiting += PARTS[type(told)](told) if type(told) in PARTS else []

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call of a function of phrase.py."""
        known = {
            alias.asname or alias.name: alias.name
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom) and node.module == PHRASE
            for alias in node.names
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
                yield known[node.func.id], node

    def template(self, call: ast.Call) -> str | None:
        """What `say` is given: written out there, or last before it under that name."""
        given = call.args[0]
        if isinstance(given, ast.Name):
            before = [each for each in self.assigned(given) if each.lineno < call.lineno]
            given = max(before, key=lambda each: each.lineno, default=given)
        return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def sources(folder: str = "netlab") -> list[Source]:
    return [Source(path) for path in sorted((ROOT / folder).rglob("*.py")) if "netlab.report" in path.read_text()]


def test_every_template_in_the_source_names_just_the_arguments_that_it_is_given() -> None:
    wrong = []
    for source in sources():
        for function, call in source.calls():
            if function == "say":
                names, template = {word.arg for word in call.keywords}, source.template(call)
                if len(call.args) != 1 or template is None or None in names or fields(template) != names:
                    wrong.append(source.at(call))
            elif function == "count":
                words = [each.value for each in call.args[1:] if isinstance(each, ast.Constant)]
                if len(words) != 2 or any(fields(str(each)) - {"n"} for each in words):
                    wrong.append(source.at(call))
    assert not wrong, "template and arguments differ, or the template is not written out here"


def has_words(text: ast.expr) -> bool:
    """Whether this is an f-string with words between its values."""
    parts = text.values if isinstance(text, ast.JoinedStr) else []
    return any(isinstance(each, ast.Constant) and re.search("[A-Za-z]", str(each.value)) for each in parts)


def test_what_experiments_tell_is_no_f_string() -> None:
    told = [(source, each) for source in sources("netlab/experiments") for each in source.told()]
    assert len(told) > 300
    wrong = [source.at(each) for source, each in told if has_words(each)]
    assert not wrong, "a text with arguments is said by say(): a record keeps its template, a translation needs it"


@pytest.mark.parametrize(
    "told",
    [
        'draft.finding(f"{n} lost")',
        'draft.check(f"{n} lost", "RFC", 0, n)',
        'draft.fact("lost", n, "1", f"of {n}")',
        'draft.warnings.append(f"{n} lost" if n else "none")',
        'draft.answer = f"{n} lost"',
        'text = f"{n} lost"\ndraft.findings += [text]',
        'def words(n):\n    return f"{n} lost"\ndraft.finding(words(3))',
        'def tell(draft, text):\n    draft.finding(text)\ntell(draft, f"{n} lost")',
        'draft.finding(say("{what} of all", what=f"{n} lost"))',
    ],
)
def test_an_f_string_that_is_told_is_seen(told: str, tmp_path: Path) -> None:
    path = tmp_path / "told.py"
    path.write_text(told)
    assert any(has_words(each) for each in Source(path, tmp_path).told())
