"""The REST interface as the page and strangers meet it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from facegate.errors import NotReady, StorageError
from facegate.gallery.consent import CURRENT_CONSENT
from facegate.http import security


def error(answer: httpx.Response) -> tuple[int, str]:
    """Status and code, after checking that it is the envelope and nothing else."""
    body = answer.json()
    assert set(body) == {"error", "request_id"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["error"]["message"]
    return answer.status_code, body["error"]["code"]


# Before and after the claim


def test_before_a_claim_only_setup_probes_and_assets_answer(api: Any) -> None:
    with api.client() as client:
        for path in ("/healthz", "/readyz", "/v1/session", "/v1/openapi.json", "/docs"):
            assert client.get(path).status_code == 200, path
        assert error(client.get("/v1/people")) == (401, "unauthorized")
        assert "owner" in client.get("/v1/people").json()["error"]["message"]
        assert error(client.post("/v1/tickets")) == (401, "unauthorized")
        assert error(client.delete("/v1/session")) == (401, "unauthorized")


def test_a_session_made_behind_the_claims_back_reaches_nothing(api: Any) -> None:
    """The gate itself, not the missing session, is what refuses."""
    link = api.access.create_setup_link("operator")
    sid, _ = api.access.claim(link)
    assert not api.access.claimed
    with api.client(Cookie=f"facegate={sid}") as client:
        assert error(client.get("/v1/people")) == (401, "unauthorized")


def test_setup_gives_an_owner_session_once(api: Any) -> None:
    token = api.access.create_setup_link()
    with api.client() as client:
        before = client.get("/v1/session").json()
        assert (before["claimed"], before["session"]) == (False, None)
        answer = client.post("/v1/setup", json={"token": token})
        assert answer.status_code == 201
        body = answer.json()
        assert body["claimed"] is True
        assert body["session"]["role"] == "owner"
        assert body["session"]["permissions"] == ["enroll", "manage", "recognize"]
        assert body["consent"] == {"version": CURRENT_CONSENT.version, "text": CURRENT_CONSENT.text}
        assert client.get("/v1/session").json()["session"] == body["session"]
        assert client.get("/v1/people").json() == {"people": [], "total": 0}
    with api.client() as other:
        assert error(other.post("/v1/setup", json={"token": token})) == (410, "expired")
        assert error(other.post("/v1/setup", json={"token": "wrong"})) == (401, "unauthorized")


def test_the_cookie_cannot_be_read_or_sent_along(api: Any) -> None:
    with api.client() as client:
        cookie = client.post("/v1/setup", json={"token": api.access.create_setup_link()}).headers["set-cookie"]
    assert cookie.startswith("facegate=")
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie and "Domain" not in cookie


def test_behind_https_the_cookie_is_bound_to_the_host(https_api: Any) -> None:
    headers = {"Host": "face.example.org", "Origin": "https://face.example.org"}
    with https_api.client(**headers) as client:
        answer = client.post("/v1/setup", json={"token": https_api.access.create_setup_link()})
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 201
    assert cookie.startswith("__Host-facegate=") and "Secure" in cookie
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_signing_out_ends_the_session_for_good(api: Any) -> None:
    with api.owner() as client:
        cookie = client.cookies["facegate"]
        assert client.delete("/v1/session").status_code == 204
        assert "facegate" not in client.cookies
        with api.client(Cookie=f"facegate={cookie}") as thief:
            assert error(thief.get("/v1/people")) == (401, "unauthorized")


def test_a_session_ends_when_it_is_not_used(api: Any) -> None:
    with api.owner() as client:
        assert client.get("/v1/people").status_code == 200
        api.clock.now += 61 * 60
        assert error(client.get("/v1/people")) == (401, "unauthorized")


def test_tickets_are_for_the_session_that_asked(api: Any) -> None:
    with api.owner() as client:
        answer = client.post("/v1/tickets")
        assert answer.status_code == 201
        assert answer.json()["expires_in_s"] == api.settings.ticket_seconds
        login = api.access.redeem_ticket(answer.json()["ticket"])
        assert login.role == "owner"


def test_people_are_listed_without_anything_that_identifies_a_face(api: Any) -> None:
    api.enroll("Ana <img src=x onerror=alert(1)>")
    api.enroll("王小明", consent=False)
    with api.owner() as client:
        listed = client.get("/v1/people")
        assert listed.json()["total"] == 2
        first, second = listed.json()["people"]
        assert first["name"] == "Ana <img src=x onerror=alert(1)>" and first["has_consent"]
        assert second["name"] == "王小明" and not second["has_consent"]
        assert set(first) == {"id", "name", "samples", "created_at", "has_consent"}
        assert listed.headers["content-type"] == "application/json"


def test_open_mode_lists_people_without_sign_in_and_gives_no_tickets(open_api: Any) -> None:
    open_api.enroll("Ana")
    with open_api.client() as client:
        assert client.get("/v1/people").json()["total"] == 1
        assert client.get("/v1/session").json()["live_access"] == "open"
        assert error(client.post("/v1/tickets")) == (401, "unauthorized")


# Changes come from the page


def unsafe_routes(flask: Any) -> list[tuple[str, str]]:
    return [
        (method, str(rule))
        for rule in flask.url_map.iter_rules()
        for method in sorted(rule.methods - security.SAFE_METHODS)
    ]


def test_every_change_needs_the_header_and_the_own_origin(api: Any) -> None:
    routes = unsafe_routes(api.flask)
    assert ("POST", "/v1/setup") in routes and len(routes) >= 3
    sid, _ = api.access.claim(api.access.create_setup_link())
    cookie = {"Cookie": f"facegate={sid}"}
    for method, path in routes:
        for given in (
            {"Origin": api.origin},
            {"X-Facegate": "1"},
            {"Origin": api.origin, "X-Facegate": "0"},
            {"Origin": "http://evil.example", "X-Facegate": "1"},
            {"Origin": "null", "X-Facegate": "1"},
            {"Origin": f"http://localhost:{api.url.rpartition(':')[2]}", "X-Facegate": "1"},
            {},
        ):
            answer = httpx.request(method, api.url + path, headers=cookie | given, json={"token": "x"})
            assert error(answer) == (403, "forbidden"), (method, path, given)


def test_the_flask_side_checks_the_origin_by_itself(api: Any) -> None:
    """Without the guard before it, as in a test client."""
    client = api.flask.test_client()
    answer = client.post("/v1/setup", json={"token": "x"}, headers={"X-Facegate": "1", "Origin": "http://evil.example"})
    assert answer.status_code == 403


def test_all_routes_are_known(api: Any) -> None:
    """A new route fails here until somebody thought about who may reach it."""
    assert {str(rule) for rule in api.flask.url_map.iter_rules()} == {
        "/healthz",
        "/readyz",
        "/v1/session",
        "/v1/setup",
        "/v1/tickets",
        "/v1/people",
        "/v1/openapi.json",
        "/docs",
        "/docs.css",
        "/",
        "/live",
        "/setup",
        "/<path:name>",
    }


def test_no_cross_origin_reading_is_offered(api: Any) -> None:
    answer = httpx.options(
        api.url + "/v1/people", headers={"Origin": api.origin, "Access-Control-Request-Method": "GET"}
    )
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert httpx.get(api.url + "/v1/session", headers={"Origin": "http://evil.example"}).status_code == 403


# Failures


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v1/nothing", (404, "not_found")),
        ("GET", "/nothing", (404, "not_found")),
        ("GET", "/assets/../../secret.txt", (404, "not_found")),
        ("GET", "/%2e%2e/secret.txt", (404, "not_found")),
        ("PUT", "/v1/session", (405, "invalid_request")),
        ("POST", "/v1/people", (405, "invalid_request")),
        ("POST", "/", (405, "invalid_request")),
    ],
)
def test_what_is_not_there_says_so_in_the_envelope(
    page_api: Any, method: str, path: str, expected: tuple[int, str]
) -> None:
    with page_api.client() as client:
        answer = client.request(method, path)
        assert error(answer) == expected
        if expected[0] == 405:
            assert answer.headers["allow"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"[]",
        b"null",
        b"{}",
        b'{"token": 5}',
        b'{"token": ""}',
        b'{"token": "x", "more": 1}',
        b"\xff",
        b"[" * 60_000,
    ],
)
def test_a_wrong_body_is_named(api: Any, body: bytes) -> None:
    with api.client(**{"Content-Type": "application/json"}) as client:
        assert error(client.post("/v1/setup", content=body)) == (400, "invalid_request")


def test_a_lone_surrogate_in_the_token_is_just_a_wrong_token(api: Any) -> None:
    with api.client(**{"Content-Type": "application/json"}) as client:
        answer = client.post("/v1/setup", content=b'{"token": "\\ud800"}')
    assert error(answer)[0] in {400, 401}


def test_a_body_without_length_is_read(api: Any) -> None:
    """a2wsgi alone would hand it to Flask as 0 bytes."""
    token = api.access.create_setup_link()
    with api.client(**{"Content-Type": "application/json"}) as client:
        answer = client.post("/v1/setup", content=iter([b'{"token": "', token.encode(), b'"}']))
    assert answer.status_code == 201


def test_a_new_claim_ends_the_session_the_browser_had(api: Any) -> None:
    with api.client() as client:
        first = client.post("/v1/setup", json={"token": api.access.create_setup_link()})
        old = first.cookies["facegate"]
        client.post("/v1/setup", json={"token": api.access.create_setup_link()})
        assert client.get("/v1/people").status_code == 200
    with api.client(Cookie=f"facegate={old}") as client:
        assert client.get("/v1/people").status_code == 401


def test_a_large_body_is_refused(api: Any) -> None:
    with api.client() as client:
        assert error(client.post("/v1/setup", content=b"x" * 11 * 1024 * 1024)) == (413, "invalid_request")


def test_a_foreign_host_is_refused_with_the_envelope(api: Any) -> None:
    assert error(httpx.get(api.url + "/v1/session", headers={"Host": "evil.example"})) == (400, "invalid_request")


def test_readyz_tells_what_is_wrong_without_naming_files(api: Any) -> None:
    with api.client() as client:
        assert client.get("/readyz").json() == {"status": "ok"}
        api.fail_ready.append(NotReady("The server is stopping."))
        answer = client.get("/readyz")
        assert error(answer) == (503, "not_ready")
        assert answer.headers["retry-after"]
        api.fail_ready[0] = StorageError("/home/ana/facegate.db is locked")
        answer = client.get("/readyz")
        assert error(answer) == (503, "not_ready")
        assert "ana" not in answer.text
        assert client.get("/healthz").status_code == 200


def test_a_bug_answers_500_without_a_trace(api: Any) -> None:
    api.fail_ready.append(RuntimeError("secret detail"))
    with api.client() as client:
        answer = client.get("/readyz")
    assert error(answer) == (500, "internal")
    assert "secret" not in answer.text


# Headers and pages


def test_every_answer_carries_the_headers(page_api: Any) -> None:
    with page_api.client() as client:
        for path in ("/", "/live", "/setup", "/docs", "/docs.css", "/healthz", "/v1/session", "/nothing", "/v1/people"):
            answer = client.get(path)
            for name, value in security.HEADERS.items():
                assert answer.headers.get(name) == value, (path, name)
            assert answer.headers["cross-origin-opener-policy"] == "same-origin"
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy and "*" not in policy
            assert "server" not in answer.headers or "python" not in answer.headers["server"].lower()


def test_nothing_under_v1_is_kept(page_api: Any) -> None:
    with page_api.owner() as client:
        for path in ("/v1/session", "/v1/people", "/v1/openapi.json", "/v1/nothing"):
            assert client.get(path).headers["cache-control"] == "no-store", path


def test_the_page_is_served_at_its_routes_and_its_files_for_ever(page_api: Any) -> None:
    with page_api.client() as client:
        for path in ("/", "/live", "/setup"):
            answer = client.get(path)
            assert "<title>facegate</title>" in answer.text
            assert answer.headers["cache-control"] == "no-cache"
        assert "immutable" in client.get("/assets/index-abc123.js").headers["cache-control"]
        assert client.get("/icon.svg").headers["content-type"].startswith("image/svg+xml")


def test_without_a_built_page_the_reason_is_said(api: Any) -> None:
    with api.client() as client:
        assert error(client.get("/")) == (503, "not_ready")


def test_the_reference_page_needs_nobody_else_and_no_inline_code(api: Any) -> None:
    with api.client() as client:
        text = client.get("/docs").text
        style = client.get("/docs.css")
    for route in ("/v1/setup", "/v1/tickets", "/v1/people", "/healthz"):
        assert route in text
    assert "<script" not in text and "style=" not in text and "<style" not in text
    assert "http://" not in text and "https://" not in text
    assert style.headers["content-type"].startswith("text/css")


def test_the_packaged_reference_files_are_there() -> None:
    folder = Path(security.__file__).parent
    assert (folder / "templates" / "docs.html").is_file() and (folder / "static" / "docs.css").is_file()
