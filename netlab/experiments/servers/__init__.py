"""Echo servers in every mode, load on them, and comparisons of the modes (lecture 13)."""
