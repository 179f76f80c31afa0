from __future__ import annotations

from actions.answers import ActionRetrieveAnswer
from actions.memory import NOTHING_TO_FORGET, ActionForgetMemory, ActionRecallMemory
from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.changes import FactChange
from tests.actions.talking import Conversation


def remember(talk: Conversation, kind: FactKind, value: str) -> None:
    talk.resources.memory.learn(talk.sender, [FactChange.telling(kind, value)], 1.0)


def test_stored_facts_are_recalled(talk: Conversation) -> None:
    remember(talk, FactKind.NAME, "欧阳翀")
    remember(talk, FactKind.LIKE, "攀岩")

    assert talk.say("你记得我什么").answer(ActionRecallMemory) == (
        "你叫欧阳翀，喜欢攀岩。"
    )
    assert talk.say("我叫什么").answer(ActionRecallMemory) == "你叫欧阳翀。"


def test_what_this_session_told_counts_before_it_is_saved(talk: Conversation) -> None:
    remember(talk, FactKind.NAME, "小雨")
    talk.say("我改名叫阿南了").say("我喜欢攀岩").say("别记我喜欢攀岩了")

    assert talk.say("你记得我什么").answer(ActionRecallMemory) == "你叫阿南。"


def test_one_user_never_hears_of_another(talk: Conversation) -> None:
    remember(talk, FactKind.NAME, "小雨")
    talk.sender = "bob"

    assert "小雨" not in talk.say("我叫什么").answer(ActionRecallMemory)


def test_messages_before_the_session_do_not_count_again(talk: Conversation) -> None:
    talk.events.insert(
        0, {"event": "user", "text": "我叫旧名", "timestamp": 1.0, "parse_data": {}}
    )

    assert "旧名" not in talk.say("我叫什么").answer(ActionRecallMemory)


def test_what_is_forgotten_is_named(talk: Conversation) -> None:
    remember(talk, FactKind.NAME, "小雨")
    remember(talk, FactKind.LIKE, "咖啡")
    remember(talk, FactKind.LIKE, "攀岩")

    answer = talk.say("忘掉我喜欢咖啡").answer(ActionForgetMemory)

    assert answer == "好，这些我忘掉了：你喜欢咖啡。"


def test_everything_can_be_forgotten(talk: Conversation) -> None:
    remember(talk, FactKind.NAME, "小雨")
    remember(talk, FactKind.DISLIKE, "香菜")

    answer = talk.say("忘掉关于我的一切").answer(ActionForgetMemory)

    assert answer.startswith("好，这些我忘掉了")
    assert "小雨" in answer
    assert "香菜" in answer


def test_nothing_is_called_forgotten_that_was_not_known(talk: Conversation) -> None:
    remember(talk, FactKind.NAME, "小雨")

    answer = talk.say("忘掉我喜欢咖啡").answer(ActionForgetMemory)

    assert "忘掉了" not in answer
    assert "这一样我没有记着" in answer
    assert "你叫小雨" in answer


def test_an_unclear_request_to_forget_is_asked_about(talk: Conversation) -> None:
    remember(talk, FactKind.CITY, "成都")

    answer = talk.say("你忘了吧").answer(ActionForgetMemory)

    assert "要忘掉哪一样" in answer


def test_an_empty_memory_has_nothing_to_forget(talk: Conversation) -> None:
    answer = talk.say("忘掉我的名字").answer(ActionForgetMemory)

    assert answer in NOTHING_TO_FORGET


def test_conversations_are_not_claimed_to_be_deleted(talk: Conversation) -> None:
    remember(talk, FactKind.CITY, "成都")

    answer = talk.say("把我的聊天记录删掉").answer(ActionForgetMemory)

    assert "联系人工" in answer
    assert "忘掉了" not in answer


def test_a_missing_database_is_owned_up_to(without_database: Conversation) -> None:
    assert "打不开" in without_database.say("我叫什么").answer(ActionRecallMemory)
    answer = without_database.say("忘掉我的名字").answer(ActionForgetMemory)
    assert "还忘不掉" in answer


def test_what_is_not_kept_is_not_made_up(talk: Conversation) -> None:
    remember(talk, FactKind.NAME, "小雨")

    answer = talk.say("我属什么").answer(ActionRecallMemory)

    assert answer == "我记着的是这些：你叫小雨。"


def test_who_wants_to_be_forgotten_is(talk: Conversation) -> None:
    remember(talk, FactKind.NAME, "小雨")

    answer = talk.say("忘了我吧").answer(ActionForgetMemory)

    assert answer == "好，这些我忘掉了：你叫小雨。"


def test_another_name_is_asked_about_and_taken_on_a_yes(talk: Conversation) -> None:
    remember(talk, FactKind.NAME, "欧阳翀")

    (question,) = talk.say("我叫苏木").run(ActionRetrieveAnswer)

    assert question["text"] == "我记得你叫欧阳翀，是改叫苏木了吗？"
    agree = question["buttons"][0]["payload"]
    assert talk.say("我叫什么").answer(ActionRecallMemory) == "你叫欧阳翀。"
    talk.say("我叫苏木").run(ActionRetrieveAnswer)
    answer = talk.say(agree).answer(ActionRetrieveAnswer)
    assert answer == "好，我记下了：你叫苏木（以前是欧阳翀）。"
    assert talk.say("我叫什么").answer(ActionRecallMemory) == "你叫苏木。"


def test_a_no_leaves_the_name(talk: Conversation) -> None:
    remember(talk, FactKind.NAME, "欧阳翀")
    (question,) = talk.say("我叫苏木").run(ActionRetrieveAnswer)

    answer = talk.say(question["buttons"][1]["payload"]).answer(ActionRetrieveAnswer)

    assert answer == "好，那还是欧阳翀，我不改。"
    assert talk.say("我叫什么").answer(ActionRecallMemory) == "你叫欧阳翀。"


def test_a_move_is_taken_and_says_what_it_replaces(talk: Conversation) -> None:
    remember(talk, FactKind.CITY, "成都")

    answer = talk.say("我搬到深圳了").answer(ActionRetrieveAnswer)

    assert answer == "好，我记下了：你住在深圳（以前是成都）。"


def test_what_ends_is_not_called_forgotten(talk: Conversation) -> None:
    remember(talk, FactKind.LIKE, "咖啡")

    answer = talk.say("我不喜欢咖啡了").answer(ActionRetrieveAnswer)

    assert answer == "记下了，这些已经是过去的事：你喜欢咖啡。"


def test_the_name_of_a_child_known_before_is_no_loss(talk: Conversation) -> None:
    remember(talk, FactKind.FAMILY, "女儿")

    answer = talk.say("我女儿叫朵朵").answer(ActionRetrieveAnswer)

    assert answer == "好，我记下了：你女儿叫朵朵。"


def test_what_was_true_before_is_told_as_past(talk: Conversation) -> None:
    remember(talk, FactKind.CITY, "成都")
    remember(talk, FactKind.CITY, "昆山")

    assert talk.say("我以前住哪").answer(ActionRecallMemory) == "你以前住在成都。"
    assert "没跟我说过" in talk.say("我以前是做什么的").answer(ActionRecallMemory)


def test_a_note_is_confirmed_and_found_again(talk: Conversation) -> None:
    answer = talk.say("帮我记一下，我的车停在B2").answer(ActionRetrieveAnswer)

    assert answer == "好，帮你记下了：我的车停在B2。"
    told = talk.say("我的车停在哪").answer(ActionRecallMemory)
    assert told == "你让我记着：我的车停在B2。"
    talk.say("帮我记一下 钥匙在鞋柜第二层").run(ActionRetrieveAnswer)
    told = talk.say("钥匙在哪").answer(ActionRecallMemory)
    assert told == "你让我记着：钥匙在鞋柜第二层。"


def test_a_yes_to_nothing_is_no_matter_of_the_memory(talk: Conversation) -> None:
    remember(talk, FactKind.NAME, "欧阳翀")

    (message,) = talk.say("好的").run(ActionRetrieveAnswer)

    assert message.get("source") != {"kind": "memory"}


def test_a_lost_memory_asks_no_question(without_database: Conversation) -> None:
    answer = without_database.say("是的").answer(ActionRetrieveAnswer)

    assert "打不开" not in answer
