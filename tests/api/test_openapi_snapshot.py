"""frontend/openapi.json, from which the page's types are made, is what the server serves."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent.parent
SNAPSHOT = ROOT / "frontend" / "openapi.json"


def without_version(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"info": document["info"] | {"version": ""}}


def test_the_committed_document_is_true(api: Any) -> None:
    committed = json.loads(SNAPSHOT.read_text("utf-8"))
    served = httpx.get(api.url + "/v1/openapi.json").json()
    assert without_version(served) == without_version(committed), (
        "make it again: python -m facegate.http.openapi > frontend/openapi.json"
    )


def test_the_command_writes_it_byte_for_byte() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "facegate.http.openapi"], capture_output=True, check=True, env=dict(os.environ)
    )
    assert made.stdout.decode("utf-8") == SNAPSHOT.read_text("utf-8")


def test_every_documented_failure_is_the_envelope() -> None:
    document = json.loads(SNAPSHOT.read_text("utf-8"))
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"] and operation["description"], path
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/ErrorEnvelope"}, (path, status)
