"""Rules of the house that a compiler does not check."""
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLOORS = ["crypto", "hsm", "store", "policy", "audit", "gateway"]
# What a floor may include besides itself.
MAY_INCLUDE = {
    "crypto": set(),
    "hsm": {"crypto"},
    "store": {"crypto"},
    "policy": {"crypto"},
    "audit": {"crypto"},
    "gateway": {"crypto", "hsm", "store", "policy", "audit"},
}
LONGEST_FILE = 400  # lines


def sources(*folders):
    git = shutil.which("git") and subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders],
        cwd=ROOT, check=False, capture_output=True, text=True)
    if git and git.returncode == 0:
        names = git.stdout.split("\n")
    else:  # an unpacked archive, or no git
        names = [str(p.relative_to(ROOT)) for f in folders for p in (ROOT / f).rglob("*")]
    return sorted(ROOT / n for n in names if n.endswith((".cc", ".h")) and (ROOT / n).is_file())


@pytest.mark.parametrize("floor", FLOORS)
def test_floor_includes_only_what_it_may(floor):
    wrong = []
    for path in sources(floor):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            found = re.match(r'\s*#\s*include\s*["<]([a-z]+)/', line)
            if not found or found[1] == floor or found[1] not in [*FLOORS, "tests"]:
                continue
            if found[1] not in MAY_INCLUDE[floor]:
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not wrong, "\n".join(wrong)


def test_the_check_of_includes_sees_includes():
    lines = [line for path in sources("gateway") for line in path.read_text(encoding="utf-8").split("\n")]
    assert any(re.match(r'\s*#\s*include\s*["<]crypto/', line) for line in lines)


def test_files_are_short():
    long = [f"{p.relative_to(ROOT)}: {n} lines" for p in sources(*FLOORS, "tests")
            if (n := len(p.read_text(encoding="utf-8").split("\n")) - 1) > LONGEST_FILE]
    assert not long, "\n".join(long)


def test_sources_are_formatted():
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if tool is None:
        pytest.skip("clang-format-14 is not installed")
    files = [str(p.relative_to(ROOT)) for p in sources(*FLOORS, "tests")]
    assert len(files) > 50
    done = subprocess.run([tool, "--dry-run", "-Werror", *files], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, "clang-format-14 -i " + " ".join(sorted(set(re.findall(r"^([\w./-]+):\d+:", done.stderr, re.M))))


def test_no_pin_or_secret_travels_by_environment_or_argv():
    """The programs read no PIN from the environment, and no option takes one as its value."""
    wrong = []
    for path in sources("hsm", "gateway"):
        text = path.read_text(encoding="utf-8")
        if re.search(r'getenv\("[A-Z_]*(PIN|PASSWORD|SECRET)', text) or re.search(r'"--[a-z-]*\bpin"', text):
            wrong.append(str(path.relative_to(ROOT)))
    assert not wrong, "\n".join(wrong)


def test_scripts_are_sound():
    scripts = [ROOT / n for n in ("deploy/quickstart", "deploy/dev-ca", "deploy/install-packages", "tests/run", ".ci/run",
                                  "tests/clean-machine")]
    for script in scripts:
        assert script.stat().st_mode & 0o111, f"{script} is not executable"
        subprocess.run(["bash", "-n", str(script)], check=True)
