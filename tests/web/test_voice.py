"""Speaking at the chat page: over HTTP, and in a real browser.

Its microphone plays a recording.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.shared.core.domain import Domain

from framework_plugin.components.channels.web import WebChat
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.voice.audio import Audio, decoded
from tests.voice.conftest import SETTINGS, recording, speech
from tests.voice.recordings import WORDS, espeak, silence, written
from tests.web.client import Client
from tests.web.conftest import SECRET, Served, domain_of
from tests.web.small_bot import served
from tests.web.tabs import DESKTOP, PHONE, Tab, say, until, violations

pytestmark = pytest.mark.slow

__all__ = ["recording", "speech"]

MIC, SPEECH = ".mic", "#tools button[aria-pressed]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("voice_page")


@pytest.fixture(scope="module")
def page(model: Path, folder: Path) -> Iterator[Served]:
    for name in ("av", "pocketsphinx"):
        pytest.importorskip(name, reason=f"the package {name} is not installed")
    limits = "limits: {seconds: 20, megabytes: 0.5}"
    (folder / "voice.yml").write_text(f"{SETTINGS}\n{limits}\n")
    store = MemoryTrackerStore(Domain.load(domain_of(model)), db=str(folder / "r.db"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        keys = {"secret": SECRET, "title": "小满", "messages_per_minute": 10}
        channel = WebChat.from_credentials({**keys, "visitors_per_minute": 1_000})
    with served("test_voice", model, store, [channel]) as url:
        yield Served(url, store)


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[Any]:
    """Chromium whose microphone says `WORDS`, again and again, with pauses between."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed"
    )
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("there is no Chromium; `apt-get install chromium` brings one")
    said = decoded(espeak(WORDS), 60).samples
    file = folder / "microphone.wav"
    said = np.concatenate((silence(0.6), said, silence(4.0)))
    file.write_bytes(written(said, "WAV"))
    flags = [
        "--no-sandbox",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={file}",
        "--autoplay-policy=no-user-gesture-required",
    ]
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=chromium, args=flags)
        yield found
        found.close()


@pytest.fixture
def tab(browser: Any, page: Served, request: Any) -> Iterator[Tab]:
    options = {"viewport": DESKTOP, "locale": "zh-CN", **getattr(request, "param", {})}
    context = browser.new_context(**options)
    found, complaints = context.new_page(), []
    found.on("console", lambda said: complaints.append(said.text) if bad(said) else 0)
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.goto(f"{page.url}/chat/")
    found.wait_for_selector("#welcome:not([hidden])")
    yield found
    context.close()
    assert complaints == []


@pytest.fixture
def visitor(page: Served) -> Client:
    found = Client(page.url)
    found.enter()
    return found


def recorded(
    visitor: Client, data: bytes, kind: str = "audio/webm"
) -> tuple[int, dict[str, Any]]:
    """What the server makes of a recording."""
    return posted(visitor, "voice", data, kind)


def posted(
    visitor: Client, path: str, data: bytes, kind: str
) -> tuple[int, dict[str, Any]]:
    answer, content = visitor.raw(
        "POST", f"{visitor.place}/api/{path}", data, {"Content-Type": kind}
    )
    return answer.status, json.loads(content)


def test_a_recording_becomes_words_that_are_a_marked_message(
    visitor: Client, speech: Audio
) -> None:
    voice = visitor.enter()["voice"]
    assert voice == {"hears": True, "speaks": True, "seconds": 20.0}
    kind = "audio/webm;codecs=opus"
    status, heard = recorded(visitor, written(speech.samples, "WebM"), kind)
    assert (status, heard["text"]) == (200, WORDS)
    assert 0 < heard["confidence"] <= 1
    lines = visitor.lines(heard["text"], spoken=True)
    own = lines[-1]["messages"][0]
    assert (own["text"], own["spoken"]) == (WORDS, True)
    assert "spoken" not in visitor.say("你好")[0]
    wrong = {"id": "0123456789", "text": "x", "spoken": "yes"}
    assert visitor.call("POST", "/messages", wrong)[0] == 400


def test_what_is_not_understood_is_told_by_its_trouble(
    visitor: Client, recording: bytes
) -> None:
    for data, status, trouble in (
        (written(silence(1), "WAV"), 422, "silent"),
        (b"nothing of the kind", 422, "unreadable"),
        (recording[:50], 422, "unreadable"),
        (written(silence(21), "FLAC"), 413, "too_long"),
    ):
        answer = recorded(visitor, data)
        assert (answer[0], answer[1]["trouble"]) == (status, trouble)
    # More bytes than are allowed are not even read.
    assert recorded(visitor, bytes(500_001))[0] == 413


def test_only_the_page_itself_may_send_recordings_and_have_texts_spoken(
    page: Served, visitor: Client, recording: bytes
) -> None:
    assert recorded(visitor, recording, "text/plain")[0] == 415
    stranger = Client(page.url)
    assert recorded(stranger, recording)[0] == 401
    assert stranger.call("POST", "/speech", {"text": "你好"})[0] == 401
    visitor.origin = "https://attacker.example"
    assert recorded(visitor, recording)[0] == 403
    assert visitor.call("POST", "/speech", {"text": "你好"})[0] == 403


def test_a_reply_is_spoken_and_nothing_else(visitor: Client) -> None:
    def speech_of(text: Any) -> tuple[int, str | None, bytes]:
        body = json.dumps({"text": text}).encode()
        kind = {"Content-Type": "application/json"}
        answer, content = visitor.raw("POST", "/chat/api/speech", body, kind)
        return answer.status, answer.getheader("Content-Type"), content

    status, kind, sound = speech_of(WORDS)
    assert (status, kind) == (200, "audio/wav")
    assert decoded(sound, 60).seconds > 0.8
    for text, status in (("", 400), (7, 400), ("字" * 4_001, 413), ("🍵", 422)):
        assert speech_of(text)[0] == status


def test_recordings_that_come_too_often_are_slowed_down(page: Served) -> None:
    visitor = Client(page.url)
    visitor.enter()
    answers = [recorded(visitor, b"x")[0] for _ in range(19)]
    assert answers == [422] * 18 + [429]


def part(
    visitor: Client, id_: str, start: int | str, data: bytes, kind: str = "audio/webm"
) -> tuple[int, dict[str, Any]]:
    """What the server makes of a part of a recording."""
    return posted(visitor, f"voice/part?id={id_}&start={start}", data, kind)


def test_parts_of_a_recording_become_the_words_so_far(
    visitor: Client, speech: Audio
) -> None:
    whole = written(np.concatenate((silence(0.3), speech.samples)), "WebM")
    half = len(whole) // 2
    assert part(visitor, "0123456789", 0, whole[:half])[0] == 200
    status, told = part(visitor, "0123456789", half, whole[half:])
    assert (status, told) == (200, {"text": WORDS, "more": True})
    # What another server has is sent anew, and so is what was lost.
    assert part(visitor, "abcdefghij", half, whole[half:])[0] == 409
    assert part(visitor, "abcdefghij", 0, whole)[1]["text"] == WORDS
    assert part(visitor, "abcdefghij", 1, b"x")[0] == 409
    # Once the whole has come, its parts are forgotten.
    assert part(visitor, "abcdefghij", 0, whole)[0] == 200
    assert recorded(visitor, whole)[1]["text"] == WORDS
    assert part(visitor, "abcdefghij", len(whole), b"x")[0] == 409


def test_parts_have_the_limits_of_whole_recordings(page: Served) -> None:
    visitor = Client(page.url)
    assert part(visitor, "0123456789", 0, b"x")[0] == 401
    visitor.enter()
    assert part(visitor, "0123456789", 0, b"x", "text/plain")[0] == 415
    for id_, start in (("short", 0), ("0123456789", "x"), ("0123456789", "-1")):
        assert part(visitor, id_, start, b"x")[0] == 400
    assert part(visitor, "0123456789", 0, bytes(400_000))[0] == 200
    assert part(visitor, "0123456789", 400_000, bytes(100_001))[0] == 413
    long = part(visitor, "9876543210", 0, written(silence(21), "FLAC"))
    assert (long[0], long[1]["trouble"]) == (413, "too_long")
    answers = [part(visitor, "0123456789", 0, b"x")[0] for _ in range(20)]
    assert answers[-1] == 429
    visitor.origin = "https://attacker.example"
    assert part(visitor, "0123456789", 0, b"x")[0] == 403


def bad(said: Any) -> bool:
    return said.type == "error" and "status of 422" not in said.text


def hold(tab: Tab, milliseconds: int) -> None:
    """Presses the button of the microphone for a while."""
    box = tab.locator(MIC).bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    until(lambda: tab.locator(MIC).get_attribute("aria-pressed") == "true")
    tab.wait_for_timeout(milliseconds)
    tab.mouse.up()


def own(tab: Tab) -> list[str]:
    return list(tab.locator(".message.user .bubble").all_inner_texts())


def test_who_holds_the_button_sees_the_words_and_is_answered(
    tab: Tab, page: Served
) -> None:
    hold(tab, 3_200)
    until(lambda: own(tab) == [WORDS], 30)
    until(lambda: tab.locator(".message.bot .foot time").count() == 1)
    assert tab.locator(".message.user .bubble svg").count() == 1
    assert tab.locator(".message.bot .bubble").inner_text() == "我没听懂"
    assert violations(tab) == []
    tab.reload()
    tab.wait_for_selector(".message.bot")
    # It is kept that it was spoken.
    assert own(tab) == [WORDS]
    assert tab.locator(".message.user .bubble svg").count() == 1
    with page.store.memory.repository.reading() as connection:
        rows = connection.exec_driver_sql(
            "select data from events where type_name = 'user' order by id desc"
        ).scalars()
        data = next(iter(rows))
    assert '"spoken":true' in data
    assert f'"transcript":"{WORDS}"' in data


def test_the_keyboard_begins_and_ends_and_escape_takes_it_back(tab: Tab) -> None:
    mic = tab.locator(MIC)
    mic.focus()
    tab.keyboard.press("Enter")
    until(lambda: mic.get_attribute("aria-pressed") == "true")
    assert mic.get_attribute("aria-label") == "说完了"
    assert violations(tab) == []
    tab.wait_for_timeout(600)
    tab.keyboard.press("Escape")
    until(lambda: mic.get_attribute("aria-pressed") == "false")
    tab.wait_for_timeout(300)
    assert own(tab) == []
    tab.keyboard.press("Space")
    until(lambda: mic.get_attribute("aria-pressed") == "true")
    tab.wait_for_timeout(3_200)
    tab.keyboard.press("Space")
    until(lambda: own(tab) == [WORDS], 30)


def test_words_appear_while_somebody_speaks(tab: Tab) -> None:
    mic, so_far = tab.locator(MIC), tab.locator(".so-far")
    mic.focus()
    tab.keyboard.press("Enter")
    until(lambda: so_far.inner_text() == WORDS, 30)
    assert mic.get_attribute("aria-pressed") == "true"
    assert own(tab) == []
    assert violations(tab) == []
    tab.keyboard.press("Enter")
    until(lambda: len(own(tab)) == 1, 30)
    assert own(tab)[0].startswith(WORDS)
    assert so_far.is_hidden()


def test_words_that_are_taken_back_are_gone(tab: Tab) -> None:
    tab.locator(MIC).click()
    until(lambda: tab.locator(".so-far").inner_text() == WORDS, 30)
    tab.keyboard.press("Escape")
    until(lambda: tab.locator(".so-far").is_hidden())
    tab.wait_for_timeout(1_200)
    assert tab.locator(".so-far").is_hidden()
    assert own(tab) == []


def test_a_short_press_listens_until_the_next_one(tab: Tab) -> None:
    mic = tab.locator(MIC)
    mic.click()
    until(lambda: mic.get_attribute("aria-pressed") == "true")
    tab.wait_for_timeout(3_200)
    assert mic.get_attribute("aria-pressed") == "true"
    mic.click()
    until(lambda: own(tab) == [WORDS], 30)


def test_who_says_nothing_is_told_kindly(tab: Tab) -> None:
    tab.evaluate(
        """() => {
          navigator.mediaDevices.getUserMedia = async () => {
            const context = new AudioContext();
            const [tone, none] = [context.createOscillator(), context.createGain()];
            const out = context.createMediaStreamDestination();
            none.gain.value = 0;
            tone.connect(none).connect(out);
            tone.start();
            return out.stream;
          };
        }"""
    )
    hold(tab, 800)
    until(lambda: tab.locator("#state").inner_text() != "", 30)
    assert "没听到声音" in tab.locator("#state").inner_text()
    assert own(tab) == []
    assert tab.locator(MIC).get_attribute("aria-disabled") == "false"


def test_who_does_not_allow_the_microphone_is_told_what_to_do(tab: Tab) -> None:
    for error, told in (
        ("NotAllowedError", "没有得到使用麦克风的允许"),
        ("NotFoundError", "没有找到能用的麦克风"),
    ):
        tab.evaluate(
            """(name) => {
              navigator.mediaDevices.getUserMedia = () =>
                Promise.reject(new DOMException("", name));
            }""",
            error,
        )
        tab.locator(MIC).click()
        until(lambda told=told: told in tab.locator("#state").inner_text())
        assert tab.locator(MIC).get_attribute("aria-pressed") == "false"


def test_replies_are_read_out_where_that_is_wished(tab: Tab) -> None:
    sounds: list[Any] = []
    tab.on("response", lambda one: sounds.append(one) if "speech" in one.url else 0)
    tab.evaluate(
        """() => {
          window.played = [];
          const play = HTMLMediaElement.prototype.play;
          HTMLMediaElement.prototype.play = function () {
            this.addEventListener("ended", () => window.played.push(this.duration));
            return play.call(this);
          };
        }"""
    )
    say(tab, "你好")
    switch = tab.get_by_role("button", name="朗读回答")
    assert switch.get_attribute("aria-pressed") == "false"
    switch.click()
    assert switch.get_attribute("aria-pressed") == "true"
    assert not sounds
    say(tab, "你好")
    until(lambda: tab.evaluate("window.played.length") == 1, 30)
    assert tab.evaluate("window.played[0]") > 0.2
    assert sounds[0].headers["content-type"] == "audio/wav"
    assert violations(tab) == []
    tab.reload()
    tab.wait_for_selector(".message.bot")
    assert switch.get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize(
    "tab",
    [
        {"viewport": PHONE, "color_scheme": "dark"},
        {"viewport": PHONE, "locale": "en-GB"},
    ],
    indirect=True,
)
def test_on_a_phone_there_is_room_for_it(tab: Tab) -> None:
    tab.locator(MIC).click()
    until(lambda: tab.locator(MIC).get_attribute("aria-pressed") == "true")
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert violations(tab) == []
    tab.keyboard.press("Escape")


def test_only_this_page_may_use_the_microphone_and_only_its_own_sounds(
    page: Served, tab: Tab
) -> None:
    headers = tab.request.get(f"{page.url}/chat/").headers
    assert "microphone=(self)" in headers["permissions-policy"]
    assert "media-src 'self' blob:" in headers["content-security-policy"]
