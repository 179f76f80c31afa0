"""A graph in an order worked out once gives what Rasa's runner gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage

from framework_plugin.components.serving.direct_runner import DirectRunner


class Joined(GraphComponent):
    """Writes down in which order it was given what."""

    @classmethod
    def create(cls, config: dict[str, Any], *_: Any, **__: Any) -> Joined:
        joined = cls()
        joined.mark = config["mark"]
        return joined

    def join(self, **parts: str) -> str:
        given = ",".join(f"{name}={part}" for name, part in sorted(parts.items()))
        return f"{self.mark}({given})"


def node(mark: str, *, target: bool = False, **needs: str) -> SchemaNode:
    config = {"mark": mark}
    return SchemaNode(needs, Joined, "create", "join", config, True, target)


SCHEMA = GraphSchema(
    {
        # Written in the wrong order on purpose.
        "end": node("end", left="left", right="right", target=True),
        "right": node("right", first="first"),
        "left": node("left", first="first", said="__message__"),
        "first": node("first", said="__message__"),
        "aside": node("aside", said="__missing__"),
    }
)


@pytest.fixture
def runner(tmp_path: Path) -> DaskGraphRunner:
    storage = LocalModelStorage.create(tmp_path)
    return DaskGraphRunner.create(SCHEMA, storage, ExecutionContext(SCHEMA))


@pytest.mark.parametrize("targets", [None, ["end"], ["left", "right"], ["first"]])
def test_the_results_are_those_of_rasa(runner, targets) -> None:
    inputs = {"__message__": "你好"}
    expected = runner.run(inputs, targets)
    direct = DirectRunner(runner)
    assert direct.run(inputs, targets) == expected
    assert direct.run({"__message__": "再见"}, targets) != expected


def test_what_nobody_gives_is_told(runner) -> None:
    with pytest.raises(GraphRunError, match="__missing__"):
        DirectRunner(runner).run({"__message__": "你好"}, ["aside"])


def test_an_input_does_not_hide_a_node(runner) -> None:
    with pytest.raises(GraphRunError, match="first"):
        DirectRunner(runner).run({"first": "你好"}, ["end"])
