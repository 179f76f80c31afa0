"""Recommending something from the catalogue, with the reason."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.catalogue import Caffeine, Catalogue, Good
from actions.conversation import latest_intent, latest_text
from actions.people import way_to_a_person
from actions.profile import load_profile
from actions.replying import say
from actions.resources import SHANGHAI
from actions.shop_action import ShopAction
from actions.wishes import Wishes, read_wishes
from framework_plugin.corpus.user_context import FactKind, UserContext
from framework_plugin.errors import DocumentError, PersonalChatError

logger = logging.getLogger(__name__)

RECOMMENDED = "last_recommended"
WISH_SLOTS = ("taste", "product", "budget", "gift_for")
_SEASONS = ("winter", "spring", "summer", "autumn")


class ActionRecommendProduct(ShopAction):
    """Recommends one thing that fits the wishes and the memory, and says why."""

    action_name = "action_recommend_product"

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Recommends."""
        now = self._resources.clock().astimezone(SHANGHAI)
        try:
            catalogue = self._resources.catalogue
        except DocumentError as error:
            logger.error("The catalogue cannot be used: %s", error)
            say(dispatcher, f"货架这会儿打不开，我不敢乱推荐。{way_to_a_person(now)}")
            return []
        goes_on = latest_intent(tracker) == "another_one"
        shown = [str(id_) for id_ in tracker.get_slot(RECOMMENDED) or []]
        wishes = self._wishes(tracker, goes_on)
        last = catalogue.get(shown[-1]) if shown else None
        if goes_on and last:
            wishes = following(last, wishes, {catalogue.get(id_) for id_ in shown})
        user = self._user(tracker)
        good = choose(catalogue, wishes, user, shown, now)
        if good is None:
            say(dispatcher, "合你说的，我能想到的就这些了。换个口味或价钱，我再挑挑？")
            return [SlotSet(RECOMMENDED, None)]
        source = {"kind": "catalogue", "good": good.id}
        say(dispatcher, recommendation(good, wishes, user), source)
        events = [SlotSet(RECOMMENDED, [*shown, good.id])]
        if not goes_on:
            events += [
                SlotSet(slot, None)
                for slot in WISH_SLOTS
                if not list(tracker.get_latest_entity_values(slot))
            ]
        return events

    def _wishes(self, tracker: Tracker, goes_on: bool) -> Wishes:
        """The wishes of this message; `换一个` keeps those of the request before."""
        entities = {
            slot: [str(value) for value in tracker.get_latest_entity_values(slot)]
            for slot in WISH_SLOTS
        }
        if goes_on:
            for slot, values in entities.items():
                if not values and tracker.get_slot(slot):
                    entities[slot] = [str(tracker.get_slot(slot))]
        return read_wishes(latest_text(tracker), entities)

    def _user(self, tracker: Tracker) -> UserContext:
        """What is known of the user; nothing while the memory is away."""
        try:
            return load_profile(self._resources, tracker).now
        except PersonalChatError as error:
            logger.error("The memory cannot be reached: %s", error)
            return UserContext(tracker.sender_id)


def following(last: Good, wishes: Wishes, shown: Collection[Good | None]) -> Wishes:
    """The wishes for something else than the last recommendation.

    What was not meant as a present comes from the same shelf again, and what was too
    dear is followed by something cheaper. The name of a thing that was shown is no wish
    any more.
    """
    names = {good.name for good in shown if good}
    wishes = replace(wishes, words=tuple(w for w in wishes.words if w not in names))
    if wishes.gift_for is None:
        wishes = replace(wishes, kind=wishes.kind or last.kind)
    if wishes.cheaper:
        return replace(wishes, budget=last.price - 1)
    return wishes


def choose(
    catalogue: Catalogue,
    wishes: Wishes,
    user: UserContext,
    shown: list[str],
    now: datetime,
) -> Good | None:
    """The thing that fits best and was not shown before, or None.

    Args:
        catalogue: What there is.
        wishes: What was asked for; price, kind, caffeine and what to avoid must fit.
        user: Whose likes count, and whose dislikes are left out.
        shown: Ids of what was recommended already; a thing called by its name may
            come again.
        now: The present moment, for the season.
    """
    avoid = (*wishes.avoid, *user.values(FactKind.DISLIKE))
    fitting = [
        good
        for good in catalogue
        if (good.id not in shown or good.name in wishes.words)
        and (wishes.budget is None or good.price <= wishes.budget)
        and (wishes.kind is None or wishes.kind == good.kind or wishes.words)
        and not (wishes.calm and good.caffeine is Caffeine.SOME)
        and not any(good.matches(word) for word in avoid)
    ]
    if wishes.words:
        fitting = [g for g in fitting if any(g.matches(w) for w in wishes.words)]
    season = _SEASONS[now.month % 12 // 3]

    def fit(good: Good) -> float:
        asked = sum(good.matches(word) for word in wishes.words)
        liked = any(good.matches(like) for like in user.values(FactKind.LIKE))
        present = 0 if wishes.gift_for is None else good.gift + (good.kind == "礼盒")
        return 3 * asked + 2 * liked + 2 * present + 0.5 * (season in good.seasons)

    return max(fitting, key=fit, default=None)


def recommendation(good: Good, wishes: Wishes, user: UserContext) -> str:
    """The words that recommend a thing, with every reason that is true of it."""
    reasons = [good.about]
    wished = next((word for word in wishes.words if good.matches(word)), None)
    if wished:
        reasons.append(f"正合你说的「{wished}」")
    likes = user.values(FactKind.LIKE)
    liked = next((like for like in likes if good.matches(like)), None)
    if liked and liked != wished:
        reasons.append(f"你说过喜欢{liked}")
    if wishes.gift_for is not None and good.gift:
        whom = f"送{wishes.gift_for}" if wishes.gift_for else "送人"
        reasons.append(f"{whom}也拿得出手")
    if wishes.calm:
        low = good.caffeine is Caffeine.LOW
        reasons.append("咖啡因少" if low else "不含咖啡因")
    if wishes.cheaper:
        reasons.append("价钱也实惠")
    elif wishes.budget is not None:
        reasons.append(f"没超过{wishes.budget}元")
    return f"看看{good.name}（{good.priced(wishes.budget)}）：{'，'.join(reasons)}。"
