"""Platforms that say in a number within the body how a request went."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from framework_plugin.components.channels.sending import Answer, Verdict


@dataclass(frozen=True)
class Codes:
    """What the numbers of a platform mean.

    Args:
        code: The field with the number; 0, or none, is success.
        message: The field with the platform's words.
        token: Numbers that say that the token is no longer good.
        busy: Numbers after which it may be tried again.
        help: What to do, by number.
    """

    code: str
    message: str
    token: Collection[int]
    busy: Collection[int]
    help: Mapping[int, str]

    def judge(self, answer: Answer) -> Verdict:
        """What an answer means."""
        code = answer.content.get(self.code, 0)
        if code in self.token:
            return Verdict.TOKEN
        if code in self.busy or answer.status == 429 or answer.status >= 500:
            return Verdict.BUSY
        if code or answer.status >= 400:
            return Verdict.REFUSED
        return Verdict.DONE

    def explain(self, answer: Answer) -> str:
        """What an answer complains about, and what to do."""
        code = answer.content.get(self.code, answer.status)
        known = self.help.get(code) if isinstance(code, int) else None
        message = str(answer.content.get(self.message, ""))[:200]
        return f"{code} {message}" + (f" ({known})" if known else "")
