import asyncio
from pathlib import Path
from typing import Any

import pytest
from rasa.core.nlg.interpolator import interpolate_text
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import InvalidConfigException

from framework_plugin.components.memory_tracker import MemoryTracker
from framework_plugin.components.response_policy import LSTMResponsePolicy
from framework_plugin.corpus.dialogue import Dialogue
from framework_plugin.corpus.user_context import Fact, FactKind, UserContext
from framework_plugin.generation.serving.copying import Copied
from framework_plugin.generation.serving.reply import Reply
from tests.small_generator import DIALOGUES, OPTIONS, UNANSWERABLE

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [chitchat]
slots:
  generated_reply:
    type: text
    influence_conversation: false
    mappings: [{type: custom}]
responses:
  utter_generated: [{text: "{generated_reply}"}]
  utter_service_down: [{text: "抱歉"}]
actions: [action_retrieve_answer]
"""
)
SHOP = DOMAIN.merge(
    Domain.from_yaml(
        """
version: "3.1"
actions: [action_answer_besides, action_recall_memory, action_forget_memory]
"""
    )
)
CONTEXT = ExecutionContext(GraphSchema({}), "model")
RESOURCE = Resource("policy")


def storage_in(folder: Path) -> LocalModelStorage:
    (folder / "storage").mkdir()
    return LocalModelStorage.create(folder / "storage")


def config(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    (tmp_path / "corpus.txt").write_text(DIALOGUES, encoding="utf-8")
    (tmp_path / "no.txt").write_text("\n".join(UNANSWERABLE), encoding="utf-8")
    return {
        **LSTMResponsePolicy.get_default_config(),
        **OPTIONS,
        "time_budget_ms": 60_000.0,
        "wanted_precision": 0.98,
        "corpus": str(tmp_path / "corpus.txt"),
        "development_corpus": str(tmp_path / "corpus.txt"),
        "unanswerable": str(tmp_path / "no.txt"),
        "cache_directory": str(tmp_path / "cache"),
        **changes,
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, LocalModelStorage]:
    folder = tmp_path_factory.mktemp("policy")
    storage = storage_in(folder)
    settings = config(folder)
    LSTMResponsePolicy.create(settings, storage, RESOURCE, CONTEXT).train(DOMAIN)
    return settings, storage


@pytest.fixture(scope="module")
def policy(trained: tuple[dict, LocalModelStorage]) -> LSTMResponsePolicy:
    settings, storage = trained
    return LSTMResponsePolicy.load(settings, storage, RESOURCE, CONTEXT)


def tracker(*events: Event, user: UserContext | None = None) -> DialogueStateTracker:
    opened = [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        ActionExecuted("action_listen"),
    ]
    kind = DialogueStateTracker if user is None else MemoryTracker
    made = kind("u", DOMAIN.slots)
    if user is not None:
        made.user_context = user
    for event in [*opened, *events]:
        made.update(event)
    return made


def predicted(
    policy: LSTMResponsePolicy, made: DialogueStateTracker, domain: Domain = DOMAIN
) -> Any:
    prediction = policy.predict_action_probabilities(made, domain)
    best = max(prediction.probabilities)
    action = domain.action_names_or_texts[prediction.probabilities.index(best)]
    return prediction, action, best


pytestmark = pytest.mark.slow


def test_a_sure_reply_is_put_into_the_slot_and_explained(policy: Any) -> None:
    made = tracker(UserUttered("我叫欧阳翀"))
    prediction, action, confidence = predicted(policy, made)

    assert action == "utter_generated"
    assert 0.3 < confidence < 1.0
    slot = prediction.optional_events[0]
    assert isinstance(slot, SlotSet)
    assert slot.value == "欧阳翀，很高兴认识你。"
    assert prediction.action_metadata["source"] == "generator"
    assert prediction.action_metadata["tokens"][0] == "{name}"


class Copying:
    """Says a town that it copied from the user's profile."""

    reads_memory = True

    def reply(self, dialogue: Dialogue, user: UserContext) -> Reply:
        source = ("<user>", "我", "住", "哪儿", "<fact>", "city", "杭州")
        copied = (None, None, Copied("profile", 6, 0.93217))
        return Reply(
            *("你住杭州", 0.9, True, ("你", "住", "杭州"), (0.9, 0.8, 0.7, 1.0)),
            *("searched", source),
            copied=copied,
        )


def test_the_event_says_which_words_were_copied(tmp_path: Path) -> None:
    generator: Any = Copying()
    storage = storage_in(tmp_path)
    made = LSTMResponsePolicy(config(tmp_path), storage, RESOURCE, CONTEXT, generator)
    prediction, _, _ = predicted(made, tracker(UserUttered("我住哪儿")))
    assert prediction.action_metadata["copied"] == [
        {"token": 2, "from": "profile", "share": 0.9322}
    ]


def test_what_is_unsure_is_left_to_retrieval(policy: Any) -> None:
    _, action, confidence = predicted(policy, tracker(UserUttered("qwer 股票 zxcv")))
    assert action == "action_retrieve_answer"
    assert 0.3 < confidence < 1.0


def test_the_memory_on_the_tracker_is_used(policy: Any) -> None:
    known = UserContext("u", (Fact(FactKind.NAME, "阿南"),))
    prediction, _, _ = predicted(policy, tracker(UserUttered("早安"), user=known))
    assert prediction.optional_events[0].value == "早，阿南！"


def test_where_only_the_memory_can_speak_it_is_left_to_it(policy: Any) -> None:
    known = UserContext("u", (Fact(FactKind.NAME, "阿南"),))
    made = tracker(UserUttered("我叫苏木"), user=known)
    assert predicted(policy, made)[1] == "action_retrieve_answer"
    asked = UserContext("u", known.facts, asked=Fact(FactKind.NAME, "苏木"))
    made = tracker(UserUttered("是的"), user=asked)
    assert predicted(policy, made)[1] == "action_retrieve_answer"


@pytest.mark.parametrize("action", ["utter_generated", "utter_service_down"])
def test_after_speaking_it_listens(policy: Any, action: str) -> None:
    made = tracker(UserUttered("你好"), ActionExecuted(action), BotUttered("好"))
    assert predicted(policy, made)[1] == "action_listen"


@pytest.mark.parametrize(
    ("said", "action"),
    [
        ("我家狗叫啥", "action_recall_memory"),
        ("我多大", "action_recall_memory"),
        ("我以前住哪", "action_recall_memory"),
        ("我什么时候说过要出差", "action_recall_memory"),
        ("钥匙在哪", "action_recall_memory"),
        ("把关于我的都删了", "action_forget_memory"),
    ],
)
def test_what_only_the_memory_knows_is_asked_of_it(
    policy: Any, said: str, action: str
) -> None:
    noted = UserContext("u", (Fact(FactKind.NOTE, "钥匙在鞋柜第二层"),))
    made = tracker(UserUttered(said), user=noted)
    assert predicted(policy, made, SHOP)[1] == action
    assert predicted(policy, made)[1] != action


@pytest.mark.parametrize(
    ("said", "follows"),
    [
        ("我叫小雅 想问下运费", "action_answer_besides"),
        ("我98年的，有没有优惠", "action_answer_besides"),
        ("运费多少", "action_listen"),
        ("我叫小雅，住成都", "action_listen"),
    ],
)
def test_what_is_asked_beside_is_answered_after_the_reply(
    policy: Any, said: str, follows: str
) -> None:
    made = tracker(
        UserUttered(said), ActionExecuted("utter_generated"), BotUttered("好")
    )
    assert predicted(policy, made, SHOP)[1] == follows
    assert predicted(policy, made)[1] == "action_listen"
    if follows != "action_listen":
        made.update(ActionExecuted(follows))
        assert predicted(policy, made, SHOP)[1] == "action_listen"


def test_after_retrieval_that_spoke_it_listens(policy: Any) -> None:
    made = tracker(
        UserUttered("你好"), ActionExecuted("action_retrieve_answer"), BotUttered("好")
    )
    assert predicted(policy, made)[1] == "action_listen"


def test_after_an_action_that_could_not_speak_it_says_so(policy: Any) -> None:
    made = tracker(UserUttered("你好"), ActionExecuted("action_retrieve_answer"))
    assert predicted(policy, made)[1] == "utter_service_down"
    made.update(ActionExecuted("utter_service_down"))
    assert predicted(policy, made)[1] == "action_listen"


def test_in_a_form_it_keeps_out(policy: Any) -> None:
    made = tracker(ActiveLoop("order_form"), UserUttered("下雨了"))
    assert max(policy.predict_action_probabilities(made, DOMAIN).probabilities) == 0


def test_one_message_is_searched_once(policy: Any) -> None:
    made = tracker(UserUttered("下雨了"))
    first, _, _ = predicted(policy, made)
    again, _, _ = predicted(policy, made)
    assert (
        first.action_metadata["milliseconds"] == again.action_metadata["milliseconds"]
    )


def test_no_reply_can_break_rasas_interpolation(policy: Any) -> None:
    known = UserContext("u", (Fact(FactKind.NAME, "0[x"),))
    prediction, _, _ = predicted(policy, tracker(UserUttered("早安"), user=known))
    text = prediction.optional_events[0].value
    filled = interpolate_text("{generated_reply}", {"generated_reply": text})
    assert "0" in filled
    assert "{generated_reply}" not in filled


def test_unchanged_data_are_not_trained_again_and_changed_ones_are(
    trained: tuple[dict, LocalModelStorage], tmp_path: Path
) -> None:
    settings, _ = trained
    storage = storage_in(tmp_path)
    cache = Path(settings["cache_directory"])
    before = {p: p.stat().st_mtime_ns for p in cache.rglob("*")}
    LSTMResponsePolicy.create(settings, storage, RESOURCE, CONTEXT).train(DOMAIN)
    assert {p: p.stat().st_mtime_ns for p in cache.rglob("*")} == before

    same = LSTMResponsePolicy.fingerprint_addon(dict(settings))
    other = LSTMResponsePolicy.fingerprint_addon({**settings, "dropout": 0.5})
    assert same == LSTMResponsePolicy.fingerprint_addon(dict(settings)) != other


def test_an_edited_corpus_changes_the_fingerprint(tmp_path: Path) -> None:
    settings = config(tmp_path)
    before = LSTMResponsePolicy.fingerprint_addon(settings)
    (tmp_path / "corpus.txt").write_text("U: 新\nB: 旧\n", encoding="utf-8")
    assert LSTMResponsePolicy.fingerprint_addon(settings) != before


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("cells", "lstm", "Unknown setting 'cells'"),
        ("strategy", "best", "'greedy', 'beam', 'top_k', 'top_p'"),
        ("beam_width", 0, "at least 1"),
        ("epochs", "many", "must be of type int"),
        ("dropout", True, "must be of type float"),
    ],
)
def test_impossible_options_are_named_with_the_valid_choices(
    tmp_path: Path, option: str, value: object, says: str
) -> None:
    storage = storage_in(tmp_path)
    wrong = config(tmp_path, **{option: value})
    with pytest.raises(InvalidConfigException, match=says):
        LSTMResponsePolicy.create(wrong, storage, RESOURCE, CONTEXT)


@pytest.mark.parametrize("content", [None, "", "no dialogue\n"])
def test_a_corpus_that_cannot_be_used_is_named(
    tmp_path: Path, content: str | None
) -> None:
    settings = config(tmp_path)
    if content is None:
        (tmp_path / "corpus.txt").unlink()
    else:
        (tmp_path / "corpus.txt").write_text(content, encoding="utf-8")
    storage = storage_in(tmp_path)
    policy = LSTMResponsePolicy.create(settings, storage, RESOURCE, CONTEXT)
    with pytest.raises(InvalidConfigException, match=r"corpus\.txt"):
        policy.train(DOMAIN)


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    storage = storage_in(tmp_path)
    with storage.write_to(RESOURCE) as path:
        (path / "settings.json").write_text("{", encoding="utf-8")
    with pytest.raises(InvalidConfigException, match="Train again"):
        LSTMResponsePolicy.load(config(tmp_path), storage, RESOURCE, CONTEXT)


def test_users_served_at_once_get_their_own_names(policy: Any) -> None:
    async def ask(name: str) -> str:
        known = UserContext(name, (Fact(FactKind.NAME, name),))
        prediction, _, _ = predicted(policy, tracker(UserUttered("早安"), user=known))
        return prediction.optional_events[0].value

    async def all_of_them() -> list[str]:
        return list(await asyncio.gather(*map(ask, ["阿南", "小北", "老东"])))

    assert asyncio.run(all_of_them()) == ["早，阿南！", "早，小北！", "早，老东！"]
