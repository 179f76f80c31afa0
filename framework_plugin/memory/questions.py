"""Which of their own facts a user asks to hear about."""

from __future__ import annotations

import re

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.clauses import split_clauses

ALL_KINDS = tuple(FactKind)

_WHAT = "(?:什么|啥|哪些?|多少)"
_REMEMBER = "(?:记不记得|还?记得|记住了?|记着|知不知道|知道|了解|清楚|忘了|忘记)"
_END = "(?:来着|吗|么|没有?|不|了|呢|呀|啊|吧|嘛|的|事情?|东西|信息)*$"
_ALL = re.compile(
    rf"(?:{_REMEMBER}(?:关于)?我的?{_WHAT}{_END}"
    rf"|{_REMEMBER}我(?:吗|么|没|不){_END}"
    rf"|记不记得我{_END}"
    rf"|(?:关于我|对我)(?:的事)?[^,]{{0,6}}(?:{_REMEMBER}|印象)[^,]{{0,6}}(?:{_WHAT}|吗){_END}"
    rf"|(?:{_REMEMBER}|存|记)了?我?的?{_WHAT}(?:关于)?我的{_END}"
    rf"|我(?:都|还)?(?:告诉|跟你说|和你说)过?你?(?:我的)?{_WHAT}(?:我的)?{_END})"
)
_OWN_DOUBT = re.compile("我(?:自己)?(?:也|都|真)?(?:不知道|不清楚|不记得|忘了)")
_FRAME = re.compile(
    rf"你[^我]{{0,6}}{_REMEMBER}我(?P<what>.*(?:吗|么|没有?|不))[呀啊呢]?$"
)
_RELATIVES = (
    "女儿|闺女|儿子|孩子|小孩|娃|宝宝|哥哥|姐姐|弟弟|妹妹|老公|老婆|媳妇|对象"
    "|男朋友|女朋友"
)
_ANIMALS = "猫咪?|狗狗?|狗子|宠物|兔子|仓鼠|鹦鹉|乌龟"
_DAYS = (
    "最近|这几天|接下来|今天|明天|后天|大后天|周末|下个?月|月底|国庆"
    "|[下这]?个?(?:周|星期|礼拜)[一二三四五六日天]?"
)
_DOINGS = "面试|考试|体检|出差|答辩|搬家|手术|复查|入职|比赛|结婚|旅游"
_ASKED_DIRECTLY: dict[FactKind, re.Pattern[str]] = {
    FactKind.NAME: re.compile(
        rf"我的?(?:名字|姓名)?(?:是)?叫{_WHAT}|^我的(?:名字|姓名){_END}|我的?(?:名字|姓名)(?:是|叫){_WHAT}"
        rf"|我是谁|(?:怎么|如何)(?:称呼|叫)我|[该得会]叫我{_WHAT}"
    ),
    FactKind.NICKNAME: re.compile(
        rf"(?:同事|朋友|同学|家里?人|大家|别人|他们|她们|室友)[们都平时]*[叫喊]我{_WHAT}"
        rf"|我的?(?:小名|外号|昵称|网名|绰号|英文名)(?:是|叫){_WHAT}|^我的(?:小名|外号|昵称|网名){_END}"
    ),
    FactKind.GENDER: re.compile(
        "我是男(?:的|生)?还?是女|我是女(?:的|生)?还?是男|我的?性别是?"
    ),
    FactKind.AGE: re.compile(
        "我(?:今年|现在)?(?:多大|几岁|多少岁)|我的?(?:年龄|年纪|岁数)(?:是|多|几|$)|我是?哪一?年(?:的|生)"
    ),
    FactKind.HOMETOWN: re.compile(
        "我的?(?:老家|家乡|故乡|籍贯)(?:是|在)?(?:哪|什么地方|来着|$)|我(?:到底)?是?(?:哪里|哪儿|哪)的?人"
    ),
    FactKind.FAMILY: re.compile(
        rf"我(?:有没有|有)(?:几个|{_WHAT})?(?:{_RELATIVES})(?:吗|没|么)?|我家(?:里)?(?:都)?有(?:谁|几口|哪些人)"
        rf"|我的?(?:{_RELATIVES})(?:的名字)?(?:是)?叫?(?:{_WHAT}|谁)|我(?:结婚|成家)(?:了没|没|了吗)"
    ),
    FactKind.PET: re.compile(
        rf"我(?:家里?)?(?:的|养的|那只)?(?:{_ANIMALS})(?:的名字)?(?:是)?叫?{_WHAT}"
        rf"|我(?:家里?)?(?:养了?(?:{_WHAT}|几只)|有(?:{_WHAT}|几只)(?:{_ANIMALS}))|我有没有养|我养(?:{_ANIMALS})?(?:了)?(?:没|吗)"
    ),
    FactKind.PLAN: re.compile(
        rf"我(?:{_DAYS})*(?:都)?(?:还)?(?:有|是)(?:{_WHAT}|没有)(?:别的)?(?:安排|计划|打算|行程|事(?!可|想))|我的?(?:安排|计划|日程|行程)"
        rf"|我(?:{_DAYS})+(?:要|得|打算|准备)(?:去)?(?:干|做)?{_WHAT}|我(?:什么时候|哪天|几号|啥时候)(?:要|去|得)?(?:{_DOINGS})"
    ),
    FactKind.NOTE: re.compile(
        f"我让你(?:记|记住|记下)(?:的|了|过)*(?:{_WHAT}|东西|事)|我的?(?:备忘|便签)|我的?(?:车|钥匙|伞|身份证|护照)(?:停|放|落)?在(?:哪|什么地方)"
    ),
    FactKind.CITY: re.compile(
        "我(?:现在|目前)?(?:是)?(?:住在?|家在?|住的是)(?:哪|什么地方|什么城市)(?!.*都)"
        "|我(?:现在)?在(?:哪个|什么)城市|我来自哪"
    ),
    FactKind.OCCUPATION: re.compile(
        rf"我(?:现在)?是?(?:[做干]{_WHAT}(?:的|工作)|干嘛的)|我的?(?:职业|工作)是?[做干]?{_WHAT}"
        rf"|我从事{_WHAT}"
    ),
    FactKind.BIRTHDAY: re.compile(
        "我的?生日[是在]?(?:哪|什么时候|啥时候|啥日子|什么日子|几|何时|多会)|^我的生日$|(?:哪天|什么时候|几号)是?我的?生日"
        "|我(?:哪天|什么时候|啥时候|几月几?号?|几号)(?:过)?生日"
    ),
    FactKind.LIKE: re.compile(
        rf"我(?:还|都|平时)?最?(?:喜欢|爱)[吃喝看玩做听去]?(?:的是)?{_WHAT}(?!.*都)"
        rf"|我的?(?:爱好|喜好|兴趣)(?:是|有){_WHAT}"
        rf"|我有{_WHAT}(?:爱好|喜好|兴趣)|^我的(?:爱好|喜好|兴趣){_END}"
    ),
    FactKind.DISLIKE: re.compile(
        rf"我(?:还|都|平时)?最?(?:不喜欢|不爱|讨厌|受不了|不能|不)[吃喝看玩做听]?(?:的是)?{_WHAT}(?!.*都)"
        rf"|我对{_WHAT}过敏|我有{_WHAT}忌口"
    ),
}
_PAST = re.compile("以前|从前|过去|曾经|原来|原先|之前")
_NAMED: dict[FactKind, re.Pattern[str]] = {
    FactKind.NAME: re.compile("名字|姓名|[是叫]谁|^叫|称呼"),
    FactKind.CITY: re.compile("住|城市|来自|(?<!老)家在"),
    FactKind.OCCUPATION: re.compile("职业|工作|[做干]什么的|做啥的"),
    FactKind.BIRTHDAY: re.compile("生日"),
    FactKind.LIKE: re.compile("(?<!不)(?:喜欢|爱[吃喝看玩])|爱好|喜好|兴趣"),
    FactKind.DISLIKE: re.compile("不喜欢|讨厌|不爱|不[能]?[吃喝]|忌口|过敏"),
    FactKind.NICKNAME: re.compile("小名|外号|昵称|网名"),
    FactKind.GENDER: re.compile("性别|是男|是女"),
    FactKind.AGE: re.compile("多大|几岁|年龄|年纪|岁数"),
    FactKind.HOMETOWN: re.compile("老家|家乡|故乡|籍贯|哪里人"),
    FactKind.FAMILY: re.compile(
        f"^家?的?(?:{_RELATIVES})|结婚|有(?:几个)?(?:{_RELATIVES})|家里有"
    ),
    FactKind.PET: re.compile(f"^家?的?(?:{_ANIMALS})|养(?:了|的)|宠物"),
    FactKind.PLAN: re.compile(f"安排|计划|行程|要(?:去)?(?:{_DOINGS})"),
    FactKind.NOTE: re.compile("让你记|备忘|停在哪|放在哪"),
}


def asked_kinds(text: str) -> tuple[FactKind, ...] | None:
    """Which kinds of fact a user asks to hear about themselves.

    Returns:
        All kinds for `你记得我什么`, the named ones for `我叫什么`, and None if the
        text is no question about the user's own facts.
    """
    kinds: set[FactKind] = set()
    for clause in split_clauses(text):
        norm = clause.norm
        if clause.unreal or _OWN_DOUBT.search(norm):
            continue
        if kinds and not re.search("[我你他她]", norm):
            norm = f"我{norm}"
        frame = _FRAME.search(norm)
        for kind in FactKind:
            direct = _ASKED_DIRECTLY[kind].search(norm)
            named = frame and _NAMED[kind].search(frame["what"])
            if named or (direct and _of_self(norm, direct.start())):
                kinds.add(kind)
        if not kinds and _ALL.search(norm):
            return ALL_KINDS
    return tuple(kind for kind in FactKind if kind in kinds) or None


def asked_of_the_past(text: str) -> tuple[FactKind, ...]:
    """Which kinds a user asks about as they were: `我以前住哪`."""
    if not _PAST.search(text):
        return ()
    kinds = asked_kinds(_PAST.sub("", text))
    return () if kinds is None or kinds == ALL_KINDS else kinds


def _of_self(norm: str, start: int) -> bool:
    """Whether a question speaks to the assistant of the user, not of what to do."""
    return not norm[:start].endswith(("和", "跟", "给", "帮", "让", "问", "他", "她"))
