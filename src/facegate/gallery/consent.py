"""The words people agree to before their face is stored. A changed text is a new version; old ones stay."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from facegate.errors import ConsentRequired


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of the consent text.

    Attributes:
        version: shown with the tick and stored with the answer.
        purpose: what the face is used for, as a word for programs.
        text: what the person reads, English.
    """

    version: str
    purpose: str
    text: str

    @property
    def sha256(self) -> str:
        """Digest of the text, lower-case hex: what was agreed to can be proved later."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Consent:
    """That a person agreed.

    Attributes:
        text_version: a :class:`ConsentText` version.
        purpose: as in the text.
        given_at: aware UTC datetime.
        source: through what it was given (`live`, `cli`), up to 200 characters.
    """

    text_version: str
    purpose: str
    given_at: datetime
    source: str


CONSENT_TEXTS = (
    ConsentText(
        version="live-1",
        purpose="recognition",
        text=(
            "This person knows and agrees that this computer stores numbers measured from their face, encrypted, to "
            "recognise them on camera. No pictures are kept. They can have everything deleted at any time, and may "
            "refuse."
        ),
    ),
)
CURRENT_CONSENT = CONSENT_TEXTS[-1]


def consent_text(version: str) -> ConsentText:
    """The text of that version.

    Raises:
        ConsentRequired: no such version was ever shown.
    """
    for text in CONSENT_TEXTS:
        if text.version == version:
            return text
    raise ConsentRequired(
        f"There is no consent text {version[:40]!r}; the current one is {CURRENT_CONSENT.version!r}. "
        "Load the page again, read the text and tick it.",
        details={"consent_version": CURRENT_CONSENT.version},
    )
