"""What commands that measure or change a trained generator say where there is none."""

from __future__ import annotations

import pytest

CONFIG = """
policies:
- name: framework_plugin.components.response_policy.LSTMResponsePolicy
  development_corpus: dev
  unanswerable: unanswerable.txt
"""
COMMANDS = pytest.mark.parametrize("command", ["compress", "evaluate"])


@COMMANDS
def test_outside_a_project_the_message_says_where_to_go(
    command, tmp_path, monkeypatch, run_here
) -> None:
    monkeypatch.chdir(tmp_path)
    code, printed = run_here(command)
    assert code == 1
    assert "config.yml" in printed


@COMMANDS
def test_without_a_model_the_way_to_one_is_told(
    command, small_project, run_here
) -> None:
    (small_project / "config.yml").write_text(CONFIG, encoding="utf-8")
    code, printed = run_here(command)
    assert code == 1
    assert "personal-chat train" in printed
