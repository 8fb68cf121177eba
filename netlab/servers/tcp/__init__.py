"""The TCP modes, one file each. The list of them is in servers/modes.py."""
