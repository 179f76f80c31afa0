"""Small files in the forms of public corpora."""

import csv
import json
from pathlib import Path
from typing import Any

from framework_plugin.corpus.formats import (
    DialogueRecord,
    cped,
)

LCCC = [["今 天 吃 啥", "吃 面 ， 加 3 1 个 蛋", "好"], ["在 吗", "不 在"]]
KDCONV = [
    {
        "name": "晚潮",
        "messages": [
            {"message": "听过《晚潮》吗？"},
            {
                "message": "听过，是阿沅唱的。",
                "attrs": [
                    {"name": "晚潮（歌曲）", "attrname": "歌手", "attrvalue": "阿沅"},
                    {"name": "晚潮（歌曲）", "attrname": "年份", "attrvalue": "2011"},
                ],
            },
        ],
    }
]
CROSSWOZ = {
    "17": {
        "goal": [],
        "messages": [
            {"role": "usr", "content": "找家面馆", "dialog_act": []},
            {
                "role": "sys",
                "content": "去老街面馆吧。",
                "dialog_act": [
                    ["Inform", "餐馆", "名称", "老街面馆"],
                    ["General", "bye", "none", "none"],
                ],
            },
            {"role": "usr", "content": "电话呢", "dialog_act": []},
        ],
    }
}


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding)
    return path


def write_json(path: Path, value: Any) -> Path:
    return write(path, json.dumps(value, ensure_ascii=False, indent=1))


def write_cped(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    """Rows of scene, speaker and utterance; 阿青 is known, others are not."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Emotion", *cped.COLUMNS])
        for scene, speaker, text in rows:
            traits = ["female", "young"] if speaker == "阿青" else ["unknown"] * 2
            writer.writerow(
                ["neutral", "01", scene, speaker, *traits, *["low"] * 5, text]
            )
    return path


def write_personachat(folder: Path, lines: list[tuple[str, str, str]]) -> Path:
    for index, part in enumerate(("src", "tgt", "per")):
        text = "".join(line[index] + "\n" for line in lines)
        write(folder / f"{part}-train.txt", text)
    return folder / "src-train.txt"


def said(record: DialogueRecord) -> list[tuple[str, str]]:
    return [(turn.speaker.value, turn.text) for turn in record.turns]
