"""What a person may be called."""

import unicodedata

from facegate.errors import InvalidRequest

MAX_CODE_POINTS = 80

# Control characters, lone surrogates, line and paragraph separators: none of them can be shown on one line.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Embeddings, overrides and isolates of the Unicode bidirectional algorithm (UAX 9): they reorder text around the name.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_name(name: str) -> str:
    """The name as it is stored: Unicode NFC, without white space around it.

    Raises:
        InvalidRequest: empty, longer than 80 code points, or with characters that cannot be shown on one line.
    """
    # NFC never makes a string of this length short enough; checked first so that megabytes are not normalised.
    if len(name) > 20 * MAX_CODE_POINTS:
        raise _too_long(len(name))
    clean = unicodedata.normalize("NFC", name).strip()
    for character in clean:
        if unicodedata.category(character) in _REFUSED_CATEGORIES or character in _BIDI_CONTROLS:
            raise InvalidRequest(
                f"The name contains the character U+{ord(character):04X}, which controls how text is laid out and "
                "cannot be shown. Type the name without it.",
                details={"field": "name"},
            )
    if not any(_leaves_ink(character) for character in clean):
        raise InvalidRequest("The name is empty. Give at least one visible character.", details={"field": "name"})
    if len(clean) > MAX_CODE_POINTS:
        raise _too_long(len(clean))
    return clean


def name_key(name: str) -> str:
    """What two spellings that differ only in case have in common."""
    return unicodedata.normalize("NFC", name.casefold())


def _leaves_ink(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS"


def _too_long(length: int) -> InvalidRequest:
    return InvalidRequest(
        f"The name has {length:,} characters; at most {MAX_CODE_POINTS} are kept. Shorten it.",
        details={"field": "name", "maximum": MAX_CODE_POINTS},
    )
