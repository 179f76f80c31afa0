"""Rasa's written responses, the one used longest ago first."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from framework_plugin.components.follow_up import (
    FOLLOWED_UP,
    UTTER_FOLLOW_UP,
    plan_to_ask_about,
    words_for,
)


class FreshResponses(TemplatedNaturalLanguageGenerator):
    """Never says the same wording of a response twice while it has another.

    Rasa draws a wording at random, and so repeats itself every few turns. Named in
    `endpoints.yml` as
    `nlg: {type: framework_plugin.components.fresh_responses.FreshResponses}`.

    Args:
        endpoint_config: The section `nlg` of `endpoints.yml`; it has no options.
        domain: Its responses are chosen from; Rasa hands those of the model over when
            it loads one.
    """

    def __init__(
        self,
        endpoint_config: EndpointConfig | None = None,
        domain: Domain | None = None,
    ) -> None:
        super().__init__(domain.responses if domain else {})

    async def generate(
        self,
        utter_action: str,
        tracker: DialogueStateTracker,
        output_channel: str,
        **kwargs: Any,
    ) -> dict[str, Any] | None:
        """The wording of a response that was used longest ago in this session.

        In place of a greeting, the question how a plan of the user went, where one is
        due and the domain has words for it.
        """
        plan = plan_to_ask_about(utter_action, tracker)
        if plan is not None and UTTER_FOLLOW_UP in self.responses:
            words = words_for(plan, utter_action, tracker.events[-1].timestamp)
            asked = await self.generate(
                UTTER_FOLLOW_UP, tracker, output_channel, **{**kwargs, **words}
            )
            if asked is not None:
                return {**asked, FOLLOWED_UP: plan.id}
        if utter_action not in self.responses:
            return None
        slots = tracker.current_slot_values()
        suitable = ResponseVariationFilter(self.responses).responses_for_utter_action(
            utter_action, output_channel, slots
        )
        if not suitable:
            return None
        said = [e.text for e in tracker.events if isinstance(e, BotUttered)]
        last_use = {text: index for index, text in enumerate(said)}
        # Not every session shall begin with the same words.
        start = int(tracker.events[0].timestamp) if tracker.events else 0
        start %= len(suitable)
        filled: list[dict[str, Any]] = [
            self._fill_response(deepcopy(response), slots, **kwargs)
            for response in suitable[start:] + suitable[:start]
        ]
        return min(filled, key=lambda response: last_use.get(response.get("text"), -1))
