import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from deployment import Deployment  # noqa: E402


@pytest.fixture
def gateway(tmp_path):
    deployment = Deployment(tmp_path / "gateway").start()
    yield deployment
    assert deployment.stop() == 0
