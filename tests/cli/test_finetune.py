"""`rasa train --finetune`, as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.small_generator import DIALOGUES, OPTIONS

pytestmark = pytest.mark.slow

RASA = str(Path(sys.executable).with_name("rasa"))
POLICY = "framework_plugin.components.response_policy.LSTMResponsePolicy"
EPOCHS = 20
MORE = """
U: 你喜欢下雨吗 | 下雨好不好
B: 下雨真好，听听雨声。
"""
DOMAIN = """
version: "3.1"
intents: [greet, goodbye]
slots:
  generated_reply:
    type: text
    influence_conversation: false
    mappings: [{type: custom}]
responses:
  utter_greet: [{text: 你好呀。}]
  utter_generated: [{text: "{generated_reply}"}]
  utter_service_down: [{text: "抱歉"}]
actions: [action_retrieve_answer]
"""
NLU = """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - 你好
    - 早上好
- intent: goodbye
  examples: |
    - 再见
    - 回头见
"""
RULES = """
version: "3.1"
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
"""


def configuration() -> dict[str, Any]:
    return {
        "recipe": "default.v1",
        "language": "zh",
        "assistant_id": "small",
        "pipeline": [
            {"name": "framework_plugin.components.tokenizer.ChineseTokenizer"},
            {"name": "KeywordIntentClassifier"},
        ],
        "policies": [
            {"name": "RulePolicy", "enable_fallback_prediction": False},
            {
                "name": POLICY,
                **OPTIONS,
                "epochs": EPOCHS,
                "corpus": "dialogues.txt",
                "development_corpus": "dialogues.txt",
                "unanswerable": "no.txt",
            },
        ],
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a small generator, trained once."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "data").mkdir()
    for name, content in {
        "config.yml": yaml.safe_dump(configuration(), allow_unicode=True),
        "domain.yml": DOMAIN,
        "data/nlu.yml": NLU,
        "data/rules.yml": RULES,
        "dialogues.txt": DIALOGUES,
        "no.txt": "asdfgh\n法国首都\n怎么退货\n",
    }.items():
        (folder / name).write_text(content, encoding="utf-8")
    done = rasa_train(folder, "--fixed-model-name", "first")
    assert done.returncode == 0, done.stderr
    return folder


def rasa_train(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RASA, "train", *options],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=400,
    )


def generator_in(model: Path, name: str) -> bytes:
    with tarfile.open(model) as archive:
        (member,) = (
            m
            for m in archive.getnames()
            if "LSTMResponsePolicy" in m and m.endswith(f"/{name}")
        )
        file = archive.extractfile(member)
        assert file is not None
        return file.read()


def test_a_model_is_trained_further_and_the_old_one_stays(shop: Path) -> None:
    old, new = (shop / "models" / f"{name}.tar.gz" for name in ("first", "second"))
    before = old.read_bytes()
    (shop / "dialogues.txt").write_text(DIALOGUES + MORE, encoding="utf-8")
    done = rasa_train(
        shop,
        *("--finetune", str(old), "--epoch-fraction", "0.25"),
        *("--fixed-model-name", "second"),
    )
    assert done.returncode == 0, done.stderr
    assert old.read_bytes() == before

    first, second = (json.loads(generator_in(m, "metrics.json")) for m in (old, new))
    assert len(first["epochs"]) == EPOCHS
    assert len(second["epochs"]) == EPOCHS // 4
    assert "base" in second
    assert "base" not in first
    # It does not begin anew: the first of its epochs is better than the base's first.
    assert (
        second["epochs"][0]["development_loss"]
        < 0.5 * first["epochs"][0]["development_loss"]
    )
    words = [generator_in(model, "vocabulary.txt") for model in (old, new)]
    assert words[0] == words[1]
    learned = generator_in(new, "experience.jsonl").decode()
    assert "下雨真好，听听雨声。" in learned
    weights = [generator_in(model, "weights.npz") for model in (old, new)]
    assert weights[0] != weights[1]


def test_what_else_changes_is_refused_in_one_message(shop: Path) -> None:
    config = configuration()
    config["policies"][1]["decoder_units"] = 64
    (shop / "other.yml").write_text(
        yaml.safe_dump(config, allow_unicode=True), encoding="utf-8"
    )
    old = str(shop / "models" / "first.tar.gz")
    done = rasa_train(shop, "--config", "other.yml", "--finetune", old)
    assert done.returncode != 0
    assert "Cannot finetune" in done.stdout + done.stderr
