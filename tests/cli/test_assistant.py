"""The assistant of a chat, loaded from the trained model."""

import pytest
from rasa.core.utils import AvailableEndpoints
from rasa.utils.tensorflow.models import RasaModel

from framework_plugin.cli.assistant import load_agent
from framework_plugin.cli.project import chosen_model
from tests.cli.conftest import ROOT

pytestmark = pytest.mark.slow


async def test_no_message_of_a_chat_waits_for_tensorflow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    model = chosen_model(None)
    assert model is not None, "`make test` trains one"

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("It compiles for seconds, and then runs, each time.")

    agent = await load_agent(model, AvailableEndpoints())
    monkeypatch.setattr(RasaModel, "run_inference", refuse)
    parsed = await agent.parse_message("运费多少")
    assert parsed["intent"]["name"] == "ask_faq"
