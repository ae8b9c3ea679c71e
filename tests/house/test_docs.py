"""Documents: links lead somewhere, and what the README promises to be there is there."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_relative_links_resolve(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    dead = [target for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
            if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists()]
    assert not dead, dead


def test_readme_is_short_and_has_the_two_commands_only():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.split("\n")) < 200
    commands = re.findall(r"^(?:\$ )?((?:deploy|tests)/\S+)", text, re.M)
    assert [c for c in commands if (ROOT / c).is_file()] == ["deploy/quickstart", "tests/run"]
