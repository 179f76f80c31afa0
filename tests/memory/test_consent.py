"""What counts as agreeing, refusing, and asking not to keep something."""

import time

import pytest

from framework_plugin.memory.consent import Consent, consent_told
from framework_plugin.memory.unsaying import Unsaid, asks_to_unsay, blanked


@pytest.mark.parametrize(
    "text",
    [
        "同意",
        "我同意。",
        "好的，可以记",
        "好",
        "嗯嗯",
        "行吧",
        "可以",
        "没问题",
        "OK",
        "你记吧",
    ],
)
def test_a_yes_right_after_the_question_agrees(text):
    assert consent_told(text, asked=True) is Consent.GIVEN


@pytest.mark.parametrize(
    "text",
    ["不同意", "我不同意！", "不要", "不用了，谢谢", "算了", "先不", "别记", "不行"],
)
def test_a_no_right_after_the_question_refuses(text):
    assert consent_told(text, asked=True) is Consent.REFUSED


@pytest.mark.parametrize(
    "text",
    [
        "我同意你记住",
        "同意你们保存我的信息",
        "可以记住我",
        "允许你记录我的信息",
        "可以记",
    ],
)
def test_whoever_names_the_matter_agrees_at_any_time(text):
    assert consent_told(text, asked=False) is Consent.GIVEN


@pytest.mark.parametrize(
    "text",
    [
        "撤回同意",
        "我要撤回同意",
        "撤回我之前的同意",
        "取消授权",
        "我不同意你记住",
        "不允许你记录我说的话",
        "我拒绝你们收集我的信息",
        "撤销对你的授权",
    ],
)
def test_whoever_names_the_matter_refuses_at_any_time(text):
    assert consent_told(text, asked=False) is Consent.REFUSED


@pytest.mark.parametrize(
    "text",
    [
        "我不同意他的看法",
        "同意你的看法",
        "你同意吗",
        "怎么撤回同意",
        "取消订单",
        "好的我要查订单",
        "可以记住我吗",
        "如果我不同意呢",
        "我叫小鱼",
        "",
        "/affirm",
    ],
)
@pytest.mark.parametrize("asked", [True, False])
def test_other_matters_say_nothing_about_it(text, asked):
    assert consent_told(text, asked=asked) is None


@pytest.mark.parametrize("text", ["好的", "同意", "不同意", "不用了", "嗯"])
def test_a_plain_yes_or_no_says_nothing_where_nobody_asked(text):
    assert consent_told(text, asked=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "这个别记",
        "不要记住这个",
        "这件事你别记了",
        "别记了",
        "能不能不要记住这个",
        "刚才说的别记",
        "忘掉我刚才说的话",
        "把刚才那句删了吧",
        "上一句忘了吧",
        "上一句不要记",
        "好的，这个你就别记了",
        "这个你能不能别记",
        "刚刚那件事你不要记下来",
        "刚才我说的话别存，我叫小鱼",
    ],
)
def test_the_message_before_is_meant(text):
    assert asks_to_unsay(text) is Unsaid.BEFORE


@pytest.mark.parametrize(
    "text",
    [
        "我叫欧阳翀，这个别记",
        "我叫欧阳翀这个别记",
        "不要记住这个，我住在成都",
        "我手机是13812345678，不要保存这个号码",
        "我喜欢熬夜。这句你就别记了哈",
        "我離婚了，這個不要記",
    ],
)
def test_the_message_itself_is_meant(text):
    assert asks_to_unsay(text) is Unsaid.THIS


@pytest.mark.parametrize(
    "text",
    [
        "这个别记错了",
        "别记我喜欢咖啡了",
        "别忘了这个",
        "你记不记得这个",
        "忘掉我的名字",
        "这个不用记吗",
        "记住这个",
        "不要紧",
        "我记不住这个",
        "这个留着",
        "",
    ],
)
def test_other_requests_take_nothing_out(text):
    assert asks_to_unsay(text) is None


@pytest.mark.parametrize(
    "word", ["好", "嗯", "不", "可以", "当然可以", "那", "请", "能不能"]
)
def test_no_repetition_takes_long(word):
    started = time.perf_counter()
    for text in (word * 40, f"{word * 20}x", f"{word * (39 // len(word))}x"):
        consent_told(text, asked=True)
        asks_to_unsay(text)
    assert time.perf_counter() - started < 1


def test_a_blanked_event_keeps_what_happened_but_no_words():
    user = {
        "event": "user",
        "timestamp": 1.5,
        "text": "我叫小鱼",
        "message_id": "7",
        "input_channel": "rest",
        "parse_data": {
            "intent": {"name": "introduce", "confidence": 1.0},
            "entities": [{"entity": "name", "value": "小鱼"}],
            "text": "我叫小鱼",
        },
        "metadata": {"typed": "我叫小鱼"},
    }
    new = blanked(user, "我叫小鱼")
    assert "小鱼" not in str(new)
    assert new["parse_data"]["intent"]["name"] == "introduce"
    assert (new["timestamp"], new["message_id"]) == (1.5, "7")
    kept = {"event": "slot", "name": "requested_slot", "value": "city"}
    assert blanked(kept, "我叫小鱼") == kept
    for value in ("小鱼", ["x", "小鱼"], {"who": "小鱼"}):
        slot = {"event": "slot", "name": "who", "value": value}
        assert blanked(slot, "我叫小鱼")["value"] is None
