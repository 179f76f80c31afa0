from pathlib import Path

import pytest

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.dates import begins, ends
from framework_plugin.retrieval.readers import read_document
from tests.retrieval.making import write

MANUAL = """\
---
title: 售后手册
url: https://tea.example/after
生效: 2025-11-01
valid_until: 2025-11-11
audience: [会员]
---
# 售后

开头的一段，
在源文件里断了行。**粗体**和`代码`，[这里](https://tea.example/form)，[相对](a.md)。

## 退货

### 时限

七天内。<br>节假日顺延 &amp; 不扣。

1. 打开订单
2. 点退货

## 价格

| 商品 | 重量 | 价格 |
|---|---|---|
| 龙井 | 100克 | **268元** |
| 白牡丹 | | 158元 |

```
{name} {{ x }}
<b>不是标签</b>
```

<div>页面里的<script>alert(1)</script>文字</div>

## 常见问题

| 问题 | 答案 |
|---|---|
| 运费谁出 | 我们 |
| 没有答案 | |
"""


def test_a_manual_becomes_passages_with_sections(tmp_path: Path) -> None:
    pytest.importorskip("lxml")
    reading = read_document(write(tmp_path / "manual.md", MANUAL))
    assert (reading.kind, reading.title) == ("markdown", "售后手册")
    assert reading.url == "https://tea.example/after"
    assert reading.valid_from == begins("2025-11-01")
    assert reading.valid_until == ends("2025-11-11")
    assert reading.audience == ("会员",)
    assert [(piece.section, piece.text) for piece in reading.pieces] == [
        (
            "",
            "开头的一段，在源文件里断了行。粗体和代码，"
            "这里（https://tea.example/form），相对。",
        ),
        ("退货 › 时限", "七天内。\n节假日顺延 & 不扣。\n1. 打开订单\n2. 点退货"),
        (
            "价格",
            "商品：龙井；重量：100克；价格：268元\n商品：白牡丹；价格：158元\n"
            "{name} {{ x }}\n<b>不是标签</b>\n页面里的文字",
        ),
        ("常见问题", "我们"),
    ]
    assert reading.pieces[-1].questions == ("运费谁出",)
    assert reading.problems == (
        "manual.md, row 3 of a table: there is no answer; fill it in, or remove the "
        "row.",
    )


def test_without_any_front_or_heading_the_file_names_it(tmp_path: Path) -> None:
    reading = read_document(write(tmp_path / "运费.md", "满99元包邮。", "gb18030"))
    assert reading.title == "运费"
    assert reading.pieces[0].text == "满99元包邮。"


def test_two_rules_are_no_front(tmp_path: Path) -> None:
    reading = read_document(write(tmp_path / "a.md", "---\n文字\n---\n\n下文\n"))
    assert (reading.title, reading.pieces[0].text) == ("文字", "下文")


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("title: [", "no valid YAML"),
        ("url: 'javascript:alert(1)'", "no address of the web"),
        ("valid_until: 明天", "no day or time"),
        ("valid_from: 2025-11-02\nvalid_until: 2025-11-01", "before it begins"),
    ],
)
def test_an_impossible_front_is_named(front: str, reason: str, tmp_path: Path) -> None:
    file = write(tmp_path / "a.md", f"---\n{front}\n---\n文字。\n")
    with pytest.raises(DocumentError, match=reason):
        read_document(file)
