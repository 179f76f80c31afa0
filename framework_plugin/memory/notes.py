"""Notes on request: `帮我记一下，钥匙在门口地垫下面`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from framework_plugin.corpus.user_context import FactKind
from framework_plugin.memory.changes import FactChange
from framework_plugin.memory.clauses import Clause

LONGEST_NOTE = 60

# No alternative may be made of others, or matching could take exponential time.
_REQUEST = re.compile(
    "(?:小满|你|请|麻烦|能不能|可不可以|可以|能否?|要|(?P<asked>帮忙我?|[帮给替]我)|那|就)*"
    "(?:记住了?|记下来?|记一下|记着|记好了?|记录一下|记个事儿?|记一笔)"
    "(?:哈|哦|啊|吧|呀|哟|喔|啦|咯)?:?(?![没了吗么])"
)
_BREAKS_TEMPLATES = re.compile(r"[\[\]{}<>\s]+")
_HOW_THINGS_ARE = re.compile(
    "[是在有叫停放落穿要会号]|只|总|每次|从不|从来|密码|尺码|公斤|斤"
)
_ORDERS = re.compile(
    "^(?:别|要|不要|不许|请|发|寄|送|给|要?记得|我说的|这|那|我的?话|了|你)|地址$|账$"
)
_SHORTEST = 4
_ASKS_FOR = re.compile(
    "(?:对了|诶|小满|请问|那)*(?:我家?的?|那个|这个)?(?P<what>[^我你您他她它,。?!]{1,8}?)"
    "(?:我|是|都|又|被我)*(?:[停放搁落存丢忘收]|放进|收)?(?:在|到|的?是|有)?了?"
    "(?:哪|什么地方|啥地方|多少|几[号楼栋点层]|什么|啥)"
)

_HOLLOW = frozenset("在是有都停放搁落")


def after_request(norm: str, position: int) -> int | None:
    """Where the words begin that are to be noted; None if nothing is."""
    match = _REQUEST.match(norm, position)
    return match.end() if match else None


def asks_a_favour(norm: str) -> bool:
    """Whether words ask for a note to be made, not just to be borne in mind."""
    request = _REQUEST.match(norm)
    return request is not None and request["asked"] is not None


def notes_on(text: str, notes: Iterable[str]) -> tuple[str, ...]:
    """The notes that a question asks for: `钥匙在哪` asks for `钥匙在门口地垫下面`.

    Args:
        text: A message.
        notes: What the user had noted.
    """
    asked = _ASKS_FOR.match(text.strip())
    what = asked["what"].strip() if asked else ""
    if not what or what in _HOLLOW:
        return ()
    return tuple(note for note in notes if what in note)


def note_from(
    clause: Clause, position: int, *, asked_for: bool = False
) -> FactChange | None:
    """The note that begins at a place in a clause and goes on to the sentence's end.

    Args:
        clause: The clause.
        position: Where in it the note begins.
        asked_for: Whether it was asked for before; then it may say anything.
    """
    words = clause.norm[position:]
    if len(words) < _SHORTEST or _ORDERS.search(words):
        return None
    asked_for = asked_for or asks_a_favour(clause.norm)
    if not asked_for and not _HOW_THINGS_ARE.search(words):
        return None
    text = clause.message[clause.offsets[position] : clause.sentence_stop]
    note = _BREAKS_TEMPLATES.sub(" ", text).strip(" ,，。.!！~")
    if not note or len(note) > LONGEST_NOTE:
        return None
    return FactChange.telling(FactKind.NOTE, note)
