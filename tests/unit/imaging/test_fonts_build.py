"""The build step that packs the fonts."""

import json
import zipfile
from pathlib import Path

import pytest

from build_hooks import fonts
from facegate.imaging import fonts as packed

NODE_MODULES = Path(__file__).resolve().parents[3] / "frontend" / "node_modules"


@pytest.fixture
def node_modules() -> Path:
    if not (NODE_MODULES / "@fontsource" / "unifont").is_dir():
        pytest.skip("the font packages are not installed; run `npm ci` in frontend/")
    return NODE_MODULES


def test_without_packages_and_files_it_says_what_to_do(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"noto-sans-sc.*npm ci"):
        fonts.build_fonts(tmp_path / "node_modules", tmp_path / "fonts")


def test_files_of_a_source_distribution_are_kept(tmp_path: Path):
    (tmp_path / fonts.ARCHIVE).write_bytes(b"made elsewhere")
    fonts.build_fonts(tmp_path / "node_modules", tmp_path)
    assert (tmp_path / fonts.ARCHIVE).read_bytes() == b"made elsewhere"


def test_files_are_made_again_only_when_something_changed(
    node_modules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    latin = node_modules / "@fontsource-variable" / "noto-sans" / "files" / "noto-sans-latin-wght-normal.woff2"
    made: list[int] = []

    def one_source(_: Path) -> list[fonts.Source]:
        made.append(1)
        return [fonts.Source(latin, whole=True)]

    monkeypatch.setattr(fonts, "_sources", one_source)
    fonts.build_fonts(node_modules, tmp_path)
    first = (tmp_path / fonts.ARCHIVE).read_bytes()
    fonts.build_fonts(node_modules, tmp_path)
    assert len(made) == 1
    (tmp_path / fonts.ARCHIVE).write_bytes(b"damaged")
    fonts.build_fonts(node_modules, tmp_path)
    assert len(made) == 2
    assert (tmp_path / fonts.ARCHIVE).read_bytes() == first  # the same bytes every time
    with zipfile.ZipFile(tmp_path / fonts.ARCHIVE) as archive:
        index = json.loads(archive.read("index.json"))
    (font,) = index["fonts"]
    assert any(low <= ord("A") <= high for low, high in font["ranges"])
    licences = (tmp_path / fonts.LICENSES).read_text("utf-8")
    assert "@fontsource/unifont" in licences
    assert "SIL OPEN FONT LICENSE" in licences


def test_the_packed_fonts_are_small_and_complete():
    folder = Path(packed.__path__[0])
    archive = folder / fonts.ARCHIVE
    if not archive.is_file():
        pytest.fail("the fonts were not built; run `make install`")
    assert archive.stat().st_size < 9_000_000
    with zipfile.ZipFile(archive) as files:
        assert files.testzip() is None
        index = json.loads(files.read("index.json"))
        assert {font["file"] for font in index["fonts"]} | {"index.json"} == set(files.namelist())
    covered = sum(high - low + 1 for font in index["fonts"] for low, high in font["ranges"])
    assert covered > 55_000
    assert (folder / fonts.LICENSES).is_file()


def test_ranges():
    assert fonts._ranges([1, 2, 3, 7, 9, 10]) == [[1, 3], [7, 7], [9, 10]]
    assert fonts._ranges([]) == []
