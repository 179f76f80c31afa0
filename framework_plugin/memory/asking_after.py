"""Whether a plan is one to ask about when its time has come, and in which words.

A judgement over what is known, not over how it was said: of what everybody does every
day nobody wants to be asked, and of some things nobody should be.
"""

from __future__ import annotations

import re

from framework_plugin.memory.numerals import NUMBER
from framework_plugin.text.normalise import normalise, normalise_with_offsets

_EVENT = re.compile(
    "面试|笔试|复试|初试|考试|考研|考公|高考|中考|期末考|期中考|答辩|比赛|决赛|演出|演讲|汇报"
    "|述职|开题|搬家|出差|体检|手术|复查|拔牙|开学|入职|报到|结婚|订婚|婚礼|毕业|旅行|旅游|露营"
    "|相亲|聚会|同学会|马拉松|考驾照|路考|科目[一二三四]|实习|装修|开业|签约"
)
_BEFORE_EVENT, _BEHIND_EVENT = 8, 2
"""So many characters may stand before an event and behind it, as in `去北京面试`."""

_HEAD = re.compile(
    "(?:要|才|都|刚好|正好|早上|早晨|清早|上午|中午|下午|傍晚|晚上|夜里|凌晨|有?(?:一|两)?[个场次](?!人)"
    rf"|(?:{NUMBER})点(?:半|一刻|[0-9零一二三四五十]{{1,3}}分?)?钟?|[0-9]{{1,2}}:[0-9]{{2}})*"
)
_TAIL = re.compile(
    "(?:[了啦呢啊呀吧哦嘛的]|好紧张|好期待|有点紧张|很紧张|好激动|一下|来着)+$"
)
_NOT_OWN = re.compile(
    "^(?:不|没|别|未|(?:男|女)?朋友|同事|同学(?!会|聚)|老板|领导|客户|老师|室友|闺蜜|公司|学校|单位|家里|孩子"
    "|[爸妈爷奶哥弟姐妹姨叔舅姑外]|女儿|儿子|老公|老婆|对象|邻居|好多|很多|见|他|她|它|有人|大家)"
    "|[我你您他她它]"
)
# What everybody does every day, and what is done in the shop itself.
_DAILY = re.compile(
    "^(?:去|再)?(?:上班|上课|上学|起床|睡觉|睡|吃饭|吃|喝|出门|下班|放学|回家$|洗澡|洗|休息|休假|请假|加班|值班"
    "|早(?!教)|忙|开始忙|出去$|做.*梦|走|看看|看(?![电演展球病牙房])|说|聊|问|来|到|好好|努力|多|少|买|下单|退|换|订|付|试试|收|发货|寄|取|拿"
    "|去(?:公司|单位|学校|超市|上|吃|睡)|开会|下雨|下雪|降温|放假|干活|干|工作|学习|减|是|有|在家|被|把)"
)
_GRAVE = re.compile(
    "死|药|遗书|烧炭|天台|楼顶|不想活|结束生命|一了百了|刀|自杀|自残|跳楼|割腕|轻生|离婚|分手|葬|追悼|奔丧|出殡|流产|打胎|堕胎|化疗|官司|开庭|坐牢|"
    "判|报仇|杀|打人|揍|辞退|裁员|祭|扫墓"
)
# `去办`, `去看看`, `去那买`: weeks later nobody knows what was meant.
_VAGUE = re.compile(r"^去(?:[一的那这次]|.$|(.)(?:一?\1)+$)")
_GREAT = re.compile(
    "^(?:去|考|养|辞职|离职|跳槽|创业|减肥|健身|戒|买房|买车|跑半|跑全|跑马|开店|读研|读博|留学|出国|回老家"
    "|转行|搬到|学(?!习)|写(?:本|小说|书)|开始(?:跑|健|学|锻|减)|换工作|求婚|表白)"
)
_UNDECIDED = re.compile(
    "应该|可以|不错|千万|的时候|还是|总是|一直|从来|完不成|不了|与否"
)


def words_to_ask(value: str, *, dated: bool) -> str | None:
    """The words for a plan that may be asked about, fit to follow `要`.

    Without a day only what takes its time is worth asking about weeks later.

    Args:
        value: What is planned, in the user's words: `上午十点去面试`.
        dated: Whether its day is known.

    Returns:
        Such as `去面试`; None for a plan that one would not be asked about.
    """
    view = normalise_with_offsets(value)
    start, end = core(view.text)
    what = view.text[start:end]
    if len(what) < 2 or any(
        sign.search(what) for sign in (_NOT_OWN, _UNDECIDED, _VAGUE, _GRAVE)
    ):
        return None
    worth_it = not _DAILY.match(what) if dated else is_great(what)
    if not (worth_it or _names_event(what)):
        return None
    return value[view.offsets[start] : view.offsets[end - 1] + 1]


def is_grave(text: str) -> bool:
    """Whether a message is of what nobody should be asked about later."""
    return bool(_GRAVE.search(normalise(text)))


def is_event(what: str) -> bool:
    """Whether words name what comes about at some time, whoever plans it: `高考`."""
    return _names_event(what) and not _NOT_OWN.search(what)


def is_great(what: str) -> bool:
    """Whether words name what takes weeks, where somebody means to do it."""
    return bool(_GREAT.match(what))


def core(norm: str) -> tuple[int, int]:
    """Where the planned thing itself stands in normalised words.

    Without the hour and what is said of it: `毕业了还没工作` is `毕业`, and
    `很重要的面试` is `面试`, for `要` is followed by no other words.
    """
    head = _HEAD.match(norm)
    start = head.end() if head else 0
    end = start + len(norm[start:].split("了")[0])
    tail = _TAIL.search(norm, start, end)
    end = tail.start() if tail else end
    event = _EVENT.search(norm, start, end)
    if event and "的" in norm[start : event.start()]:
        start = event.start()
    return start, end


def _names_event(what: str) -> bool:
    event = _EVENT.search(what)
    if event is None:
        return False
    behind = len(what) - event.end()
    return event.start() <= _BEFORE_EVENT and behind <= _BEHIND_EVENT
