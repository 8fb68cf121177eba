"""The command line: the only importer of Typer, and the only part that prints. One thin file per command group."""
