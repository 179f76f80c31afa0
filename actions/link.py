"""One memory for a person who speaks from several channels."""

from __future__ import annotations

import logging
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import latest_text
from actions.profile import MEMORY_DOWN
from actions.replying import say
from actions.shop_action import ShopAction
from framework_plugin.errors import PersonalChatError
from framework_plugin.memory.identities import Sender
from framework_plugin.memory.link_codes import LinkCodes, Outcome, find_code
from framework_plugin.memory.recall import ALL_KINDS, describe

logger = logging.getLogger(__name__)

CODE_GIVEN = (
    "你的绑定码是 {code}，10分钟内有效，只能用一次。在你另一边的账号里跟我说"
    "「绑定 {code}」，两边就合成一个你啦。只在自己的账号里说，别发给别人。"
)
_REFUSED = {
    Outcome.ALREADY: "这两个账号早就绑在一起了，我记着的是同一份。",
    Outcome.WRONG: "这个绑定码不对，看看是不是打错了？也可以在另一边说「绑定账号」，"
    "我再给一个新的。",
    Outcome.EXPIRED: "这个绑定码过期了，它只管10分钟。在另一边再说一次「绑定账号」，"
    "我给你新的。",
    Outcome.OWN: "这是给这个账号的码，要到你另一边的账号里说才行。",
    Outcome.TOO_MANY: "试错的次数有点多，为了你的账号安全先停一停，过10分钟再来。",
}
LINKED = "好，两边的账号绑在一起了，以后我都认得是你。"
UNLINKED = (
    "好，这个账号解开了，从现在起我当它是新认识的。之前记着的事都留在另一边的账号里。"
)
NOT_LINKED = "这个账号没有和别的账号绑在一起，不用解除。"


class ActionLinkAccount(ShopAction):
    """Gives a code to be said in another channel, or takes one."""

    action_name = "action_link_account"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Links this account if the message holds a code, else gives one."""
        code = find_code(latest_text(tracker))
        now = self._resources.clock().timestamp()
        sender = Sender(tracker.sender_id, tracker.get_latest_input_channel())
        try:
            codes = LinkCodes(self._resources.memory)
            if code is None:
                given = codes.issue(sender, now)
                # By this kind the tracker store knows what it must not keep.
                source = {"kind": "link_code"}
                say(dispatcher, CODE_GIVEN.format(code=given), source)
                return []
            answer = self._answer(codes.redeem(code, sender, now), sender)
        except PersonalChatError as error:
            logger.error("The memory cannot be reached: %s", error)
            answer = MEMORY_DOWN.format(what="现在还绑不了账号")
        say(dispatcher, answer, {"kind": "memory"})
        return []

    def _answer(self, outcome: Outcome, sender: Sender) -> str:
        if outcome is not Outcome.LINKED:
            return _REFUSED[outcome]
        user = self._resources.memory.user_context(sender.sender_id)
        known = describe(user, ALL_KINDS) if user.facts else ""
        return f"{LINKED}我记着的是：{known}" if known else LINKED


class ActionUnlinkAccount(ShopAction):
    """Makes this account a user of its own again."""

    action_name = "action_unlink_account"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Unlinks the account that speaks; the facts stay with the others."""
        try:
            unlinked = self._resources.memory.unlink(tracker.sender_id)
            answer = UNLINKED if unlinked else NOT_LINKED
        except PersonalChatError as error:
            logger.error("The memory cannot be reached: %s", error)
            answer = MEMORY_DOWN.format(what="现在还解不开绑定")
        say(dispatcher, answer, {"kind": "memory"})
        return []
