r"""Personal numbers hidden in what is logged, by Rasa as well.

A filter of a logger sees nothing of the loggers below it, and one of a handler nothing
of the handlers that are added later. So records are masked where they are made. Rasa
logs with structlog, too: it is masked before it is turned into JSON, in which `\u7535`
could pass for a part of a number.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import structlog

from framework_plugin.memory.masking import mask, mask_values

_ESCAPE = re.compile(r"(\\u[0-9a-fA-F]{4})")


class MaskingFilter(logging.Filter):
    """Masks the message and the traceback of every record; lets all of them pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Masks one record."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            # A wrong call: logging itself reports it.
            return True
        masked = _mask_escaped(message)
        if masked != message:
            record.msg, record.args = masked, ()
        if record.exc_info and not record.exc_text:
            trace = logging.Formatter().formatException(record.exc_info)
            record.exc_text = _mask_escaped(trace)
        return True


def mask_logs() -> None:
    """Masks all that this process logs from now on; more calls change nothing."""
    make = logging.getLogRecordFactory()
    if getattr(make, "masks", False):
        _mask_structlog()
        return
    masking = MaskingFilter()

    def masked_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        masking.filter(record)
        return record

    masked_record.masks = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(masked_record)
    _mask_structlog()


def _mask_structlog() -> None:
    processors = structlog.get_config()["processors"]
    # Loggers that are in use hold this very list.
    if isinstance(processors, list) and _masked_event not in processors:
        processors.insert(0, _masked_event)


def _masked_event(_: Any, __: str, event: Any) -> Any:
    """A structlog processor; see its documentation for the arguments."""
    return {key: _masked_value(value) for key, value in event.items()}


def _masked_value(value: Any) -> Any:
    if isinstance(value, int | float | str | dict | list | tuple):
        return mask_values(value)
    # Events, trackers and the like are logged as what they look like.
    shown = repr(value)
    masked = mask(shown)
    return value if masked == shown else masked


def _mask_escaped(text: str) -> str:
    if "\\u" not in text:
        return mask(text)
    parts = _ESCAPE.split(text)
    return "".join(part if _ESCAPE.fullmatch(part) else mask(part) for part in parts)
