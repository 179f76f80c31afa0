"""What the columns of a table of questions are called, in Chinese and English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_NAMES = """
question: 问题 问 标准问 标准问题 标准问法 主问题 提问 题目
question: question q query standard_question
similar: 相似问 相似问题 相似问法 相似说法 扩展问 扩展问法 同义问 同义问法 其他问法 问法
similar: similar similar_question similar_questions variants paraphrases alternatives
answer: 答案 答 回答 回复 答复 标准答案 解答 内容 answer a reply response text
keywords: 关键词 关键字 标签 keyword keywords tags
title: 标题 来源 出处 文档 title source
section: 分类 类别 类目 目录 章节 栏目 section category
url: 链接 网址 链接地址 url link
valid_from: 生效 生效日期 生效时间 开始日期 开始时间 有效期起
valid_from: valid_from start_date effective_from
valid_until: 失效 失效日期 失效时间 结束日期 结束时间 截止日期 有效期至 有效期止
valid_until: valid_until valid_to end_date expires
audience: 人群 适用人群 适用对象 受众 对象 会员等级 audience group groups
key: 编号 id key faq_id entry_id
"""
_LINES = [line.split(": ") for line in _NAMES.strip().splitlines()]
_FIELDS = {name: field for field, names in _LINES for name in names.split()}
_NOTE = re.compile(r"[(（\[【].*?[)）\]】]|[*＊:：]")
_NUMBER = re.compile(r"_?\d+$")

EXPECTED = "问题 (question) and 答案 (answer)"
"""The columns that no table can do without, in words for messages."""

_FIRST = {field: names.split()[0] for field, names in reversed(_LINES)}
KNOWN = "、".join(_FIRST[field] for field in dict.fromkeys(_FIELDS.values()))
"""The first name of each column, in words for messages."""


def field_named(name: object) -> str | None:
    """What a column is: `question`, `similar`, `answer`, …; None for none of these.

    Capitals, width, stars, notes in brackets and numbers behind (`相似问2`) do not
    count.
    """
    plain = unicodedata.normalize("NFKC", str(name or "")).strip().lower()
    plain = re.sub(r"[\s\-_]+", "_", _NOTE.sub("", plain).strip())
    return _FIELDS.get(plain) or _FIELDS.get(_NUMBER.sub("", plain))


def fields_of_head(cells: Sequence[object]) -> list[str | None] | None:
    """What each column of a head is; None if the cells are no head of questions."""
    fields = [field_named(cell) for cell in cells]
    return fields if {"question", "answer"} <= set(fields) else None
