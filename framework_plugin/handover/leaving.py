"""`不用人工了`, `回到机器人`: a user wants no person any more."""

from __future__ import annotations

import re

from framework_plugin.text.normalise import normalise

_PERSON = "(?:人工(?:客服|服务)?|真人(?:客服)?|客服|你们?同事|同事|排队|人)"
_ASSISTANT = "(?:机器人|小满|智能客服|ai|机器|程序)"
_NO = "(?:不用|不要|不需要|不想要?|不找|不等|不转|不排|别转|别找|别排|取消|退出|结束)"
_FILLER = (
    "(?:那|算了|好了|好|行|嗯|我|还是|就|先|请|麻烦|帮我|给我|把|再|继续|接着|现在"
    "|一下)*"
)
_TAIL = "(?:了|吧|啊|呀|啦|的|哦|就好|就行|好了|谢谢|说|聊|跟我聊|来)*"
_LEAVES = re.compile(
    f"{_FILLER}{_NO}(?:再|找|转|等|接|帮我找|帮我转)*{_PERSON}{_TAIL}"
    f"|{_FILLER}(?:不排|不等)(?:队)?{_TAIL}"
    f"|{_FILLER}(?:回到?|转回|换回|切回|回去找|找|叫|让|换|要|跟)"
    f"(?:到|去|成|给)?{_ASSISTANT}{_FILLER}(?:回来)?{_TAIL}"
)
_CLAUSES = re.compile(r"[,.;!?。，；！？~\s]+")
_EMPTY = re.compile(f"{_FILLER}{_TAIL}")
_LONGEST = 30


def wants_no_person(text: str) -> bool:
    """Whether a message says that its user wants the assistant back.

    It must say so outright and nothing else of weight: a person who is answering shall
    not lose the user by a word that sounds alike.

    Args:
        text: As typed.
    """
    if len(text) > _LONGEST:
        return False
    clauses = [one for one in _CLAUSES.split(normalise(text)) if one]
    said = [one for one in clauses if not _EMPTY.fullmatch(one)]
    return bool(said) and all(_LEAVES.fullmatch(one) for one in said)
