"""Worksheets: predict, run, observe, explain, check.

What they are: model, load, catalogue. What a learner has done: progress, runs_of_step. What is right: expression,
answers, grade. Whether a worksheet is sound: verify, dry_run. Only the command line asks and prints (commands/).
docs/adr/0020-worksheets.md says why it is so.
"""
