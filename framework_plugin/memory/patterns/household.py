"""The family one has, and the animals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory import words
from framework_plugin.memory.changes import FactChange, Operation
from framework_plugin.memory.likeness import (
    ALONE,
    DIVORCED,
    MARRIED,
    UNMARRIED,
    with_name,
)
from framework_plugin.memory.patterns.grammar import END, LATIN
from framework_plugin.memory.patterns.pattern import TOLD, Heard, Pattern
from framework_plugin.memory.words import HAN

_CHILD = "女儿|闺女|儿子|孩子|小孩|娃娃?|宝宝|双胞胎|千金|丫头|崽崽?"
_SIBLING = "哥哥|姐姐|弟弟|妹妹|哥|姐|弟|妹"
_PARTNER = (
    "老公|老婆|媳妇儿|媳妇|丈夫|妻子|爱人|对象|男朋友|女朋友|男友|女友|未婚妻|未婚夫"
)
_ELDER = "爸爸|妈妈|父亲|母亲|爷爷|奶奶|外公|外婆|姥姥|姥爷|爸|妈"
_KIN = f"(?:{_CHILD}|{_SIBLING}|{_PARTNER}|孙子|孙女|外孙女?)"
_ALL_KIN = f"(?:{_CHILD}|{_SIBLING}|{_PARTNER}|{_ELDER}|孙子|孙女|外孙女?)"
_COUNT = "(?P<n>[两二三四五六][个位对]|俩|仨|一对|一?[个位])?"
_KIND_OF = "(?:双胞胎|亲|龙凤胎)?"
_SUCH = "(?:小|大|(?!朋友|同[学事]|邻居|亲戚|网友)[^,你他她]{1,6}的)?"
_GOES_ON = f"(?:{END}|(?=[在比上读]|今年|已经|刚|也|都|叫|,))"

_HOME = "(?P<self>我们?家里?的?|俺们?家里?|我|俺|本人|家里?)?"
_NOW = "(?:现在|目前|也|还|都|就|已经?|刚|最近|新|又|上个?月|去年|前年|今年)*"
_CALLED = "的?(?:(?:大名|小名|名字|取名|名)+(?:叫做?|是叫?)|叫做?|是叫|改名叫|改叫)"
NAME_OF = (
    rf"(?P<name>[{HAN}·]{{1,4}}?|{LATIN})"
    rf"(?:{END}|(?=我|[大小]?(?:{_CHILD}|{_SIBLING})叫))"
)
_NAME_INSIDE = (
    rf"(?:,?(?:大名|小名|名字|取名|名)*叫做?(?P<name>[{HAN}]{{1,4}}?|{LATIN}))?"
)
_LUCKY = re.compile("来[福财喜宝]")
_NOT_ITS_NAME = re.compile(
    "[回去来吃让得着过]|^(?:个|只|什么|谁|啥|一|声|唤|它|他|她|早|快)"
)

_ANIMAL = (
    "(?:流浪|小|大|老|橘|黑|白|花|三花|奶牛|狸花|布偶|英短|美短|蓝|田园)*"
    "(?:猫咪|猫猫|猫|狗狗|狗子|狗|犬|兔子|兔|仓鼠|乌龟|龟|鹦鹉|金鱼|鱼|鸟|龙猫|荷兰猪|豚鼠"
    "|刺猬|蜥蜴|蛇|貂|鸡|鸭子?|鹅|羊|马|喵|汪)"
    "|布偶|英短|美短|暹罗|缅因|加菲|橘座|金毛|柯基|泰迪|哈士奇|二哈|边牧|柴犬|博美|比熊|拉布拉多"
    "|萨摩耶?|阿拉斯加|法斗|雪纳瑞|吉娃娃|贵宾|德牧|毛孩子"
)
_HOW_MANY = "(?P<n>(?:[一两二三四五六七八九十几]|好几)?[只条头个匹]|俩只?|仨)?"
_ONE_OF = re.compile("一?[个位只条头匹]")


def _kin(form: str, of_kin: bool = False) -> Pattern:
    return Pattern(
        FactKind.FAMILY, re.compile(form), bare=False, of_kin=of_kin, tells=_relative
    )


def _relative(heard: Heard) -> Iterator[FactChange]:
    return _member(FactKind.FAMILY, heard)


def _animal(heard: Heard) -> Iterator[FactChange]:
    return _member(FactKind.PET, heard)


def _member(kind: FactKind, heard: Heard) -> Iterator[FactChange]:
    """Who or what belongs to the user, by number or by name."""
    groups = heard.match.groupdict()
    who, name = heard["who"], None
    if groups.get("name"):
        name = heard.spelled("name")
        if name is None or not is_given_name(heard["name"]):
            return
    count = groups.get("n") or ""
    if name is not None:
        value = with_name(who, name)
    elif _ONE_OF.fullmatch(count) or count.startswith(("几", "好几")):
        value = who
    else:
        value = f"{count}{who}"
    yield FactChange.telling(kind, value, TOLD)


def is_given_name(value: str) -> bool:
    """Whether a word may be the name of a child, a partner or a pet."""
    if _LUCKY.fullmatch(value):
        return True
    return words.is_name(value) and not _NOT_ITS_NAME.search(value)


def _each(kind: FactKind, form: str) -> Pattern:
    """A pattern of several at once: `一猫一狗`."""

    def tells(heard: Heard) -> Iterator[FactChange]:
        for group in ("one", "other"):
            value = heard[group]
            if value:
                yield FactChange.telling(kind, value, TOLD)

    return Pattern(kind, re.compile(form), tells=tells)


def _marriage(form: str, value: str, bare: bool = False) -> Pattern:
    def tells(heard: Heard) -> Iterator[FactChange]:
        yield FactChange.telling(FactKind.FAMILY, value, TOLD)

    return Pattern(FactKind.FAMILY, re.compile(form), bare=bare, tells=tells)


def _renamed(heard: Heard) -> Iterator[FactChange]:
    yield FactChange(Operation.END, FactKind.FAMILY, heard["who"])
    yield from _relative(heard)


def _gone(heard: Heard) -> Iterator[FactChange]:
    yield FactChange(Operation.END, FactKind.PET, heard["who"])


_LATELY = "已经|昨天|前[几两]?天|上个?[周月]|这个月|前阵子|前不久|刚刚?|去年|今年"
_YEARS_LONG = "(?:[0-9一二两三四五六七八九十几半]+[年个]月?多?)?"

HOUSEHOLD = (
    # Marriage.
    _marriage(
        rf"{_HOME}{_NOW}(?:已婚|结婚|成家|领证|结了婚|嫁人)了?{_YEARS_LONG}了(?:{END}|(?=[也还]?有))",
        MARRIED,
    ),
    _marriage(
        rf"{_HOME}{_NOW}(?:是)?已婚(?:已育|未育|人士|的)?{END}", MARRIED, bare=True
    ),
    _marriage(rf"{_HOME}{_NOW}(?:刚结了?|结的)婚{END}", MARRIED),
    _marriage(rf"{_HOME}{_NOW}(?:离婚|离异|离了婚)了?{_YEARS_LONG}{END}", DIVORCED),
    _marriage(rf"{_HOME}{_NOW}(?:没有?结婚|未婚|没成家)[呢了]?{END}", UNMARRIED),
    _marriage(rf"{_HOME}{_NOW}(?:是)?(?:单身)(?:狗|汉|一人)?{_YEARS_LONG}{END}", ALONE),
    # Who there is.
    _each(
        FactKind.FAMILY,
        rf"{_HOME}{_NOW}有了?(?P<one>{_KIN})[、和]?(?P<other>{_KIN}){END}",
    ),
    _kin(rf"{_HOME}{_NOW}有了?(?P<n>)(?P<who>一[儿子]一女){END}"),
    _kin(
        rf"{_HOME}{_NOW}(?:有|生)了?{_COUNT}{_SUCH}(?P<who>{_KIND_OF}{_KIN}){_NAME_INSIDE}{_GOES_ON}"
    ),
    _kin(
        rf"(?P<self>[我俺]家)(?P<n>[两二三四五六]个|俩|仨)(?P<who>{_CHILD})(?![叫的])"
    ),
    _kin(
        "(?P<self>我|俺)?(?:已经|也|就)*是(?P<n>[两二三四五六]个|俩|仨|一?个)(?P<who>孩子|娃|女儿|儿子)"
        rf"的(?:妈|爸|母亲|父亲|爹|娘)[妈爸]?了?{END}"
    ),
    Pattern(
        FactKind.FAMILY,
        re.compile(rf"(?P<self>我|俺)家?的?(?P<who>{_CHILD})(?:改名叫?|改叫){NAME_OF}"),
        tells=_renamed,
    ),
    _kin(
        rf"(?P<self>(?:我|俺)们?家?的?)?(?P<who>{_ALL_KIN}){_CALLED}{NAME_OF}",
        of_kin=True,
    ),
    # Animals.
    Pattern(
        FactKind.PET,
        re.compile(rf"{_HOME}{_NOW}不(?:再)?养(?P<who>{_ANIMAL})了{END}"),
        tells=_gone,
    ),
    Pattern(
        FactKind.PET,
        re.compile(
            rf"(?P<self>(?:我|俺)们?家?的?)(?P<who>{_ANIMAL})(?:{_LATELY})?(?:送人|去世|走丢|死|没|去喵星|去汪星)了?{END}"
        ),
        tells=_gone,
    ),
    _each(
        FactKind.PET,
        rf"{_HOME}{_NOW}(?:养了?|有)(?:一只?(?=.+一))?(?P<one>(?:俩|两只)?(?:{_ANIMAL}))[、和]?(?:一[只条]?|两[只条])"
        rf"(?P<other>{_ANIMAL}){END}",
    ),
    Pattern(
        FactKind.PET,
        re.compile(
            rf"{_HOME}{_NOW}(?:养了?|养着|有|领养了|捡了|收养了|买了|带回了?){_HOW_MANY}"
            rf"(?P<who>{_ANIMAL}){_NAME_INSIDE}(?:{END}|(?=[会已才今很特超,十九八七六五四三两]))"
        ),
        bare=True,
        of_kin=True,
        tells=_animal,
    ),
    Pattern(
        FactKind.PET,
        re.compile(
            rf"{_HOME}{_NOW}(?:养了?|养着|有){_HOW_MANY}叫(?P<name>[{HAN}]{{1,4}})的"
            rf"(?P<who>{_ANIMAL}){END}"
        ),
        bare=True,
        tells=_animal,
    ),
    Pattern(
        FactKind.PET,
        re.compile(
            rf"(?P<self>(?:我|俺)们?家?的?)?(?P<who>{_ANIMAL}){_CALLED}{NAME_OF}"
        ),
        of_kin=True,
        tells=_animal,
    ),
)

NAMED_AFTERWARDS = re.compile(
    "(?:我)?(?:给)?(?:她|他|它)?(?:的)?(?:大名|小名|名字|取名字?|起名字?|名)*(?:叫做?|是|就叫)"
    rf"(?:做)?{NAME_OF}"
)
"""The name that follows in the next clause: `我养了条柯基，叫短腿`."""

MEMBERS = (
    (
        FactKind.PET,
        re.compile(f"我家?(?:的|那只)?(?P<who>{_ANIMAL})(?:的事情?|的名字|的)?$"),
    ),
    (
        FactKind.FAMILY,
        re.compile(f"我家?的?(?P<who>{_ALL_KIN})(?:的事情?|的名字|的)?$"),
    ),
)
"""How a request to forget names somebody of the household."""
