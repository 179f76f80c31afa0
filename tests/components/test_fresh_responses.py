from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from framework_plugin.components.fresh_responses import FreshResponses

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
slots:
  city: {type: text, influence_conversation: false, mappings: [{type: custom}]}
responses:
  utter_greet: [{text: 甲}, {text: 乙}, {text: 丙}]
  utter_city: [{text: "在{city}吗", buttons: [{title: 是, payload: 是}]}]
  utter_here:
  - text: 只在网页
    channel: web
"""
)


def tracker() -> DialogueStateTracker:
    made = DialogueStateTracker("u", DOMAIN.slots)
    made.update(UserUttered("你好", timestamp=100.0))
    return made


async def say(nlg: FreshResponses, made: DialogueStateTracker, name: str) -> str:
    response = await nlg.generate(name, made, "cli", domain_responses={})
    made.update(BotUttered(response["text"]))
    return str(response["text"])


async def test_every_wording_is_used_before_one_comes_again() -> None:
    nlg, made = FreshResponses(domain=DOMAIN), tracker()
    said = [await say(nlg, made, "utter_greet") for _ in range(9)]
    for start in range(0, 9, 3):
        assert set(said[start : start + 3]) == {"甲", "乙", "丙"}
    assert said[:3] == said[3:6]


async def test_slots_are_filled_in_and_the_domain_stays_as_it_is() -> None:
    nlg, made = FreshResponses(domain=DOMAIN), tracker()
    for city in ("成都", "杭州"):
        made.update(SlotSet("city", city))
        assert await say(nlg, made, "utter_city") == f"在{city}吗"
    assert DOMAIN.responses["utter_city"][0]["text"] == "在{city}吗"


async def test_a_response_for_another_channel_is_not_said() -> None:
    nlg = FreshResponses(domain=DOMAIN)
    assert await nlg.generate("utter_here", tracker(), "cli") is None
    assert await nlg.generate("utter_nowhere", tracker(), "cli") is None


def test_rasa_makes_it_by_its_module_path() -> None:
    config = EndpointConfig(
        type="framework_plugin.components.fresh_responses.FreshResponses"
    )
    assert isinstance(NaturalLanguageGenerator.create(config, DOMAIN), FreshResponses)
