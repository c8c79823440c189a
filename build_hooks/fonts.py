"""Fonts for names drawn on pictures, from npm packages, cut to what drawing needs.

Web fonts come as hundreds of small WOFF2 files with a variable weight. Each is unpacked, fixed at one weight and
stripped of what an earlier file already covers, and all are packed into one zip with an index, so that a name costs
one small file to read and not a 10 MB font.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uharfbuzz

# One weight for all: medium, since white text on a dark plate looks thinner than it is.
WEIGHT = 500
ARCHIVE = "fonts.zip"
LICENSES = "LICENSES.txt"

# Scripts that need shaping or are common enough to deserve a real typeface; Unifont has the rest.
SCRIPTS = (
    "arabic",
    "hebrew",
    "devanagari",
    "bengali",
    "tamil",
    "telugu",
    "gujarati",
    "gurmukhi",
    "kannada",
    "malayalam",
    "sinhala",
    "thai",
    "khmer",
    "myanmar",
    "armenian",
    "georgian",
)
LATIN_GREEK_CYRILLIC = ("latin", "latin-ext", "vietnamese", "greek", "greek-ext", "cyrillic", "cyrillic-ext")
HANGUL = frozenset((*range(0x1100, 0x1200), *range(0x3130, 0x3190), *range(0xA960, 0xA980), *range(0xAC00, 0xD800)))
UNIFONT_BLOCK = 1024


@dataclass(frozen=True)
class Source:
    """One web font file.

    Attributes:
        path: of the WOFF or WOFF2 file.
        only: the characters that may be taken from it; None for all.
        whole: keep characters that an earlier file has too, so that words of one script stay in one file.
    """

    path: Path
    only: frozenset[int] | None = None
    whole: bool = False


def build_fonts(node_modules: Path, target: Path) -> None:
    """Write `fonts.zip` and `LICENSES.txt` into `target`.

    Does nothing when they were made from the same packages by the same code, or when the packages are not installed
    but the files are there (a source distribution carries them).

    Raises:
        FileNotFoundError: neither the packages nor the files are there.
    """
    archive = target / ARCHIVE
    packages = _packages(node_modules)
    missing = [str(p.relative_to(node_modules)) for p in packages if not (p / "package.json").is_file()]
    if missing:
        if archive.is_file():
            return
        raise FileNotFoundError(
            f"The font packages {', '.join(missing)} are not in {node_modules}. Run `npm ci` in frontend/ first."
        )
    made_from = _fingerprint(packages)
    if archive.is_file() and _made_from(archive) == made_from:
        return
    target.mkdir(parents=True, exist_ok=True)
    (target / LICENSES).write_text(_licenses(packages), "utf-8")
    fonts = list(_cut(_sources(node_modules)))
    index = {"made_from": made_from, "fonts": [{"file": name, "ranges": _ranges(has)} for name, has, _ in fonts]}
    files = [("index.json", json.dumps(index, separators=(",", ":")).encode())]
    files += [(name, data) for name, _, data in fonts]
    part = archive.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, data in files:
            packed.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)
    part.replace(archive)
    print(f"fonts: {len(fonts)} files, {archive.stat().st_size / 1e6:.1f} MB")


def _packages(node_modules: Path) -> list[Path]:
    variable = node_modules / "@fontsource-variable"
    families = ("noto-sans", *(f"noto-sans-{script}" for script in (*SCRIPTS, "sc", "jp", "kr")))
    return [*(variable / family for family in families), node_modules / "@fontsource" / "unifont"]


def _sources(node_modules: Path) -> Iterator[Source]:
    """All files, best first: a character is drawn from the first file that has it."""
    variable = node_modules / "@fontsource-variable"
    for subset in LATIN_GREEK_CYRILLIC:
        yield Source(variable / "noto-sans" / "files" / f"noto-sans-{subset}-wght-normal.woff2", whole=True)
    for script in SCRIPTS:
        family = f"noto-sans-{script}"
        yield Source(variable / family / "files" / f"{family}-{script}-wght-normal.woff2", whole=True)
    # Han characters and kana: simplified Chinese shapes first, then what only the Japanese fonts have.
    for language, only in (("sc", None), ("jp", None), ("kr", HANGUL)):
        family = f"noto-sans-{language}"
        for path in sorted((variable / family / "files").glob(f"{family}-*-wght-normal.woff2")):
            if path.name.split("-")[3].isdigit():
                yield Source(path, only)
    # WOFF, not WOFF2: the latter's packed outlines of 57,000 glyphs take 40 s to rebuild.
    yield Source(node_modules / "@fontsource" / "unifont" / "files" / "unifont-latin-400-normal.woff")


def _cut(sources: Iterable[Source]) -> Iterator[tuple[str, list[int], bytes]]:
    """File name, characters and bytes of every font that still adds a character."""
    import uharfbuzz

    covered: set[int] = set()
    for source in sources:
        face = uharfbuzz.Face(_unpack(source.path))
        has = {int(c) for c in face.unicodes} - set(range(0x20)) - _private()
        if source.only is not None:
            has &= source.only
        if not has - covered:
            continue
        wanted = sorted(has if source.whole else has - covered)
        covered |= has
        stem = source.path.stem.replace("-wght-normal", "").replace("-latin-400-normal", "")
        if stem.startswith("unifont"):
            blocks: dict[int, list[int]] = {}
            for character in wanted:
                blocks.setdefault(character // UNIFONT_BLOCK, []).append(character)
            for number, block in blocks.items():
                yield f"{stem}-{number * UNIFONT_BLOCK:04x}.ttf", block, _subset(face, block)
        else:
            yield f"{stem}.ttf", wanted, _subset(face, wanted)


def _private() -> set[int]:
    return {*range(0xD800, 0xF900), *range(0xFFF0, 0x10000), *range(0xE0000, 0x110000)}


def _unpack(path: Path) -> bytes:
    from fontTools.ttLib import TTFont

    font = TTFont(path, recalcTimestamp=False)
    font.flavor = None
    unpacked = io.BytesIO()
    font.save(unpacked, reorderTables=None)
    return unpacked.getvalue()


def _subset(face: "uharfbuzz.Face", characters: Iterable[int]) -> bytes:
    """The face with only these characters, all their layout features, no hints, at one weight."""
    import uharfbuzz

    plan = uharfbuzz.SubsetInput()
    plan.keep_everything()
    plan.flags = uharfbuzz.SubsetFlags.NO_HINTING | uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
    plan.unicode_set.clear()
    plan.unicode_set.update(characters)
    plan.glyph_set.clear()
    plan.drop_table_tag_set.update(int.from_bytes(tag, "big") for tag in (b"DSIG", b"STAT", b"MATH", b"meta"))
    if any(axis.tag == "wght" for axis in face.axis_infos):
        plan.pin_axis_location(face, "wght", WEIGHT)
    return bytes(uharfbuzz.subset(face, plan).blob.data)


def _ranges(characters: Iterable[int]) -> list[list[int]]:
    """Sorted characters as inclusive [first, last] pairs."""
    ranges: list[list[int]] = []
    for character in characters:
        if ranges and character == ranges[-1][1] + 1:
            ranges[-1][1] = character
        else:
            ranges.append([character, character])
    return ranges


def _licenses(packages: Iterable[Path]) -> str:
    """Who made what, then each licence text once."""
    owners: dict[str, list[str]] = {}
    for package in packages:
        described = json.loads((package / "package.json").read_text("utf-8"))
        notice, rule, terms = (package / "LICENSE").read_text("utf-8").partition("-----------")
        owners.setdefault(rule + terms.strip(), []).append(
            f"{described['name']} {described['version']} ({described['license']}), cut to size\n{notice.strip()}\n"
        )
    return "\n\n".join("\n".join([*notices, terms]) for terms, notices in owners.items()) + "\n"


def _fingerprint(packages: Iterable[Path]) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for package in packages:
        described = json.loads((package / "package.json").read_text("utf-8"))
        digest.update(f"{described['name']}@{described['version']}\n".encode())
    return digest.hexdigest()


def _made_from(archive: Path) -> str | None:
    try:
        with zipfile.ZipFile(archive) as packed:
            return json.loads(packed.read("index.json")).get("made_from")
    except (zipfile.BadZipFile, KeyError, ValueError):
        return None
