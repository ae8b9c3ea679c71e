import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    from deployment import Deployment
    deployment = Deployment(tmp_path_factory.mktemp("gateway")).start()
    yield deployment
    assert deployment.stop() == 0
