"""What one is going to do, and on which day."""

from __future__ import annotations

import re
from collections.abc import Iterator

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory import words
from framework_plugin.memory.changes import FactChange, Operation, Period
from framework_plugin.memory.dates import DATE, days_of
from framework_plugin.memory.numerals import NUMBER
from framework_plugin.memory.patterns.grammar import END, PARTICLES
from framework_plugin.memory.patterns.pattern import BARE, TOLD, Heard, Pattern

_I = (
    "(?:我们?|俺们?|咱们?)"
    "(?![的妈爸哥姐弟妹爷奶外舅姨姑叔婶儿女老男爱对室舍闺邻猫狗家公班学单领])"
)
_WILL = "(?:打算|准备|计划|决定|约好|报名|想|必须|得|要|会|就|将|还|都|也|正好|刚好)*"
_TIME = (
    "(?P<time>(?:大?早上?|早晨|清早|上午|中午|下午|傍晚|晚上?|夜里|凌晨)?"
    rf"(?:(?:{NUMBER})点(?:半|一刻|[0-9零一二三四五十]{{1,3}}分?)?钟?|[0-9]{{1,2}}:[0-9]{{2}})?)"
)
_INTENDS = re.compile("打算|准备|计划|决定|约好|报名")
_MEANS_TO = re.compile("打算|准备|计划|决定|约好|报名|想|必须|得|要|会")
_HAVING = re.compile("(?:又有|还有|有)一?[个场次]?|")
_FEELING = re.compile(
    "(?:好|太|很|超级?|真|有点|挺|特别|非常)(?:紧张|期待|开心|烦|累|激动|害怕|慌|焦虑|忐忑)(?:啊|呀|哦)?$"
)
# `很重要的面试` is one, and `毕业了还没工作` is about a graduation.
_OF_WHAT_KIND = re.compile("(?:[很挺超最]|特别|非常|十分)[^,的]{1,4}的(?=..)")
_BESIDES = re.compile("了(?:还|但|却|也没|都没|没).*$")
_DONE = re.compile("(?:过|完)?了[啊呀啦呢哦嘛]*$")
_HALF_DAY = re.compile("(?<=早|晚)(?!上|晨)")
_TRAILING = re.compile(f"{PARTICLES}$")

# What one person says of their own days, where nothing else says whose they are.
_DOINGS = re.compile(
    "(?:去|回|飞|考|交(?!通)|带|坐|参加|见|陪|跑步|看|学|开会|开家长会|开始|开学|出差|出发|出国|出院"
    "|住院|入职|离职|面试|考试|答辩|体检|复[查诊试]|[做动]?手术|拔|补牙|约|休息|休假|请假|放假|不上班|不去"
    "|上[班课学]|期[中末]考|[月模]考|考[研公]|笔试|路考|科目[一二三四]|加班|值班|监考|比赛|演出|结婚|订婚|领证|求婚|相亲|搬[家到去]|毕业|返[校工岗]|高考|中考"
    "|聚[餐会]|同学聚会|团建|彩排|表演|爬山|露营|旅[游行]|早起|补课|培训|实习|过户|装修|接|赶[集飞火高]"
    "|打疫苗|打针|检查|体测|军训|提车|签合同|交房|扫墓|生孩子|还款|拍|跟|和|家长会|做(?!梦|主)|给[孩妈爸爷奶女儿老]|有[课事]?[考面会课])"
)
_NOT_A_DOING = re.compile(
    "^(?:用|到|收|下单|买|退|换|发|寄|付|取消|再|才|知道|说|这|那|一?[杯盒份]|的|给(?![孩妈爸爷奶女儿老])|送|能|可以|是|没|还没"
    "|不(?!上班|去)|多|喝|吃|睡|好|下雨|下雪|降温|瘦|又|死|疯|晕|完|火|涨|变|星期|周|看看|见$|打折|营业|活动)"
    "|你|您|快递|发货|订单|退款|到货|下单|天气|什么|怎么|干嘛|干啥|降价|涨价|打折|促销"
)
_LONGEST = 20


def _plan(form: str) -> Pattern:
    return Pattern(FactKind.PLAN, re.compile(form), bare=True, tells=_intended)


def _intended(heard: Heard) -> Iterator[FactChange]:
    period = _period(heard)
    doing = None if _is_done(heard) else _doing(heard)
    if period is not None and doing is not None:
        sure = TOLD if heard.match.group("self") else BARE
        yield FactChange.telling(FactKind.PLAN, doing, sure, period=period)


def _period(heard: Heard) -> Period | None:
    """When; None for days that are over, and where today is not known."""
    if heard.moment is None:
        return None
    days = days_of(heard.match, heard.moment.today)
    if days is None or days.last < heard.moment.today:
        return None
    return days.period(heard.moment.zone)


def _is_done(heard: Heard) -> bool:
    """Whether it was today and is over: `今天面试过了`, `今天去看电影了`."""
    will = "".join(heard[group] for group in ("will", "then", "will_later"))
    today = heard["d_named"] == "今"
    return today and not _MEANS_TO.search(will) and bool(_DONE.search(heard["v"]))


def _doing(heard: Heard) -> str | None:
    """What is to be done, if one can mean to do it; a time of day stays in front."""
    norm = heard.clause.norm
    start, end = heard.match.span("v")
    having = _HAVING.match(norm, start, end)
    if having and end - having.end() > 1:
        start = having.end()
    kind = _OF_WHAT_KIND.match(norm, start, end)
    start = kind.end() if kind else start
    for sign in (_FEELING, _BESIDES, _TRAILING):
        found = sign.search(norm[start:end])
        end = start + found.start() if found else end
    doing = norm[start:end]
    will = "".join(heard[group] for group in ("will", "then", "will_later"))
    named = heard.match["self"] or heard.match["self_later"]
    open_ended = _INTENDS.search(will) or (named and _MEANS_TO.search(will))
    if len(doing) < 2 or _NOT_A_DOING.search(doing):
        return None
    if not open_ended and not _DOINGS.match(doing):
        return None
    value = words.presentable(heard.clause.original(start, end))
    time = _HALF_DAY.sub("上", heard.spelled("time") or "", count=1)
    if value is None or len(time) + len(value) > _LONGEST:
        return None
    return time + value


def _called_off(heard: Heard) -> Iterator[FactChange]:
    if _DOINGS.match(heard["v"]):
        value = heard.spelled("v")
        if value:
            yield FactChange(Operation.END, FactKind.PLAN, value)


PLANS = (
    _plan(
        rf"(?P<self>{_I})?(?P<will>{_WILL})在?{DATE}(?:的时候|的)?{_TIME}(?:左右|之前|以前|前)?"
        rf"(?P<then>{_WILL})(?P<self_later>{_I})?(?P<will_later>{_WILL})(?P<v>[^,]{{2,24}})$"
    ),
    Pattern(
        FactKind.PLAN,
        re.compile(
            rf"(?P<self>我的?)?(?P<v>[^,]{{2,10}}?)(?:已经|又)?(?:取消|泡汤|黄|推掉)了{END}"
        ),
        bare=True,
        tells=_called_off,
    ),
    Pattern(
        FactKind.PLAN,
        re.compile(rf"(?P<self>我)(?:决定|又)?(?=不去)不(?P<v>去[^,]{{2,10}}?)了{END}"),
        tells=_called_off,
    ),
)
