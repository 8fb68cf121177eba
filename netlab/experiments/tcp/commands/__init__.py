"""Commands of this topic that are written by hand: arguments, groups, or exit codes of their own."""
