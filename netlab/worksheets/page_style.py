"""The style sheet of the page to hand in: light and dark, phone and print."""

STYLE = """
:root { --ink: #1f2933; --dim: #5f6b7a; --page: #ffffff; --card: #f6f8fa; --line: #d9dfe6;
  --good: #1a7f4b; --bad: #c0392b; --off: #b26a00; --link: #0b62a8; color-scheme: light dark }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --dim: #9aa5b4; --page: #14181f; --card: #1c222b;
  --line: #323b48; --good: #5fce96; --bad: #ff8a7a; --off: #f0b45c; --link: #7cc0ff } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.65 system-ui, -apple-system, "Segoe UI", "Noto Sans", "PingFang SC", "Noto Sans CJK SC", sans-serif }
main { max-width: 50rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
h1 { font-size: 1.8rem; line-height: 1.25; margin: .2rem 0 .6rem }
h2 { font-size: 1.15rem; line-height: 1.35; margin: 0 0 .7rem }
a { color: var(--link) }
.small { color: var(--dim); font-size: .85rem; margin: .3rem 0 } .lead { font-size: 1.1rem; margin: 0 0 .6rem }
.score { font-weight: 600 }
section { border: 1px solid var(--line); border-left-width: 5px; border-radius: 8px; padding: 1rem 1.1rem; margin: 1rem 0;
  overflow-wrap: anywhere }
section.passed { border-left-color: var(--good) } section.wrong { border-left-color: var(--bad) }
section.missed, section.inconclusive { border-left-color: var(--off) }
.passed .mark { color: var(--good) } .wrong .mark { color: var(--bad) }
.missed .mark, .inconclusive .mark { color: var(--off) }
.kind { font-size: .75rem; font-weight: 500; color: var(--dim); border: 1px solid var(--line); border-radius: 1rem;
  padding: .1rem .55rem; white-space: nowrap }
.asked { font-size: .95rem } .asked p { margin: .4rem 0 }
dl { display: flex; flex-wrap: wrap; gap: .6rem 1.6rem; margin: .8rem 0; padding: .7rem .9rem; background: var(--card);
  border-radius: 6px }
dt { font-size: .8rem; color: var(--dim) } dd { margin: 0; font-weight: 600 }
.said { margin: .5rem 0 } .why { border-top: 1px solid var(--line); margin-top: .8rem; padding-top: .4rem; font-size: .95rem }
.why p { margin: .4rem 0 }
pre, code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .88em }
pre { background: var(--card); padding: .7rem .9rem; border-radius: 6px; white-space: pre-wrap } .option { white-space: nowrap }
code { background: var(--card) }
.wide { overflow-x: auto; margin: .8rem 0 } figure.wide svg { display: block; width: 100%; min-width: 30rem; height: auto }
table { border-collapse: collapse } th, td { border: 1px solid var(--line); padding: .3rem .7rem; text-align: left }
th { background: var(--card) }
@media print { body { font-size: 11pt } main { max-width: none; padding: 0 } h2, dt { break-after: avoid }
  section { box-decoration-break: clone; -webkit-box-decoration-break: clone } p, li, dl, pre, figure { break-inside: avoid }
  figure.wide svg { min-width: 0 } }
"""
