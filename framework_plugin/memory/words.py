"""Which words can be a name, a place, an occupation or a thing one likes."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

from framework_plugin.memory.masking import mask
from framework_plugin.text.normalise import is_invisible

HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇々"
LONGEST_VALUE = 20

_ONLY_HAN = re.compile(rf"[{HAN}]+(?:·[{HAN}]+)*")
_LATIN_NAME = re.compile(r"[阿小老大]?[A-Za-z][A-Za-z .'\-]{0,19}")
_BLANK_BETWEEN_HAN = re.compile(rf"(?<=[{HAN}]) +(?=[{HAN}])")
_UNWANTED = re.compile(r"[^\w·.'\- +#&]|_")

# The surnames that begin no everyday word: after 我是 a person may name anything.
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯董萧程曹袁邓傅沈彭吕苏卢蒋"
    "蔡贾丁魏薛叶阎余潘杜戴夏钟汪田姜范姚谭廖邹熊陆郝孔崔邱秦顾侯邵孟段钱汤尹黎贺赖龚"
)
_LONG_SURNAMES = re.compile(
    "万俟|欧阳|上官|司马|诸葛|皇甫|慕容|令狐|夏侯|尉迟|公孙|轩辕|宇文|长孙|司徒|独孤"
)
_NICKNAME = re.compile(rf"[小阿老][{HAN}]{{1,2}}")
_DOUBLED = re.compile(r"([^妈爸爷奶哥姐弟妹叔舅公婆宝常刚偷慢天偶谢人个好])\1")
_NOT_A_NICKNAME = re.compile(
    "(?:女士|先生|小姐|姑娘|女孩|男孩|伙子|[的人座族党控迷粉生员师子痴盲型客户])$|小孩|小偷|小气|小心|小时|小学|小说|小众"
    "|谢谢|黄色|[妈爸姨哥姐弟妹]$|老师|老板|老外|老手|老实|老公|老婆|老乡|老大难|阿姨|黄昏|黄金|余生|何必|何况"
    "|周末|周围|秦始皇|孙悟空|小白$|小透明|小可爱|小仙女|程序|叶公|宋体|胡说|胡乱|唐突|钱多|钱少|高兴|王者|小白鼠"
)
_NOT_A_NAME = re.compile(
    "^(?:[你您他她它谁我这那哪的了着过不没得起来去回到被把给让跟和有是在一干很某]"
    "|破|号|名字|下|买|拿|看|玩|学|开|办|找|多|少|快|赶|注意|小心|留|陪|等|说|写|打|坐|外卖|滴滴|快车|专车|出租|网约|车|人|妈|爸|爷|奶|哥|姐|弟|妹|老师|老板|老婆|老公"
    "|朋友|同事|同学|客服|服务|救|醒|停|苦|好|出|加班|吃|喝|做|帮|什么|啥|早|保安|警察"
    "|医生|护士|司机|师傅|快递|代驾|鸡|酒|菜|饭|水|大家|别|干|恶心|等|心疼|心烦|难|伤心|失望)"
    "|[了吗]$|什么|怎么|的时候|过来|出来|回来|帮|一起|知道"
)
_NOT_A_PLACE = re.compile(
    "^(?:[你您他她它我这那哪的了着过不没得起一二三四五六七八九十几两]"
    "|家|学校|宿舍|公司|酒店|医院|楼|单位|出租|城中村|城里|农村|乡下|乡村|地下|市区|郊区"
    "|海边|海南边|山上|山里|南方|北方|国外|外地|外星|火星|月球|太空|天上|宇宙|梦里|天堂|地球|未来|自己|网上|淘宝|中国"
    "|小镇|小城|小县|山区|老家|亲戚|朋友|父母|爸妈|男|女|路上|对面|隔壁|附近|同一|单身|新家|.*脚下|[个闺])"
    "|的|了$|(?:附近|旁边|隔壁|对面|里面|外面|楼上|楼下|[层楼边里家])$"
)
_PROVINCES = re.compile(
    "(?:中国)?(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南"
    "|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古?|广西|西藏|宁夏|新疆)省?"
)
_REGION = re.compile(
    "东北|西北|华北|江浙|潮汕|闽南|陕北|苏北|苏南|皖南|湘西|川渝|北疆|南疆"
)
_PART_OF_CITY = re.compile(f"[区县市镇乡岛港湾]$|^[{HAN}]{{4,5}}$")
_INSTITUTION = re.compile("(?:大学|学院|医院|银行|公司|饭店|酒店|机场|车站|火车|地铁)$")
_MODIFIERS = re.compile(
    "^(?:退休|在职|全职|兼职|实习|资深|专业|普通|初级|高级|在读|见习|小|中|大|老|新"
    "|小学|中学|大学|高中|初中|幼儿园|语文|数学|英语|体育|美术|音乐|独立|自由|女|男)+"
)
_OCCUPATION_END = re.compile(
    rf"[{HAN}]{{1,6}}(?:师|员|工人|律师|医生|老师|护士|司机|经理|编辑|老板|记者|教练|顾问"
    "|专家|助理|骑手|学生)"
)
_NOT_AN_OCCUPATION = re.compile(
    "^一|[想给要找送问被让跟是来去]|多么|羡慕|开始|会员|成员|打工人|人员|动员|一员|官员|律师函|[的了你他她]"
)
_NOT_A_TASTE = re.compile(
    "^(?:[你您他她它谁我咱这那的了着过得不没到就有吗吧呢啊极死坏惨]|说(?!话)|上(?![班学网课海])"
    "|自己|别人|某|广泛|很多|一[首部本件家款]|停不|同桌|一个(?:[人男女]|$)|一点|什么|怎么|所有人|跟你|和你|为了|只是|是|还是"
    "|因为|可以|完|透|很|好像|有个|有一个|男生|女生|男的|女的)"
    "|^(?:喜欢|人家.*|[看吃喝玩听做])$|[你您我他她吗]|什么|怎么"
    "|(?:[的个]人|女生|男生|女孩|男孩|女人|男人|女孩子|男孩子|同学|同事|学长|学姐|老师)$"
)
_NOT_FOOD = re.compile(
    "^(?:早|午|晚|中)?(?:饭|餐|东西|药|饱|夜宵|下|完|起|到|惯|准|亏|掉)"
)
_NOT_AN_ALLERGEN = re.compile(
    "^(?:皮肤|鼻子|脸|眼睛|换季|季节|体质|身体|可能|今天|快|要|又|已经)|对"
)


@lru_cache(maxsize=2)
def _listed(file: str) -> frozenset[str]:
    """The words of one of this package's lists, comments left out."""
    text = (resources.files(__package__) / file).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


def presentable(value: str) -> str | None:
    """A value fit to be kept and said again, or None.

    At most 20 characters and without signs that could break a sentence or a template.
    """
    value = "".join(c for c in value if not is_invisible(c)).strip(" .-'")
    value = _BLANK_BETWEEN_HAN.sub("", value)
    if not 0 < len(value) <= LONGEST_VALUE or _UNWANTED.search(value):
        return None
    # A number that reaches a person is no taste and no name.
    return value if mask(value) == value else None


def is_name(value: str) -> bool:
    """Whether a word may be a name, after words that announce one."""
    if _ONLY_HAN.fullmatch(value):
        return len(value) <= 8 and not _NOT_A_NAME.search(value)
    return bool(_LATIN_NAME.fullmatch(value))


def is_full_name(value: str) -> bool:
    """Whether a word is a name even where nothing announces one."""
    if not is_name(value) or not 2 <= len(value) <= 4 or is_occupation(value):
        return False
    if is_city(value) or _NOT_A_NICKNAME.search(value):
        return False
    long = _LONG_SURNAMES.match(value)
    if long:
        return len(value) > 2
    return bool(_NICKNAME.fullmatch(value) or _DOUBLED.fullmatch(value)) or (
        value[0] in _SURNAMES and len(value) <= 3
    )


def is_city(value: str) -> bool:
    """Whether a word names a listed city, with or without its province."""
    cities = _listed("cities.txt")
    short = _PROVINCES.sub("", value, count=1) if value not in cities else value
    return short in cities or short.removesuffix("市") in cities


def is_in_city(value: str) -> bool:
    """Whether a word names a listed city or a part of one, such as `上海浦东`."""
    return is_city(value) or (
        any(is_city(value[:end]) for end in range(2, len(value) - 1))
        and bool(_PART_OF_CITY.search(value))
        and not _INSTITUTION.search(value)
        and not _NOT_A_PLACE.search(value)
    )


def is_place(value: str) -> bool:
    """Whether a word may be a place to live, after words that announce one."""
    return is_city(value) or (
        2 <= len(value) <= 10
        and bool(_ONLY_HAN.fullmatch(value) or _LATIN_NAME.fullmatch(value))
        and not _NOT_A_PLACE.search(value)
    )


def is_region(value: str) -> bool:
    """Whether a word names a province or a part of the country."""
    return bool(_REGION.fullmatch(value) or _PROVINCES.fullmatch(value))


def is_origin(value: str) -> bool:
    """Whether a word names a province, a region or a city that one may come from."""
    return is_region(value) or is_in_city(value)


def is_occupation(value: str) -> bool:
    """Whether a word names an occupation."""
    listed = _listed("occupations.txt")
    if value in listed or _MODIFIERS.sub("", value) in listed:
        return True
    return bool(_OCCUPATION_END.fullmatch(value)) and not _NOT_AN_OCCUPATION.search(
        value
    )


def is_taste(value: str) -> bool:
    """Whether one can like or dislike it, persons left out."""
    return bool(presentable(value)) and not _NOT_A_TASTE.search(value)


def is_food(value: str) -> bool:
    """Whether it can be what one never eats or drinks."""
    return is_taste(value) and not _NOT_FOOD.search(value)


def is_allergen(value: str) -> bool:
    """Whether one can be allergic to it."""
    return is_taste(value) and not _NOT_AN_ALLERGEN.search(value)
