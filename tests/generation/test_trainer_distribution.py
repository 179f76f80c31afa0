import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from framework_plugin.errors import SettingsError
from framework_plugin.generation.training.distribution import Distribution
from tests.generation.tiny_training import SETTINGS, Watching, train

pytestmark = pytest.mark.slow

# The last batch of each epoch has one example: one worker of two has none. The step
# size is the same whatever the number of epochs, so that a part can be compared.
SAME = replace(SETTINGS, dropout=0.0, schedule="constant", warmup=0.0)
WORKER = """
import json, sys
from pathlib import Path
from framework_plugin.generation.training.distribution import Distribution
distribution = Distribution.of(2)
from dataclasses import replace
from tests.generation.test_trainer_distribution import SAME
from tests.generation.tiny_training import Watching, train
settings = replace(SAME, workers=2, epochs=int(sys.argv[1]))
progress = Watching()
outcome, network = train(
    Path(sys.argv[2]), settings, progress, distribution=distribution
)
print(json.dumps({
    "rank": distribution.rank,
    "losses": progress.losses,
    "development": [r.development_loss for r in outcome.epochs],
    "weights": [float(x) for v in network.trainable_variables
                for x in v.numpy().ravel()],
}))
"""


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def run_two(epochs: int, folder: Path) -> list[dict]:
    """Trains with two workers on this machine; what each came to."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(epochs), str(folder / f"worker-{rank}")],
            env={
                **os.environ,
                "TF_CONFIG": json.dumps(
                    {
                        "cluster": {"worker": addresses},
                        "task": {"type": "worker", "index": rank},
                    }
                ),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    results = []
    try:
        for process in processes:
            out, err = process.communicate(timeout=300)
            assert process.returncode == 0, err[-3000:]
            results.append(json.loads(out.splitlines()[-1]))
    finally:
        for process in processes:
            process.kill()
    return results


def test_two_workers_have_the_loss_curve_of_one_also_when_resumed(
    tmp_path: Path,
) -> None:
    progress = Watching()
    outcome, network = train(tmp_path / "alone", replace(SAME, epochs=3), progress)
    begun, _ = run_two(2, tmp_path)
    chief, other = run_two(3, tmp_path)

    assert (chief["rank"], other["rank"]) == (0, 1)
    assert len(begun["losses"]) == 20
    curve = [*begun["losses"], *chief["losses"]]
    assert curve == pytest.approx(progress.losses, rel=1e-4)
    expected = [r.development_loss for r in outcome.epochs]
    assert chief["development"] == pytest.approx(expected, rel=1e-4)
    weights = [float(x) for v in network.trainable_variables for x in v.numpy().ravel()]
    assert chief["weights"] == pytest.approx(weights, rel=1e-3, abs=1e-5)
    # Only the chief writes, and all end with the same.
    assert other["losses"] == []
    assert not (tmp_path / "worker-1").exists()
    assert chief["development"] == other["development"]
    assert chief["weights"] == other["weights"]


@pytest.mark.parametrize("config", [None, "{", '{"cluster": {}}'])
def test_workers_without_a_cluster_are_refused(
    monkeypatch: pytest.MonkeyPatch, config: str | None
) -> None:
    if config is None:
        monkeypatch.delenv("TF_CONFIG", raising=False)
    else:
        monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(SettingsError, match=r"TF_CONFIG (is|names).*Start one process"):
        Distribution.of(2)


def test_another_number_of_workers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"cluster": {"worker": ["a:1", "b:1", "c:1"]}, "task": {"index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    with pytest.raises(SettingsError, match="'workers' is 2, but TF_CONFIG names 3"):
        Distribution.of(2)
