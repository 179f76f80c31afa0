from __future__ import annotations

from pathlib import Path

import pytest

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.errors import SettingsError
from framework_plugin.handover.settings import (
    HandoverSettings,
    read_settings,
    settings_beside,
)

BUNDLED = Path(__file__).parents[2] / "handover.yml"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "handover.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_the_file_there_is_no_queue(tmp_path: Path) -> None:
    assert settings_beside(tmp_path / "endpoints.yml") is None


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    written(tmp_path, "")
    assert settings_beside(tmp_path / "endpoints.yml") == HandoverSettings()


def test_the_bundled_file_is_understood() -> None:
    settings = read_settings(BUNDLED)
    assert settings.idle_seconds == 1_800.0
    assert settings.hours.week == (((540, 1_260),),) * 7


def test_everything_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_SECRET", "0123456789abcdef")
    path = written(
        tmp_path,
        "idle_minutes: 2.5\nfacts: [name]\nentities: []\n"
        "webhook: {url: 'https://a.example/h', secret: '${DESK_SECRET}'}\n",
    )
    settings = read_settings(path)
    assert settings.idle_seconds == 150.0
    assert settings.facts == (FactKind.NAME,)
    assert settings.entities == ()
    assert settings.webhook is not None
    assert settings.webhook.secret == "0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hour: {}", "Unknown key 'hour'. Valid keys: hours"),
        ("- hours", "Expected keys"),
        ("hours: [", "cannot be read"),
        ("idle_minutes: 0", "1 to 1440"),
        ("idle_minutes: true", "1 to 1440"),
        ("facts: [shoe_size]", "'shoe_size'. Valid kinds: name"),
        ("facts: name", "list of names"),
        ("entities: [1]", "list of names"),
        ("webhook: {url: 'https://a.example', secret: '${UNSET_1}'}", "is missing"),
    ],
)
def test_what_makes_no_sense_names_the_file(
    tmp_path: Path, text: str, message: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError, match=message) as raised:
        read_settings(path)
    assert str(path) in str(raised.value)
