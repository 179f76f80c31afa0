"""Codes that link accounts, said in a conversation, are stored by nobody."""

from __future__ import annotations

from typing import Any

from rasa.shared.core.events import BotUttered, Event, UserUttered

from framework_plugin.components.stored_events import event_of
from framework_plugin.memory.link_codes import is_code, without_codes

LINK_ACCOUNT = "link_account"
"""Intent of a message that asks for a code or says one."""

LINK_CODE = "link_code"
"""Kind of source of an answer that holds a code."""


def without_secrets(event: Event) -> Event:
    """An event as it may be stored: itself, or a copy in which a code is masked."""
    if not _may_hold_code(event):
        return event
    data = event.as_dict()
    data["text"] = without_codes(data["text"])
    data["metadata"] = _masked_transcript(data.get("metadata"))
    parsed = data.get("parse_data")
    if isinstance(parsed, dict) and isinstance(parsed.get("text"), str):
        data["parse_data"] = {
            **parsed,
            "text": without_codes(parsed["text"]),
            "entities": [_masked(entity) for entity in parsed.get("entities", ())],
        }
        if "metadata" in parsed:
            data["parse_data"]["metadata"] = _masked_transcript(parsed["metadata"])
    return event_of(data, "A message with a code") or event


def _masked_transcript(metadata: Any) -> Any:
    """Metadata without the code, which says it again if it was spoken."""
    if not isinstance(metadata, dict) or "transcript" not in metadata:
        return metadata
    return {**metadata, "transcript": without_codes(str(metadata["transcript"]))}


def _may_hold_code(event: Event) -> bool:
    if isinstance(event, BotUttered):
        source = (event.data or {}).get("source") or event.metadata.get("source")
        return isinstance(source, dict) and source.get("kind") == LINK_CODE
    if isinstance(event, UserUttered) and event.text:
        return event.intent_name == LINK_ACCOUNT or is_code(event.text)
    return False


def _masked(entity: Any) -> Any:
    if isinstance(entity, dict) and isinstance(entity.get("value"), str):
        return {**entity, "value": without_codes(entity["value"])}
    return entity
