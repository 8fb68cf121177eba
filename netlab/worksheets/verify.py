"""Is a worksheet sound on paper? dry_run.py asks the same of its commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from netlab.report.markdown import Block, StyledRun, blocks
from netlab.worksheets.load import FILES
from netlab.worksheets.model import LANGUAGES, Sheet, Step, Text
from netlab.worksheets.prose import commands, option_keys

_UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|TBD)\b|待办|待补|待写")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_SOURCE = re.compile(r"RFC \d+|\(\d[a-z]?\)|lecture \d+|Linux|POSIX|IEEE|UNP|IANA|CPython")
_MINUTES = range(10, 26)


def verify(sheet: Sheet) -> list[str]:
    """What is amiss, each in one line; empty where nothing is."""
    found = [*_sheet(sheet)]
    for step in sheet.steps:
        where = f"step {step.number} ({step.id})"
        found += [f"{where}: {problem}" for problem in (*_sections(sheet, step), *_answers(step), *_words(step))]
    for lang, name in FILES.items():
        found += [f"{name}: {problem}" for problem in _page(sheet, lang, name)]
    return found


def _sheet(sheet: Sheet) -> Iterator[str]:
    kinds = {step.kind for step in sheet.steps}
    for kind in ("predict", "run", "blank", "explain"):
        if kind not in kinds:
            yield f"no step of kind {kind}: a worksheet predicts, runs, observes and explains"
    if sheet.minutes not in _MINUTES:
        yield f"{sheet.minutes} minutes: between {_MINUTES[0]} and {_MINUTES[-1]} fit into a lesson"
    yield from _both("question", sheet.question)
    seen: set[str] = set()
    for step in sheet.steps:
        if step.kind == "predict" and step.run in seen:
            yield f"step {step.number} ({step.id}) predicts what step {step.run} has already shown"
        seen.add(step.id)


def _sections(sheet: Sheet, step: Step) -> Iterator[str]:
    """The same commands and the same options in every language."""
    bodies = {lang: sheet.section(step, lang).body for lang in LANGUAGES}
    for lang, body in bodies.items():
        if commands(body) != commands(bodies["en"]):
            yield f"{FILES[lang]} shows other commands than {FILES['en']}"
        if option_keys(body) != step.options:
            yield f"{FILES[lang]} lists the options {list(option_keys(body))}, lab.toml {list(step.options)}"
    for line in commands(bodies["en"]):
        if not line.startswith("netlab "):
            yield f"'{line}' in a block marked sh: only netlab commands are run; mark others console"


def _answers(step: Step) -> Iterator[str]:
    if step.kind == "explain" and step.type == "choice":
        right = step.answer.strip("'\"") if step.answer[:1] in "'\"" and step.answer[1:2].isalpha() else ""
        if step.answer[1:-1] not in step.options:
            right = ""  # it depends on the run: every option may be a wrong one
        elif right not in step.options:
            yield f"the right option {right!r} is not among {step.options}"
        wrong = [key for key in step.options if key != right]
        for key in wrong:
            if key not in step.feedback:
                yield f"option {key} has no feedback"
        for lang in LANGUAGES:
            said = [step.feedback[key][lang] for key in wrong if key in step.feedback]
            if len(set(said)) < len(said):
                yield f"two options have the same feedback ({lang})"
    if step.asks and not step.run and step.kind != "explain":
        yield "its answer comes from no run"


def _words(step: Step) -> Iterator[str]:
    texts: list[tuple[str, Text]] = [("hint", hint) for hint in step.hints]
    texts += [(f"feedback {key}", words) for key, words in step.feedback.items()]
    texts += [(name, words) for name, words in (("why", step.why), ("tempting", step.tempting)) if words]
    texts += [("otherwise", each.otherwise) for each in step.conditions if any(each.otherwise.values())]
    for name, words in texts:
        yield from _both(name, words)
    if step.kind in ("blank", "explain", "task") and not step.hints:
        yield "no hint"
    if step.kind != "run" and not _SOURCE.search(step.source):
        yield f"source {step.source!r} names no RFC section, manual page or lecture"


def _both(name: str, words: Text) -> Iterator[str]:
    if words["en"] == words["zh"]:
        return  # a command is the same in all languages
    if not _HAN.search(words["zh"]):
        yield f"{name}: its Chinese has no Chinese in it"
    if _HAN.search(words["en"]):
        yield f"{name}: its English has Chinese in it"
    for lang in LANGUAGES:
        if _UNFINISHED.search(words[lang]):
            yield f"{name} ({lang}) is unfinished"


def _page(sheet: Sheet, lang: str, name: str) -> Iterator[str]:
    text = (sheet.folder / name).read_text(encoding="utf-8")
    if _UNFINISHED.search(text):
        yield "unfinished: there is a TODO in it"
    for section in sheet.pages[lang].sections:
        if (_HAN.search(section.heading + section.body) is None) is (lang == "zh"):
            yield f"section {section.number} is not in {'Chinese' if lang == 'zh' else 'English'}"
    for target in _links(text):
        parts = urlsplit(target)
        if parts.scheme in ("http", "https"):
            if "." not in parts.netloc:
                yield f"link {target}: no host"
        elif parts.scheme or not (sheet.folder / parts.path).exists():
            yield f"link {target}: there is no such file"


def _links(text: str) -> Iterator[str]:
    for block in blocks(text):
        for run in _runs(block):
            if run.style == "link" and not run.target.startswith("#"):
                yield run.target


def _runs(block: Block) -> Iterator[StyledRun]:
    yield from block.inline
    for row in block.rows:
        for cell in row:
            yield from cell
