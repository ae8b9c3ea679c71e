import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tests" / "integration" / "auth"),
                str(ROOT / "tests" / "integration" / "records")]

from deployment import Deployment  # noqa: E402


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("approvals"), options={"transit": "allow_export = true"})
    yield deployment.start()
    assert deployment.stop() in (0, None)
