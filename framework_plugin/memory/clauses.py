"""A message cut into clauses that can be read one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from framework_plugin.text.normalise import normalise_with_offsets

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇々"
_LOOSE_SPACE = re.compile(rf"(?<=[{_HAN}]) | (?=[{_HAN}])|[\"“”「」『』《》‘]")
# Many people type blanks in place of commas, before such words nearly always.
_OPENS = re.compile(
    "我|俺|本人|叫|喊|[男女](?![士方朋友])|坐标|[0-9]{2}[岁年后]|也|不|没|住|老家|家[里在住]|今年|年龄"
    "|爱|喜欢|讨厌|生日|名字|取名|职业|单身|已婚|结婚|养了|有[个只]|药"
)
# Elsewhere between two words, unless the first wants the second.
_PARTS = re.compile(
    rf"(?:(?<=[{_HAN}])|(?<=[0-9])(?! [岁年月号日个只条件斤克元块点分次位双瓶盒包后]))"
    rf" (?=[{_HAN}]{{2}}|[a-z0-9]+[{_HAN}]{{2}})(?![的得了着过吗呢吧啊呀啦嘛和])"
)
_WANTS_MORE = re.compile(
    "(?:[是叫在住去来到往从把给对和跟与及或地得不很太最更要想做干养有姓]|(?<![年男女])的|(?<![了过])没"
    "|(?:爱|喜欢|讨厌)[吃喝看玩学听]?|打算|准备|计划|(?<![员师人生工])[一二两三几0-9][个只条位名件双]|[今明后昨]天|[早晚]上|[上下]午|中午"
    "|(?:周|星期|礼拜)[一二三四五六日天末]|[月号点]|(?<!生)日|最近|现在|目前|今年|明年|平时|以后|之前|之后"
    "|我|本人|俺)$"
)
_SAID = re.compile("(?:是|老家|家[在住]).{2,}的$")
_LONG_ENOUGH = 3
_CANTONESE = re.compile("我系(?![统里列主学])")
_CARD = frozenset(("我男", "我女", "男", "女"))
# Faces end a sentence too, drawn, typed or named as in `[微笑]`.
_FACE = (
    "[\u2600-\u27bf\u2b50\U0001f000-\U0001faff\ufe0f\u200d]+"
    rf"|\^[_.\-o]*\^|>_<|[=-]_[=-]|t_t|\[[{_HAN}]{{1,4}}\]"
)
_SENTENCE_END = re.compile(rf"[。!?;\n~]+|\.{{2,}}|\.(?!\w)|{_FACE}")
_CLAUSE_END = re.compile(
    r"[,()—]+|(?<=[说问道喊唱写]):"
    # `我刚满18岁可以用吗` tells, and then asks.
    r"|(?:(?<=[0-9十一二三四五六七八九]岁)|(?<=岁了)|(?<=个[男女][的生])|(?<=[0-9]年的)|(?<=[0-9]后))"
    r"(?=还?(?:可以|能|会|适合|穿|用|买|算|该))"
    # `有货吗我急用`: a question ends with such a word, whatever follows.
    r"|(?<=[啦啊呀])(?=不要|别|你们?|怎么|能不能|有没有)"
    r"|(?<=[吗呢啊呀吧嘛])(?=[我俺](?![的们家]))|(?<=了)(?=现在[是在做])"
    r"|但是|(?<!不)但(?!愿)|(?<!我)可是|不过(?![敏分来期去瘾])|而且|并且|因为|所以|然后"
)
_QUESTION = re.compile(
    r"吗|什么(?!的)|(?<!不)怎么|怎样|多少(?![遍次])|哪(?![吒怕])|谁|为何|为啥|咋|啥"
    r"|(?<![十好])几(?=[号月个点岁年])|干嘛|干啥|有没有|(.)不\1|要不要|难道|么$|[了过]没$"
)
_SUPPOSED = re.compile(
    r"如果|要是|假如|假设|假使|倘若|若是|万一|即使|就算|哪怕|除非|等我|例如|比如"
    r"|希望|但愿|梦见|梦到|好像|也许|可能|或许|大概|假装|的话|^(?!.*[叫喊]).*就好[了啦]|我骄傲"
)
_OTHERS_SAID = re.compile(r"(?:说|问|喊|写着|写道|道|唱|写的)$")
_OWN_SAID = re.compile(
    r"^(?:我|跟你|告诉你|不瞒你|实话|老实|话|顺便|补充|再)|忘(?:了|记)(?:跟你|和你)?说$"
)


@dataclass(frozen=True)
class Clause:
    """One clause of a message.

    Args:
        norm: Its normalised text, without blanks beside Chinese characters.
        offsets: Where each character of `norm` stands in the message, and the end.
        message: The message as typed.
        asked: Whether it asks.
        unreal: Whether it only supposes, or quotes somebody else.
        opens_sentence: Whether a sentence begins with it.
        sentence_stop: Where in the message the sentence ends.
    """

    norm: str
    offsets: tuple[int, ...]
    message: str
    asked: bool
    unreal: bool
    opens_sentence: bool
    sentence_stop: int

    def original(self, start: int, end: int) -> str:
        """The user's own spelling of `norm[start:end]`."""
        return self.message[self.offsets[start] : self.offsets[end - 1] + 1]

    def until(self, end: int) -> Clause:
        """The same clause without `norm[end:]`."""
        return replace(self, norm=self.norm[:end], offsets=self.offsets[: end + 1])


def asks(words: str) -> bool:
    """Whether normalised words are those of a question."""
    return bool(_QUESTION.search(words))


# One message is looked at for many things, each of which wants its clauses.
@lru_cache(maxsize=64)
def split_clauses(message: str) -> tuple[Clause, ...]:
    """The clauses of a message in their order."""
    return tuple(_clauses(message))


def _clauses(message: str) -> Iterator[Clause]:
    norm, offsets = _tightened(message)
    for start, end, sign in _pieces(_SENTENCE_END, norm, 0, len(norm)):
        unreal = heard = False
        first = True
        for begin, stop, _ in _pieces(_CLAUSE_END, norm, start, end):
            text = norm[begin:stop]
            if not text:
                continue
            unreal = unreal or bool(_SUPPOSED.search(text))
            yield Clause(
                text,
                (*offsets[begin:stop], offsets[stop]),
                message,
                asks(text) or ("?" in sign and stop == end),
                unreal or heard,
                first,
                offsets[end - 1] + 1,
            )
            first = False
            heard = bool(_OTHERS_SAID.search(text)) and not _OWN_SAID.search(text)


def _tightened(message: str) -> tuple[str, tuple[int, ...]]:
    """The normalised message without blanks and quotes beside Chinese characters."""
    view = normalise_with_offsets(message)
    norm = view.text.replace("’", "'")
    norm = _CANTONESE.sub("我是", norm)
    norm = _with_commas(norm)
    loose = {match.start() for match in _LOOSE_SPACE.finditer(norm)}
    kept = [i for i in range(len(norm)) if i not in loose]
    return (
        "".join(norm[i] for i in kept),
        (*(view.offsets[i] for i in kept), len(message)),
    )


def _with_commas(norm: str) -> str:
    """The message with commas for those blanks that stand for one."""
    signs = list(norm)
    begin, sentence, parted = 0, 0, False
    for index, sign in enumerate(norm):
        if sign == " ":
            before = norm[begin:index]
            # A name in Latin letters has blanks of its own.
            whole = norm[sentence:index] if before.isascii() else before
            long_enough = parted or len(whole) >= _LONG_ENOUGH or before in _CARD
            if long_enough and _is_comma(norm, index, before):
                signs[index] = sign = ","
                parted = True
        if not sign.isalnum():
            begin = index + 1
            sentence = sentence if sign == " " else begin
    return "".join(signs)


def _is_comma(norm: str, index: int, before: str) -> bool:
    """Whether a blank parts what is before it from what follows."""
    if _OPENS.match(norm, index + 1):
        return True
    whole = _SAID.search(before) or not _WANTS_MORE.search(before)
    return bool(whole and _PARTS.match(norm, index))


def _pieces(
    sign: re.Pattern[str], text: str, start: int, end: int
) -> Iterator[tuple[int, int, str]]:
    """Start, end and closing sign of each piece of `text[start:end]`, stripped."""
    position = start
    for match in sign.finditer(text, start, end):
        yield (*_stripped(text, position, match.start()), match.group())
        position = match.end()
    yield (*_stripped(text, position, end), "")


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] == " ":
        start += 1
    while end > start and text[end - 1] == " ":
        end -= 1
    return start, end
