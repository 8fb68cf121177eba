"""The `netlab` command. `--version` is answered here, before Typer is imported: it costs nothing to ask."""

import sys


def main() -> None:
    """Entry point of the console script."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from netlab import __version__

        print(f"netlab {__version__}")
        return
    try:
        from netlab.cli.app import run
    except KeyboardInterrupt:  # importing takes long enough for somebody to change their mind
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
