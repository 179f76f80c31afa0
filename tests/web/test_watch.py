"""A server looks for what others say to the visitors whose pages it has."""

from __future__ import annotations

from pathlib import Path

from rasa.shared.core.events import BotUttered

from framework_plugin.components.channels.web_hub import Hub
from framework_plugin.components.channels.web_watch import Watch
from tests.components.talking import open_store, turn


async def test_what_a_page_missed_before_the_first_look_is_told_by_it(
    tmp_path: Path,
) -> None:
    here, elsewhere = (open_store(tmp_path / "rasa.db") for _ in range(2))
    await turn(elsewhere, "visitor", "你好")
    hub = Hub()
    watch = Watch(hub)
    known = here.memory.repository
    with known.reading() as connection:
        row = connection.exec_driver_sql("SELECT max(id) FROM events").scalar()
    with hub.page("visitor", row) as news:
        tracker = await elsewhere.retrieve("visitor")
        tracker.update(BotUttered("您的订单今天到"))
        await elsewhere.save(tracker)

        await watch._look(here)
        await watch._look(here)

        said = news.get_nowait()
        assert said["message"]["text"] == "您的订单今天到"
        assert news.empty()
