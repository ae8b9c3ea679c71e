"""deploy/quickstart as somebody new runs it: set up, again, stop, reset, and what goes wrong."""
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
QUICKSTART = ROOT / "deploy" / "quickstart"
RECORDS = 3000

pytestmark = pytest.mark.skipif(
    "SLUIS_BUILD_DIR" in os.environ and pathlib.Path(os.environ["SLUIS_BUILD_DIR"]).name != "release",
    reason="the quickstart builds the release preset; another one is under test")


def quickstart(*arguments, check=True):
    done = subprocess.run([QUICKSTART, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=1800,
                          stdin=subprocess.DEVNULL)
    if check:
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.arguments = ["--dir", folder, "--port", self.port, "--records", RECORDS]
        self.first = quickstart(*self.arguments)

    def pid(self):
        return int((self.folder / "sluisd.pid").read_text())


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "quickstart"
    made = Site(folder)
    yield made
    quickstart("--reset", "--dir", folder, check=False)


def test_first_run_shows_every_step(site):
    text = site.first.stdout
    assert [int(n) for n in re.findall(r"^(\d+)\. ", text, re.M)] == list(range(1, 11))
    assert f"{RECORDS} records imported, 0 lines refused" in text
    assert "holder_name" in text and "national_number" in text


def test_sealed_values_are_not_in_the_store_and_open_ones_are(site):
    sealed = re.findall(r'(national_number|holder_name) "[^"]+" in the store\'s files: (\d+) times', site.first.stdout)
    assert sealed == [("national_number", "0"), ("holder_name", "0")]
    found = re.search(r"an open field: (\d+) times", site.first.stdout)
    assert int(found[1]) > 0  # or the search finds nothing at all


def test_the_read_is_in_the_log(site):
    tail = site.first.stdout[site.first.stdout.index("10. "):]
    assert "records.read" in tail
    assert "citizen-request" in tail


def test_secrets_are_for_the_owner_alone(site):
    for path in [*site.folder.rglob("*.key"), *site.folder.rglob("*pin"), *(site.folder / "store").iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert not (site.folder / "register.ndjson").exists()


def test_again_is_safe(site):
    pid = site.pid()
    again = quickstart(*site.arguments)
    assert "runs already" in again.stdout
    assert f"{RECORDS} diplomas are in it already" in again.stdout
    assert site.pid() == pid


def test_stop_and_go_on(site):
    quickstart("--stop", "--dir", site.folder)
    assert not (site.folder / "sluisd.pid").exists()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", site.port), timeout=2).close()
    assert "is not running" in quickstart("--stop", "--dir", site.folder).stdout
    text = quickstart("--dir", site.folder, "--port", site.port, "--records", RECORDS + 500).stdout
    assert "500 records imported, 0 lines refused" in text


def test_after_a_kill_it_starts_again(site):
    os.kill(site.pid(), signal.SIGKILL)
    text = quickstart(*site.arguments).stdout
    assert "serves https://127.0.0.1" in text


def test_a_taken_port_is_said_so(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = quickstart("--dir", tmp_path / "q", "--port", port, check=False)
    assert done.returncode == 1
    assert f"port {port}" in done.stderr and "--port" in done.stderr
    assert not (tmp_path / "q").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    for arguments in (["--dir", tmp_path], ["--reset", "--dir", tmp_path]):
        done = quickstart(*arguments, check=False)
        assert done.returncode == 1, done.stdout
        assert (tmp_path / "letter.txt").read_text() == "mine"


def test_reset_removes_it_all(tmp_path):
    assert "nothing to remove" in quickstart("--reset", "--dir", tmp_path / "never").stdout
