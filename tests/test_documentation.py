"""What the documentation says of the settings is what they are."""

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / "scripts" / "options_page.py"


def test_the_page_of_options_is_made_from_the_settings() -> None:
    spec = importlib.util.spec_from_file_location("options_page", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.PAGE.read_text(encoding="utf-8") == script.page(), (
        "Run: .venv/bin/python scripts/options_page.py"
    )
