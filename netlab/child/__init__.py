"""Run a netlab function in a fresh interpreter that cannot outlive its parent.

Servers and load generators run in processes of their own, so that their CPU time and memory are theirs alone. A fresh
`python -I -S` carries no Typer and no Rich: fewer pages, and so a cheaper fork(2) for the modes that fork.

The line to the child:
- stdin brings its configuration as one line of JSON and then stays open as the *lifeline*. The child asks the
  kernel to send SIGTERM to its whole process group when the pipe moves again (F_SETSIG, fcntl(2)), and the only thing
  that can still happen to it is that the parent's end closes: by close(), by exit, or by `kill -9` of the parent.
- stdout carries the child's messages to the parent, one JSON object a line.
- stderr goes to a memory file, read only when the child failed.
The child leads a process group of its own: a Ctrl-C in the terminal reaches the parent alone, which then stops the
child in order; and at the very end the parent can kill exactly that group.

handle.py is the parent's side, child_side.py the child's. They are apart because of what they import: a server that
forks pays for every page it has touched (docs/adr/0004), so the child's side imports next to nothing.
"""
