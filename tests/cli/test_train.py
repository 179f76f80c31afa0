from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SMALL = """
recipe: default.v1
language: zh
assistant_id: small
pipeline:
- name: framework_plugin.components.tokenizer.ChineseTokenizer
- name: CountVectorsFeaturizer
- name: KeywordIntentClassifier
policies:
- name: RulePolicy
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project that trains in a moment."""
    files = {
        "config.yml": SMALL,
        "domain/greet.yml": (
            'version: "3.1"\n'
            "intents: [greet, goodbye]\n"
            "responses: {utter_greet: [{text: 你好呀。}]}\n"
        ),
        "nlu_data/greet.yml": (
            'version: "3.1"\nnlu:\n'
            "- intent: greet\n  examples: |\n    - 你好\n    - 早上好\n"
            "- intent: goodbye\n  examples: |\n    - 再见\n    - 回头见\n"
        ),
        "stories/greet.yml": (
            'version: "3.1"\nrules:\n- rule: greet\n'
            "  steps: [{intent: greet}, {action: utter_greet}]\n"
        ),
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


def test_a_model_is_trained_and_the_time_it_took_is_told(shop, run_command) -> None:
    result = run_command("train", cwd=shop)
    assert result.returncode == 0, result.stderr
    assert len(list((shop / "models").glob("*.tar.gz"))) == 1
    assert "Trained in 0 min" in result.stderr
    assert "Warning" not in result.stderr


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("ChineseTokenizer", "ChineseTokeniser", "ChineseTokeniser"),
        ("ChineseTokenizer", "ChineseTokenizer\n  modus: x", "modus"),
        ("pipeline:", "pipeline: [", "YAML"),
        ("- name: CountVectorsFeaturizer", "", "require a Featurizer"),
    ],
    ids=["a class", "a setting", "the form", "a part that is needed"],
)
def test_what_is_wrong_in_the_configuration_is_one_message(
    old, new, named, shop, run_command
) -> None:
    config = SMALL.replace("KeywordIntentClassifier", "DIETClassifier")
    (shop / "config.yml").write_text(config.replace(old, new), encoding="utf-8")
    result = run_command("train", cwd=shop)
    assert result.returncode == 1
    assert named in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(shop.glob("models/*.tar.gz"))
