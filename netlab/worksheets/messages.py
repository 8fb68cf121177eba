"""What netlab itself says around a worksheet, in both languages. Worksheets bring their own words."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

_SPACES = {"colon": (": ", "："), "between": (" ", "")}
_TABLE = """
# answers that cannot be taken
empty | Type an answer. | 请先写出答案。
no-option | That is none of the letters. | 没有这个选项。
no-number | That is no number; 28231, 54.2 µs and 1.5 KiB are some. | 这不是一个数。可以写 28231、54.2 µs 或 1.5 KiB。
no-unit | That unit is not known; ns, µs, ms, s, B, KiB, MiB, % are. | 不认识这个单位。可用的有 ns、µs、ms、s、B、KiB、MiB、%。
no-item | One of these words is not among them: {items} | 有一个词不在其中：{items}
not-all | Each of them once: {items} | 每一项恰好写一次：{items}
# verdicts
todo-predict | No prediction yet. | 还没有预测。
todo-run | No run of this command is on record. | 还没有这条命令的运行记录。
todo-run-how | Run: {command} | 请运行：{command}
todo-answer | No answer yet. | 还没有作答。
todo-task | No run brings this state about yet. | 还没有一次运行达到要求的状态。
no-run-before | Kept. It is judged after the run of step {number}, which is not on record yet. | 已记下。要等第 {number} 步运行之后才能判断，那一步还没有运行记录。
near-miss | Run {id}, {at} UTC, is not it: {why}. | 运行 {id}（{at} UTC）不算：{why}。
other-command | it was started with other options ({said}) | 所用的选项不同（{said}）
not-measured | Your run {id} has no value for it: {why}. This machine may lack something: netlab doctor | 你的运行 {id} 里没有这个值：{why}。可能是这台机器缺少某种能力，请看 netlab doctor
no-field | Your run {id} has no such field: {why}. Run step {number} again with this netlab. | 你的运行 {id} 里没有这一项：{why}。请用当前的 netlab 重新运行第 {number} 步。
observed-other | your run {id} says something else; you wrote {given}. Read it off again, or take a hint. | 你的运行 {id} 测得的不是这个数；你写的是 {given}。请再看一遍，或者要一个提示。
expected-observed | your run {id} says {measured}; you wrote {given} | 你的运行 {id} 测得 {measured}；你写的是 {given}
slipped | The digits are right, the unit is not: look at the heading of the column. | 数字对了，单位错了。请看这一列的表头。
inverted | In your run {id}, {second} comes before {first}. | 在你的运行 {id} 里，{second} 应排在 {first} 前面。
right | Right. | 正确。
wrong | Not so. | 不对。
hit | Your prediction holds. | 预测成立。
missed | It came out differently: that is what predictions are for. | 结果与预测不同。预测的意义正在于此。
measured | Measured: {measured}; predicted: {given}. | 测得：{measured}；预测：{given}。
measured-value | measured | 测得
off-by | Off by a factor of {factor}. | 相差 {factor} 倍。
prediction-stands | The run is there: your prediction from before it ({given}) stands, and this one is not counted. | 已经运行过了：以运行之前的预测（{given}）为准，这一次不算。
late-tally | predictions after their run, not counted: {n} | 运行之后才给出、不计的预测：{n} 个
late | after the run: not counted | 运行之后才给出，不计
after-the-fact | (given after the run: not counted) | （运行之后才给出，不计入校准）
# parts of a sheet
lecture | lecture {n} | 第 {n} 讲
minutes | {n} minutes | {n} 分钟
needs-cpus | {needed} CPUs (here: {there}) | {needed} 个 CPU（本机 {there} 个）
needs-descriptors | {needed} file descriptors a process (here: {there}) | 每个进程 {needed} 个文件描述符（本机 {there} 个）
needs-networks | private networks for ordinary users (netlab doctor says how to allow them) | 普通用户可用的私有网络（netlab doctor 会说明怎样允许）
lacks | This machine lacks: {what} | 这台机器缺少：{what}
predict | predict | 预测
run | run | 运行
blank | fill in | 填空
explain | explain | 解释
task | bring it about | 动手
why | Why | 为什么
tempting | What tempts to another answer | 容易错在哪里
source | Source | 出处
solution | One way to do it | 一种做法
# the walker
ask-choice | Your answer ({options}; {keys}) | 你的答案（{options}；{keys}）
ask-order | Your order of {items} ({keys}) | 你的排序：{items}（{keys}）
ask-number | Your number{unit} ({keys}) | 你的数{unit}（{keys}）
ask-text | Your answer ({keys}) | 你的答案（{keys}）
keys-hint | h: hint, q: stop | h 提示，q 暂停
keys | q: stop | q 暂停
ask-sure | How sure are you, 50 to 100 % | 有几成把握？（50 到 100 %）
bad-sure | A number from 50 to 100: below 50 you would answer otherwise. | 请写 50 到 100 之间的数：不到 50 就该换个答案了。
ask-run | Enter runs it (q: stop) | 按回车运行（q 暂停）
ask-task | Enter when you have run it in another terminal; or type the netlab command here ({keys}) | 在另一个终端运行后按回车，或直接在这里输入 netlab 命令（{keys}）
ask-next | Enter goes on (q: stop) | 按回车继续（q 暂停）
try-again | Look again. | 再看一看。
no-hint | There is no further hint. | 没有更多提示了。
no-hints | There are no hints for this step. | 这一步没有提示。
hint | Hint {n} of {of} | 提示 {n}/{of}
paused | Saved. It goes on with | 已保存。继续请运行
done | All steps pass. This makes a page of it | 全部通过。生成报告页请运行
already-run | On record: run {id}, {at} UTC. | 已有记录：运行 {id}（{at} UTC）。
only-netlab | Only netlab commands run here; use another terminal for others. | 这里只运行 netlab 命令，其他命令请用另一个终端。
run-failed | The command ended with exit code {code} and left no run record. | 命令以退出码 {code} 结束，没有留下运行记录。
noted | Noted. The run will tell. | 已记下，运行之后见分晓。
# check, list and report
first-cause | First: step {number}, {heading} | 首先看第 {number} 步：{heading}
command-is | the command of step {number} is: {command} | 第 {number} 步的命令是：{command}
tally | {passed} of {all} steps pass | {all} 步中有 {passed} 步通过
tries | {n} right at the first try, {hints} hints | 一次答对 {n} 题，用了 {hints} 个提示
untouched | not begun | 未开始
begun | {passed}/{all} | {passed}/{all}
finished | done | 完成
list-how | netlab lab start NAME walks through one; a lecture's number will do. | netlab lab start 名称 开始一张实验单，只写讲次也可以。
reset-nothing | {sheet}: there is nothing to reset | {sheet}：没有什么可重新开始的
reset-runs | {sheet}: begun anew; runs so far no longer count | {sheet}：已重新开始；此前的运行不再算数
reset | {sheet}: begun anew; what was there is kept as {path} | {sheet}：已重新开始；原来的内容保存在 {path}
# the page
calibration | Calibration | 把握与结果
calibration-over | Calibration, over all worksheets | 把握与结果（所有实验单合计）
calibration-text | Over all worksheets: of the predictions made with so much confidence, so many held. | 所有实验单合计：以某种把握作出的预测，有多少成立。
calibration-none | No prediction has been scored yet. | 还没有可评分的预测。
calibration-mean | Said on average {said} %, held {held} % of {n}. | 平均把握 {said} %，{n} 个预测中成立 {held} %。
brier | Brier score {score}: 0 is perfect, 0.25 is tossing a coin. | 布里尔分数 {score}：0 为完美，0.25 相当于掷硬币。
confidence | confidence | 把握
predictions-held | predictions: {held} of {all} held | 预测：{all} 个里成立 {held} 个
predictions | predictions | 预测数
held | held | 成立
your-prediction | Prediction | 预测
your-answer | Answer | 答案
your-run | Run | 运行
machine | Machine | 机器
made | Page made | 生成时间
not-done | not done | 未完成
the-question | The question | 要回答的问题
took | took {s} s | 用时 {s} 秒
score | Score | 成绩
"""
_WORDS = _SPACES | {
    key: (en, zh)
    for key, en, zh in (line.split(" | ") for line in _TABLE.splitlines() if line and not line.startswith("#"))
}


def say(key: str, lang: str, **values: object) -> str:
    """The words of `key` with `values` filled in."""
    return _WORDS[key][lang == "zh"].format(**values)


def source_words(source: str, lang: str) -> str:
    """The sources of a step; RFCs and manual pages are called the same everywhere, the course is not."""
    return re.sub(r"course, lecture (\d+)", r"课程第 \1 讲", source).replace("; ", "；") if lang == "zh" else source


def language(given: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """ "en" or "zh": as given, or as the locale says (LC_ALL, LC_MESSAGES, LANG: locale(7))."""
    if given:
        return given
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "zh" if environment[name].lower().startswith("zh") else "en"
    return "en"
