"""How people say things about themselves in Chinese: the patterns of statements.

Every pattern is matched at the beginning of a clause, after its fillers, so that
somebody else's facts (`我朋友叫…`, `他说我叫…`) never fit. The group `v` is the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory import words
from framework_plugin.memory.changes import Operation
from framework_plugin.memory.words import HAN

FILLERS = re.compile(
    r"(?:你好|您好|嗨|哈[喽啰]|hi\b|hello\b|hey\b|大家好|早上好|晚上好|嗯+|哦+|噢|啊|呃|额"
    r"|对了|不对|不是(?=我.)|没错|好的|好吧|其实|那个|那(?=我)|话说|顺便说[一下句]*"
    r"|偷?偷?告诉你(?=我)|我?告诉你|(?:你?要?记得|别忘了|不要忘了)(?=我)|我?跟你说|请?你?记[住下一好]+|小满(?=我)|你?[记搞]?错了|还有(?=我)|另外|首先|毕竟"
    r"|(?:自我)?介绍一下|今天|说实话|老实说|没有(?=我)|哈+|诶|哎|唉|虽然|可(?=我)|补充一下"
    r"| )*"
)
PARTICLES = (
    "(?:什么的|之类的|等等|这件事|这回事|这事|好[几多]年|十?几年|多年|很久"
    "|[呢啊呀哦噢吧啦嘛哈喔哟了的咯喽哒滴]| )*"
)

_SELF = "(?P<self>我(?:本人|自己|这个?人)?|本人|俺|偶)?"
_OF_SELF = "(?P<self>我的?|本人的?|俺的?)"
# No alternative may be made of others, or matching could take exponential time.
_MANNER = (
    "(?:现在|目前|如今|已经?|一直|其实|就|也|还|都|真的?|确实|平时|平常|最近|打?从小"
    "|从来|向来|特别|非常|超级?|最|很|蛮|挺|好|比较|更|尤其|十分|相当|巨|可(?!爱)|老(?=是|爱)|又(?!不)"
    "|今年|刚|才|开始|越来越|说到底|周末|没事|有空|平日|常年|长期|实在|真心|绝对|完全|根本|一辈子|一般|有点|反正|毕竟|最后|终于|总|经?常|一向|天生|只|从|是|始终)*"
)
_ME = _SELF + _MANNER
_END = PARTICLES + "$"
_NEXT = (
    "(?=我|本人|今年|现在|来自|住在|在[^ ]+(?:上班|工作|读书)|喜欢|[很最]?爱[吃喝看玩]"
    "|[也不][很太]?(?:喜欢|爱)|讨厌|是一?[个名位]|是做|生日|目前)"
)
_ENOUGH = "(?:就行|就好|就可以|即可|就成|好了|都行|也行|这个名字)?"
_LATIN = r"[a-z][a-z.'\-]*(?: [a-z][a-z.'\-]*)*"
_LETTER = "[阿小老大][a-z]"
_NAME = rf"(?P<v>[{HAN}·]{{2,12}}?|{_LETTER}|{_LATIN})(?:{_ENOUGH}{_END}|{_NEXT})"
_CALLED = rf"(?P<v>[{HAN}·]{{1,12}}?|{_LETTER}|{_LATIN})(?:{_ENOUGH}{_END}|{_NEXT})"
_PLACE = rf"(?P<v>[{HAN}]{{2,10}}?|{_LATIN})"
_WITH = f"(?:[和跟与][{HAN}]{{1,4}}?(?:一起)?)?"
_WHEN = "(?:上个?[月周]|去年|前年|前几[天年]|昨天|年[初底前]|这个月|刚刚)?"
_A = "(?:一?[个名位])?"
_DAY = (
    r"(?P<v>(?:\d{2,4}年)?(?:[农阴阳公]历|旧历)?(?:每年)?"
    "(?:[0-9]{1,2}|十[一二]?|[一二三四五六七八九正腊冬])月"
    "(?:初[一二三四五六七八九十]|[0-9]{1,2}|[一二三]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?"
    "|[一二三四五六七八九])[号日]?"
    r"|\d{1,2}[./\-]\d{1,2})"
)
_THING = "(?P<v>[^,]+?)"
_THINGS = rf"{_THING}(?:{_END}|(?=我|本人|[也还]?不[太怎]?么?喜欢|讨厌))"
_LOVE = "(?:喜欢上?了?|喜爱|热爱|钟爱|酷爱|偏爱|爱上了?|迷上了?|痴迷于?|迷恋|爱好"
_LOVE += "|爱(?![人情妻心国称谁莫答]))"
_EAT = "(?:[吃喝](?![亏醋苦力惊]))?"
_HATE = "(?:讨厌|厌恶|反感|嫌弃|受不了|烦(?![死了恼躁心人透着])|恨)"
_NOT_MUCH = "不(?:是)?(?:太|怎么|大|很|咋)?"


@dataclass(frozen=True)
class Pattern:
    """One way to say a thing.

    Args:
        kind: The kind of fact it tells.
        form: What the clause looks like; `v` is the value, `self` the speaker if named.
        fits: Whether a value, in normalised form, can be meant.
        bare: Whether it may open a message without naming the speaker.
        operation: What it does, if it is not simply telling.
        many: Whether the value is a list.
    """

    kind: FactKind
    form: re.Pattern[str]
    fits: Callable[[str], bool]
    bare: bool = False
    operation: Operation | None = None
    many: bool = False


def _name(form: str, fits: Callable[[str], bool] = words.is_name) -> Pattern:
    return Pattern(FactKind.NAME, re.compile(form), fits, bare="(?P<self>" not in form)


def _city(form: str, fits: Callable[[str], bool], bare: bool = False) -> Pattern:
    return Pattern(FactKind.CITY, re.compile(form), fits, bare)


def _work(form: str, fits: Callable[[str], bool] = words.is_occupation) -> Pattern:
    return Pattern(FactKind.OCCUPATION, re.compile(form), fits)


def _birthday(form: str) -> Pattern:
    return Pattern(FactKind.BIRTHDAY, re.compile(form), _is_day, bare=True)


def _taste(
    kind: FactKind,
    form: str,
    fits: Callable[[str], bool] = words.is_taste,
    operation: Operation | None = None,
) -> Pattern:
    return Pattern(kind, re.compile(form), fits, True, operation, many=True)


def _is_day(value: str) -> bool:
    numbers = [int(n) for n in re.findall(r"\d+", re.sub(r"\d+年", "", value))]
    by_number = bool(re.search(r"\d月", value)) or "月" not in value
    if by_number and not 1 <= numbers.pop(0) <= 12:
        return False
    return all(1 <= number <= 31 for number in numbers)


def _is_task(value: str) -> bool:
    return words.is_taste(value) and not re.search(
        "^.$|开玩笑|做梦|[来去到完错好过了]$|^(?:真|在|为|太|挺|越|做主|干净|跑偏)",
        value,
    )


STATEMENTS: tuple[Pattern, ...] = (
    # Ends of a liking, before the likings that their words contain.
    _taste(
        FactKind.LIKE, rf"{_ME}不再{_LOVE}{_EAT}{_THINGS}", operation=Operation.REMOVE
    ),
    _taste(
        FactKind.LIKE,
        rf"{_ME}(?:{_NOT_MUCH}){_LOVE}{_EAT}{_THING}了{_END}",
        operation=Operation.REMOVE,
    ),
    _taste(
        FactKind.DISLIKE,
        rf"{_ME}不(?:再)?{_HATE}{_EAT}{_THING}了{_END}",
        operation=Operation.REMOVE,
    ),
    Pattern(
        FactKind.CITY,
        re.compile(rf"{_ME}不[住在]在?{_PLACE}(?:住|上班|工作|生活)?了{_END}"),
        words.is_place,
        operation=Operation.REMOVE,
    ),
    Pattern(
        FactKind.OCCUPATION,
        re.compile(rf"{_ME}(?:不再?|没)[当做干]{_THING}了{_END}"),
        words.is_occupation,
        operation=Operation.REMOVE,
    ),
    # Names.
    _name(
        rf"{_OF_SELF}(?:名字|大名|全名|真名|本名|姓名|昵称|小名|英文名|中文名|网名|外号|花名)"
        rf"(?:现在)?(?:[是:]|叫做?|就?是叫){_NAME}"
    ),
    _name(rf"{_ME}(?:改名叫?|改叫|名叫|叫做?|名为|姓名[是:]?){_NAME}"),
    _name(rf"(?:本人|在下|鄙人)(?:是)?(?P<self>){_NAME}", words.is_full_name),
    _name(
        "(?:请|[以往]后|今后|那|你们?|您|可以|就|直接|尽管|也|都|一般|一直|平时"
        "|网上|身边|家里|公司里|的?人|大家|朋友们?|同学们?|同事们?|家人|熟人)*"
        f"(?:管(?=我叫)|[叫喊])(?P<self>我|俺)[叫做]?{_CALLED}"
    ),
    _name(rf"{_ME}(?<=是){_NAME}", words.is_full_name),
    _name(rf"(?:my name is|my name's|call me|i'm called) (?P<v>{_LATIN}){_END}"),
    # Homes.
    _city(
        rf"{_OF_SELF}(?:家(?!是)|住址|城市|所在地|常住地|居住地|坐标)(?:现在|目前)?"
        rf"(?:就|也)?(?:住?在|住|是|位于|:){_PLACE}(?:这边|那边)?{_END}",
        words.is_place,
    ),
    _city(
        rf"{_ME}{_WITH}人?(?:居住|定居|常住|住)[在于]{_PLACE}(?:[这那]边)?(?:{_END}|{_NEXT}|了?[^,]{{1,3}}年)",
        words.is_place,
        bare=True,
    ),
    _city(
        rf"{_ME}(?:居住|定居|常住|住)了?{_PLACE}(?:{_END}|{_NEXT})", words.is_in_city
    ),
    _city(
        rf"{_ME}在{_PLACE}(?:这边|那边)?(?:上班|工作|读书|上学|读[大研]学?|念书|上大学|生活"
        r"|居住|定居|住|打工|创业|(?=当|做[^饭梦]))(?!过|的|时)",
        words.is_in_city,
        bare=True,
    ),
    _city(
        rf"{_ME}{_WHEN}刚?[搬迁]家?[到来去回]了?(?:老家)?{_PLACE}(?:[去来住]了?)?(?:{_END}|{_NEXT})",
        words.is_place,
        bare=True,
    ),
    _city(
        rf"(?:{_ME})(?:坐标|base|人在|现居|定位)[:在是]?{_PLACE}{_END}",
        words.is_city,
        bare=True,
    ),
    _city(
        rf"{_ME}(?:是)?来自(?![己动])于?{_PLACE}(?:{_END}|{_NEXT})",
        words.is_place,
        bare=True,
    ),
    _city(
        rf"{_ME}(?<=是)(?:土生土长的?|地道的?)?{_PLACE}(?:本地人|人|妹子|姑娘|小伙子?|的|那边的)"
        rf"(?:{_END}|{_NEXT})",
        words.is_city,
    ),
    # Work.
    _work(
        rf"(?:{_OF_SELF})?(?:现在的?)?(?:职业|工作|本职工?作?)就?[是:]{_A}{_THINGS}",
        lambda v: words.is_occupation(v) or (len(v) <= 10 and _is_task(v)),
    ),
    _work(
        rf"{_ME}(?<=是){_A}(?:[^你您他她我,的]{{1,6}}的)?[当做]?"
        rf"(?P<v>[{HAN}a-z]{{2,10}}?)(?:{_END}|{_NEXT})"
    ),
    _work(
        rf"{_ME}(?<=是)"
        r"(?P<v>(?:[做搞干卖教学修写画跑拍种养]|开(?!始|心|玩笑|会)|送(?=外卖|快递|货|水|餐))"
        rf"[^,]{{1,9}}?)的{_END}",
        _is_task,
    ),
    _work(
        rf"{_ME}(?:在[{HAN}]{{1,8}})?(?:转行|改行|上班)?(?:[当做干](?!过)上?|成为?)了?{_A}(?P<v>[{HAN}a-z]{{2,10}}?)(?:{_END}|{_NEXT})"
    ),
    _work(rf"{_ME}(?P<v>做[{HAN}]{{2,6}})的{_END}", _is_task),
    _work(rf"{_ME}从事{_THING}(?:工作|行业)?{_END}", _is_task),
    # Birthdays.
    _birthday(
        rf"(?:{_OF_SELF})?(?:[农阴阳公]历)?生日(?:应该)?就?[是在为:]*(?:每年的?)?{_DAY}"
    ),
    _birthday(rf"{_ME}[在于]?{_DAY}的?(?:过?生日|出生|生[的人]|生{_END})"),
    _birthday(rf"{_ME}(?:出生|生)[于在]{_DAY}"),
    _birthday(rf"{_DAY}是(?P<self>我)的?生日"),
    # What one cannot stand, then what one likes.
    _taste(FactKind.DISLIKE, rf"{_ME}(?:一点都?也?)?{_NOT_MUCH}{_LOVE}{_EAT}{_THINGS}"),
    _taste(
        FactKind.DISLIKE, rf"{_ME}{_HATE}的[{HAN}]{{0,6}}?(?:就|也)?是{_EAT}{_THINGS}"
    ),
    _taste(FactKind.DISLIKE, rf"{_ME}{_HATE}{_EAT}{_THINGS}"),
    _taste(
        FactKind.DISLIKE, rf"{_ME}(?:从?不能?[吃喝]|[吃喝]不了){_THINGS}", words.is_food
    ),
    _taste(
        FactKind.DISLIKE,
        rf"{_ME}对?{_THING}(?:有点|严重|特别|会|很)?(?<!不)过敏{_END}",
        words.is_allergen,
    ),
    _taste(FactKind.LIKE, rf"{_ME}{_LOVE}的[{HAN}]{{0,6}}?(?:就|也)?是{_EAT}{_THINGS}"),
    _taste(
        FactKind.LIKE,
        rf"(?:{_OF_SELF})?(?:平时的|最大的?|唯一的?)?(?:兴趣爱好|爱好|兴趣|喜好)(?:就?是|有|包括|:){_EAT}{_THINGS}",
    ),
    _taste(FactKind.LIKE, rf"{_ME}{_LOVE}{_EAT}{_THINGS}"),
    _taste(FactKind.LIKE, rf"{_THING}是(?P<self>我)的?最爱{_END}"),
    _taste(
        FactKind.LIKE,
        rf"{_ME}对{_THING}(?:很|挺|特别|非常|比较|有点)?(?:[有感]兴趣|着迷|上瘾){_END}",
    ),
)

ENGLISH_NAME = re.compile(rf"(?:i'm|i am) (?P<v>{_LATIN}){_END}")
"""`I'm …` names a person only where the name is written with a capital."""

REFUSAL = re.compile("不|没|别|未")
"""Words that turn a statement round; with them no entity is believed."""

CUES: dict[FactKind, re.Pattern[str]] = {
    FactKind.NAME: re.compile(rf"{_ME}(?:叫|(?:的名字)?是)|[叫喊]我|i'm |i am "),
    FactKind.CITY: re.compile(rf"{_ME}(?:住|搬|来自|定居)"),
    FactKind.OCCUPATION: re.compile(rf"{_ME}(?:(?<=是)|[做当]|的?(?:工作|职业)是)"),
    FactKind.BIRTHDAY: re.compile(rf"{_ME}的?[^,]*(?:生日|出生)"),
    FactKind.LIKE: re.compile(rf"{_ME}{_LOVE}"),
    FactKind.DISLIKE: re.compile(rf"{_ME}{_HATE}"),
}
"""The beginnings of statements whose value an entity of Rasa's NLU may supply."""
