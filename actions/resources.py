"""What the actions work with, loaded when first needed and then kept."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from actions.catalogue import Catalogue
from actions.order_book import OrderBook
from framework_plugin.errors import DocumentError, SettingsError
from framework_plugin.handover.notices import Notices
from framework_plugin.handover.outbox import Outbox
from framework_plugin.handover.place import QueueDatabase
from framework_plugin.handover.queue import HandoverQueue
from framework_plugin.handover.settings import HandoverSettings, settings_beside
from framework_plugin.handover.webhook import Webhook
from framework_plugin.memory.database import endpoint_time_zone
from framework_plugin.memory.extraction import FactExtractor
from framework_plugin.memory.holding import hold
from framework_plugin.memory.opening import Memory, open_memory
from framework_plugin.memory.repository import MemoryRepository
from framework_plugin.memory.tables import (
    handover_notices,
    handover_replies,
    handovers,
)
from framework_plugin.retrieval import Judge, LiveIndex
from framework_plugin.retrieval.faq_folder import FaqFolder
from framework_plugin.retrieval.ranker_file import load_judge
from framework_plugin.retrieval.store import DocumentRepository

# China keeps one time and no summer time, so no time zone database is needed.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parent.parent
_PREFIX = "PERSONAL_CHAT_"


@dataclass(frozen=True)
class ActionSettings:
    """Where the actions find their data.

    Each path can be set by an environment variable: `PERSONAL_CHAT_FAQ`,
    `PERSONAL_CHAT_CATALOGUE`, `PERSONAL_CHAT_ORDERS`, `PERSONAL_CHAT_ENDPOINTS`,
    `PERSONAL_CHAT_RANKER`.
    Relative ones start at the folder in which the action server was started.

    Args:
        faq: File or folder of questions and answers.
        catalogue: The goods.
        orders: The sample orders.
        endpoints: Rasa's `endpoints.yml`, which names the database of the memory.
        ranker: What `personal-chat documents learn` wrote; used if it is there.
    """

    faq: Path = _ROOT / "nlu_data" / "faq"
    catalogue: Path = _ROOT / "nlu_data" / "shop" / "catalogue.yml"
    orders: Path = _ROOT / "actions" / "orders.yml"
    endpoints: Path = _ROOT / "endpoints.yml"
    ranker: Path = _ROOT / "models" / "ranker.npz"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> ActionSettings:
        """The settings with what the environment says otherwise."""
        given = {f.name: environment.get(_PREFIX + f.name.upper()) for f in fields(cls)}
        return cls(**{name: Path(value) for name, value in given.items() if value})


@dataclass(frozen=True)
class Desk:
    """Where people take conversations over.

    Args:
        settings: When they are there.
        queue: Who waits for them.
        outbox: What they have said.
        webhook: Tells another system of it, if there is one.
    """

    settings: HandoverSettings
    queue: HandoverQueue
    outbox: Outbox
    webhook: Webhook | None


class Resources:
    """Indexes, books and the memory of users, each loaded when first asked for.

    What cannot be loaded raises one of the package's errors each time, so that it is
    found again as soon as it is repaired.

    Args:
        settings: Where the data are.
        clock: Tells the time, with its time zone.
    """

    def __init__(
        self,
        settings: ActionSettings,
        clock: Callable[[], datetime] = lambda: datetime.now(SHANGHAI),
    ) -> None:
        self.settings = settings
        self.clock = clock

    @cached_property
    def faq(self) -> LiveIndex:
        """The questions and answers of files and documents, as they are now."""
        folder = FaqFolder(self.settings.faq)
        return LiveIndex(
            folder.index(self._judge()),
            self._documents,
            lambda: self.clock().timestamp(),
            folder,
        )

    def _judge(self) -> Judge | None:
        """The learned judge; None, for the formula, where there is none to be used."""
        if not self.settings.ranker.exists():
            return None
        try:
            return load_judge(self.settings.ranker)
        except DocumentError as error:
            logger.error("Answers are judged by the formula: %s", error)
            return None

    def _documents(self) -> DocumentRepository:
        folder = self.settings.endpoints.resolve().parent
        return DocumentRepository(self.memory.engine, folder)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The goods of the shop."""
        return Catalogue.read(self.settings.catalogue)

    @cached_property
    def orders(self) -> OrderBook:
        """The orders of the shop."""
        return OrderBook.read(self.settings.orders)

    @cached_property
    def extractor(self) -> FactExtractor:
        """Reads facts out of messages, as the tracker store does."""
        return FactExtractor(endpoint_time_zone(self._endpoints()))

    @cached_property
    def memory(self) -> MemoryRepository:
        """What is known of the users."""
        return self.opened.repository

    @cached_property
    def opened(self) -> Memory:
        """Where that is kept, and how it is protected."""
        return open_memory(self._endpoints())

    @cached_property
    def desk(self) -> Desk | None:
        """Where people take conversations over; None if nobody does."""
        settings = settings_beside(self.settings.endpoints)
        if settings is None:
            return None
        tables = handovers, handover_replies, handover_notices
        read, write = self.memory.reading, self.memory.writing
        database = QueueDatabase(*tables, read, write, hold)
        hook = settings.webhook
        notices = Notices(database) if hook else None
        webhook = Webhook(hook, notices) if hook and notices else None
        queue = HandoverQueue(database, notices)
        return Desk(settings, queue, Outbox(database), webhook)

    def _endpoints(self) -> Mapping[str, Any]:
        path = self.settings.endpoints
        try:
            endpoints = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise SettingsError(
                f"'{path}' cannot be read ({error}). Expected Rasa's endpoints.yml; set"
                " PERSONAL_CHAT_ENDPOINTS to where it is."
            ) from error
        return endpoints or {}


@lru_cache(maxsize=1)
def default_resources() -> Resources:
    """The resources that all actions of this process share."""
    return Resources(ActionSettings.from_environment(os.environ))
