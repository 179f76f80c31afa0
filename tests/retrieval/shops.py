"""A FAQ about many goods, and users who say everything in words of their own."""

from __future__ import annotations

from itertools import product

from framework_plugin.retrieval import Passage
from framework_plugin.retrieval.labelled import Pair

GOODS = (
    *("围巾", "手套", "雨伞", "台灯", "书包", "相机", "键盘", "音箱"),
    *("闹钟", "水壶", "毛巾", "拖鞋", "枕头", "风扇", "镜子", "剪刀"),
)
# What the FAQ says, and what users say, who share no word with it.
MATTERS = {
    "怎么清洗": "咋个弄干净",
    "什么材质": "拿啥做成",
    "保修多久": "质保时间",
    "哪里生产": "产地呢",
}


def entries() -> list[Passage]:
    """One for each matter of each of the goods."""
    return [
        Passage(f"{thing} {asks}", "faq", "商品", "", "见说明书。", (f"{thing}{asks}",))
        for thing, asks in product(GOODS, MATTERS)
    ]


def pairs() -> list[Pair]:
    """Each question of a user with its own entry, and with one it must not have."""
    found = []
    for thing, (asks, said) in product(GOODS, MATTERS.items()):
        other = next(one for one in MATTERS if one != asks)
        found.append(Pair(f"{thing}{said}", f"{thing}{asks}", True))
        found.append(Pair(f"{thing}{said}", f"{thing}{other}", False))
    return found
