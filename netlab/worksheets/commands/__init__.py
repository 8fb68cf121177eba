"""`netlab lab`: worksheets in the terminal."""
