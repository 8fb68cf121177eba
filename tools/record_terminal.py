"""Record a command as it looks in a terminal: `python tools/record_terminal.py docs/tour.svg 84 netlab tcp-compare …`.

The command runs on a pseudo-terminal of so many columns; what it leaves on the screen becomes an SVG. The picture in
the README is made with it, so it shows numbers that were measured, not drawn.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text


def run_on_terminal(command: list[str], columns: int) -> str:
    """What `command` writes to a terminal of `columns`, as it is."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    output = b""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # EIO: the command has ended, and with it the terminal's other side
            break
        if not data:
            break
        output += data
    os.waitpid(pid, 0)
    return output.decode(errors="replace").replace("\r\n", "\n")


def on_screen(output: str) -> str:
    """Of lines that were drawn over each other (a progress bar), the last."""
    return "\n".join(line.rsplit("\r", 1)[-1].replace("\x1b[K", "") for line in output.split("\n"))


def main() -> None:
    """Run, and write the SVG."""
    target, columns, *command = sys.argv[1:]
    text = on_screen(run_on_terminal(command, int(columns)))
    with open(os.devnull, "w") as nowhere:
        console = Console(record=True, width=int(columns), file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(Text.assemble(("$ ", "bold green"), (f"netlab {' '.join(command[1:])}", "bold")))
        console.print(Text.from_ansi(text.rstrip()))
    picture = console.export_svg(title="netlab")
    # Rich's picture fetches its font; this one is to need nothing from anywhere.
    Path(target).write_text(re.sub(r"@font-face {.*?}\n", "", picture, flags=re.DOTALL).replace("Fira Code, ", ""))


if __name__ == "__main__":
    main()
