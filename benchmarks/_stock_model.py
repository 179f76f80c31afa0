"""The same assistant as stock Rasa would have it: its model without our policy."""

from __future__ import annotations

import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any

_OURS = "LSTMResponsePolicy"
_FALLBACK = {
    "enable_fallback_prediction": True,
    "core_fallback_threshold": 0.3,
    "core_fallback_action_name": "utter_capabilities",
}


def stock_model(model: Path, folder: Path) -> Path:
    """A model with the same NLU, memoised stories and rules, and no generator.

    Where no rule applies, Rasa's `RulePolicy` answers with a fixed text.

    Args:
        model: A trained model of this project.
        folder: Where the other one is put.

    Returns:
        The file of the other model.
    """
    made = folder / "stock.tar.gz"
    with tempfile.TemporaryDirectory() as unpacked:
        with tarfile.open(model) as archive:
            archive.extractall(unpacked)
        path = Path(unpacked) / "metadata.json"
        metadata = json.loads(path.read_text(encoding="utf-8"))
        _take_out(metadata["predict_schema"]["nodes"])
        path.write_text(json.dumps(metadata), encoding="utf-8")
        with tarfile.open(made, "w:gz", compresslevel=1) as archive:
            archive.add(unpacked, arcname="/")
    return made


def _take_out(nodes: dict[str, Any]) -> None:
    for name in [name for name in nodes if _OURS in name]:
        del nodes[name]
    choosing = nodes["select_prediction"]["needs"]
    for key in [key for key, name in choosing.items() if _OURS in name]:
        del choosing[key]
    for name, node in nodes.items():
        if "RulePolicy" in name:
            node["config"] = {**node["config"], **_FALLBACK}
