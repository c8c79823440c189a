"""`python -m facegate.http.openapi` prints the OpenAPI document, from which the page's types are made."""

import json
import sys
from typing import Any, NoReturn, cast

from facegate.accounts.access import Access
from facegate.config import Settings
from facegate.http.factory import create_flask_app
from facegate.http.services import HttpServices, distribution_version


def document() -> dict[str, Any]:
    """The OpenAPI document; no database or engine is opened for it."""

    def never() -> NoReturn:
        raise AssertionError("making the document handles no request")

    services = HttpServices(
        settings=Settings(),
        access=cast(Access, None),
        version=distribution_version(),
        people=never,
        recipe_id=never,
        check_ready=never,
    )
    return create_flask_app(services).document


def text() -> str:
    """The document as it is committed in frontend/openapi.json."""
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
