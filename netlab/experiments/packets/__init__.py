"""Frames captured and taken apart (lecture 2)."""
