"""What the page is told of stored events."""

from __future__ import annotations

from typing import Any

from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered

from framework_plugin.components.channels.web_messages import (
    shown_messages,
    shown_reply,
)

GENERATED = {
    "source": "generator",
    "confidence": 0.79123,
    "origin": "searched",
    "tokens": ["在", "{city}", "喝茶"],
    "probabilities": [0.5, 0.91, 0.2],
    "attended": ["<user>", "{city}"],
    "copied": [{"token": 2, "from": "喝茶", "share": 0.8}],
    "milliseconds": 161.2,
}


def stored(*events: Any) -> list[tuple[int, dict[str, Any]]]:
    return [(number, one.as_dict()) for number, one in enumerate(events, start=1)]


def test_a_generated_reply_tells_its_words_its_confidence_and_the_memory_it_used():
    spoke = ActionExecuted("utter_generated", "policy_1", 0.6, metadata=GENERATED)
    user = UserUttered("你好", {"name": "chitchat", "confidence": 0.98765})
    reply = BotUttered("在成都喝茶", metadata={"utter_action": "utter_generated"})
    _, shown = shown_messages(stored(user, spoke, reply))
    why = shown["why"]
    assert why["kind"] == "generated"
    assert why["confidence"] == 0.791
    assert why["memory"] == ["city"]
    assert why["intent"] == {"name": "chitchat", "confidence": 0.988}
    assert why["words"][1] == {"text": "{city}", "sure": 0.91, "looked_at": "{city}"}
    # A word for which no attention was kept has none.
    assert why["words"][2]["looked_at"] is None
    assert why["copied"] == [{"token": 2, "from": "喝茶"}]


def test_an_answer_from_documents_tells_where_it_stands():
    source = {
        "kind": "document",
        "entry": "manual#3",
        "title": "员工手册",
        "section": "年假",
        "url": "https://hr.example/leave",
        "score": 0.87,
        "unheard_of": {"private": True},
    }
    said = BotUttered("十天", metadata={"source": source})
    ran = ActionExecuted("action_retrieve_answer", "RulePolicy", 1.0)
    _, shown = shown_messages(stored(UserUttered("年假几天"), ran, said))
    why = shown["why"]
    assert (why["title"], why["section"]) == ("员工手册", "年假")
    assert why["entry"] == "manual#3"
    assert "unheard_of" not in why


def test_the_reason_of_one_turn_is_not_that_of_the_next():
    spoke = ActionExecuted("utter_generated", metadata=GENERATED)
    events = stored(
        *(UserUttered("一"), spoke, BotUttered("二")),
        *(UserUttered("三"), BotUttered("四")),
    )
    kinds = [one["why"]["kind"] for one in shown_messages(events) if "why" in one]
    assert kinds == ["generated", "written"]


def test_events_of_other_programs_do_no_harm():
    odd = [
        (1, {"event": "user", "text": None}),
        (2, {"event": "bot"}),
        (3, {"event": "bot", "text": "好", "metadata": {"source": "generator"}}),
        (4, {"event": "action", "name": "x", "metadata": {"source": "generator"}}),
        (5, {"event": "bot", "text": "啊", "data": {"buttons": ["x", {"title": 7}]}}),
    ]
    assert [one["text"] for one in shown_messages(odd)] == ["好", "啊"]


def test_nothing_to_show_is_no_reply():
    assert shown_reply({"text": " ", "custom": {"x": 1}}) is None
    assert shown_reply({"image": "https://shop.example/a.png"}) == {
        "from": "bot",
        "image": "https://shop.example/a.png",
    }
