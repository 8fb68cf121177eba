"""Groups whose sub-commands are a table, each imported only when it is called; some of them are a command as well.

`netlab cidr 10.0.0.1/8` is a command, beside `netlab cidr merge`. What the first word on the line is decides: the name
of a sub-command, or else the argument of the one that stands for the group's own name.
"""

from __future__ import annotations

from difflib import get_close_matches

from netlab.cli import failures
from netlab.cli.click_parts import AnyCommand, CompletionItem, Context, HelpFormatter
from netlab.cli.commands import Command, load
from netlab.cli.help import Group, as_command


class TableGroup(Group):
    """Subclasses name their `subs`."""

    subs: tuple[Command, ...] = ()

    def list_commands(self, ctx: Context) -> list[str]:
        """Their names, in the order of the table."""
        return [sub.name for sub in self.subs]

    def get_command(self, ctx: Context, cmd_name: str) -> AnyCommand | None:
        """Import the file of this one."""
        return next((as_command(sub.name, load(sub)) for sub in self.subs if sub.name == cmd_name), None)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """The table, section by section, without importing any of it."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for sub in self.subs:
            sections.setdefault(sub.section, []).append((sub.name, sub.help))
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl(rows)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """Names and help from the table: pressing Tab must not import every command."""
        if incomplete.startswith("-"):
            return super(Group, self).shell_complete(ctx, incomplete)
        return [CompletionItem(sub.name, help=sub.help) for sub in self.subs if sub.name.startswith(incomplete)]


class SubGroup(TableGroup):
    """A command as well. Which of the `subs` is meant `with_argument` and, on a bare line, `without`."""

    with_argument = ""
    without = ""
    usage = "COMMAND ..."
    takes_value: tuple[str, ...] = ()  # options whose next word is theirs

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Put the name of the sub-command that is meant in front."""
        return super().parse_args(ctx, self._routed(args))

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """As one would write it."""
        return [self.usage]

    def _routed(self, args: list[str]) -> list[str]:
        at = self._first_word(args)
        if at is None:
            return args if {"--help"} & set(args) else [self.without, *args]
        word = args[at]
        names = [sub.name for sub in self.subs]
        if word in names:
            return [word, *args[:at], *args[at + 1 :]]
        if word == "help":
            raise failures.UsageError("there is no command 'help' here", f"netlab {self.name} --help")
        near = get_close_matches(word, names, 1, 0.75) if word.replace("-", "").isalpha() else []
        if near:
            raise failures.UsageError(f"there is no command '{word}' here", f"did you mean {near[0]}?")
        return [self.with_argument, *args]

    def _first_word(self, args: list[str]) -> int | None:
        """Where the first word is that is no option nor an option's value."""
        at = 0
        while at < len(args):
            if args[at] == "--":
                return at + 1 if at + 1 < len(args) else None
            if not args[at].startswith("-") or args[at] == "-":
                return at
            at += 2 if args[at] in self.takes_value else 1
        return None
