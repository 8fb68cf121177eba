"""Worksheets: predict, run, observe, explain, check. What they are (model, load, shelf), what a learner has done
(progress, evidence), what is right (expression, answers, judge), and whether a worksheet is sound (verify, rehearse).

Only the command line asks and prints (netlab/cli/lab*.py). docs/adr/0020-worksheets.md says why it is so.
"""
