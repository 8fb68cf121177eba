"""In the whole source, templates and arguments fit each other; and what experiments tell is no f-string."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PHRASE = "netlab.report.phrase"


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


class Source:
    """A module and its functions: `inside` has the innermost that a node stands in."""

    def __init__(self, path: Path) -> None:
        self.path, self.tree = path.relative_to(ROOT), ast.parse(path.read_text())
        self.functions = {node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)}
        self.inside: dict[ast.AST, ast.AST] = {}
        for scope in (self.tree, *self.functions.values()):  # from the outside in
            self.inside.update(dict.fromkeys(ast.walk(scope), scope))

    def at(self, node: ast.expr) -> str:
        return f"{self.path}:{node.lineno}"

    def assigned(self, name: ast.Name) -> Iterator[ast.expr]:
        """Every expression that the name stands for within its function, in their order there."""
        for node in ast.walk(self.inside[name]):
            if not isinstance(node, (ast.Assign, ast.AugAssign)) or node.value is None:
                continue
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name) and target.id == name.id:
                    yield node.value
                elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = zip(target.elts, node.value.elts, strict=True)
                    yield from (value for each, value in pairs if isinstance(each, ast.Name) and each.id == name.id)

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
    return [Source(path) for path in sorted((ROOT / folder).rglob("*.py"))]


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
