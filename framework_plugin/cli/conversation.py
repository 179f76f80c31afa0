"""How a conversation looks: at a terminal, and line by line for programs."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from framework_plugin.cli.turn import Button, Turn

Answer = Callable[[str], "Turn"]
"""Answers a message."""

NAME = "小满"
_PROMPT = "你 › "
_LEAVE = "/exit"


def in_lines(
    answer: Answer, lines: Iterable[str], out: TextIO, *, as_json: bool
) -> None:
    """Answers each line before the next one is read.

    Args:
        answer: Answers a message.
        lines: The messages; an empty one is a message too.
        out: Where answers are written.
        as_json: Whether to write an object for each turn instead of the plain texts.
    """
    for line in lines:
        turn = answer(line.rstrip("\r\n"))
        if as_json:
            print(json.dumps(turn.as_dict(), ensure_ascii=False), file=out, flush=True)
        else:
            for reply in turn.replies:
                print(f"{NAME}: {reply}", file=out, flush=True)


def at_terminal(answer: Answer, console: Console) -> None:
    """Talks until `/exit`, Ctrl-D or Ctrl-C."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    with suppress(ImportError):
        # Gives `input` editing of the line, and its history.
        import readline  # noqa: F401
    greeting = f"和{NAME}说点什么吧。（{_LEAVE} 或 Ctrl-D 离开）"
    console.print(greeting, style="dim", highlight=False)
    buttons: tuple[Button, ...] = ()
    try:
        while (text := _typed(console)) != _LEAVE:
            with console.status("…"):
                turn = answer(chosen(text, buttons))
            _show(turn, console)
            buttons = turn.buttons
    except (EOFError, KeyboardInterrupt):
        console.print()
    console.print("再见。", style="dim")


def chosen(text: str, buttons: tuple[Button, ...]) -> str:
    """What to send for a text: the payload of the button whose number it is.

    Only for payloads that are intents. Other buttons stand for words of the user, and
    the assistant understands the bare number itself.
    """
    number = text.strip()
    if number.isdecimal() and 0 < int(number) <= len(buttons):
        payload = buttons[int(number) - 1].payload
        if payload.startswith("/"):
            return payload
    return text


def _typed(console: Console) -> str:
    if not console.color_system:
        return input(_PROMPT).strip()
    # Marked as of no width, or line editing would count the colours as characters.
    return input(f"\001\033[1;36m\002{_PROMPT}\001\033[0m\002").strip()


def _show(turn: Turn, console: Console) -> None:
    for reply in turn.replies:
        console.print(Text.assemble((f"{NAME} › ", "bold magenta"), reply))
    said = "\n".join(turn.replies)
    for number, button in enumerate(turn.buttons, start=1):
        if button.title not in said:
            console.print(Text(f"  {number}. {button.title}"))
