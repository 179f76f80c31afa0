"""Whose the facts of a sender are, as a part of other statements."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from framework_plugin.memory.history import USER
from framework_plugin.memory.tables import identities

USER_OF: Any = sa.select(identities.c.user_id).where(identities.c.sender_id == USER)
"""The person that a sender was linked to; no row for one that was not."""

PERSON: Any = sa.func.coalesce(USER_OF.scalar_subquery(), USER)
"""The person that a sender belongs to: the one linked to, or one of their own."""
