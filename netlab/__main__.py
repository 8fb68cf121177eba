"""The `netlab` command. What costs nothing to answer is answered here, before Typer is imported."""

import sys


def main() -> None:
    """Entry point of the console script."""
    words = sys.argv[1:]
    if words in (["--version"], ["-V"]):
        from netlab import __version__
        from netlab.cli.at_once import written

        written(lambda: print(f"netlab {__version__}"))
        return
    try:
        if words[:1] in (["cidr"], ["mac"]):
            from netlab.experiments.addresses.commands.quick import answered

            if answered(words):
                return
        from netlab.cli.app import run
    except KeyboardInterrupt:  # importing takes long enough for somebody to change their mind
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
