"""Who asks, whether the page asks, and the headers of every answer."""

from urllib.parse import urlsplit

from flask import Flask, Response, request

from facegate.accounts.access import LoginSession
from facegate.config import Settings
from facegate.errors import Forbidden, Unauthorized
from facegate.http.services import HttpServices

# A header that a form or an image of another site cannot send without asking first.
CSRF_HEADER = "X-Facegate"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Endpoints that answer before the server has an owner: set-up, probes, and files that hold nothing of anybody.
BEFORE_CLAIM = frozenset({"healthz", "readyz", "session", "setup", "openapi", "docs", "docs_style", "page", "asset"})

# No inline script or style, nothing from elsewhere.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
# Browsers take it from trustworthy addresses only, and complain on the console about it anywhere else.
OPENER_POLICY = "same-origin"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
HSTS = "max-age=31536000"


def cookie_name(settings: Settings) -> str:
    """`__Host-` binds the cookie to this origin, but browsers take it over https only."""
    return "__Host-facegate" if settings.public_scheme == "https" else "facegate"


def set_session_cookie(response: Response, settings: Settings, sid: str) -> None:
    """Have the browser keep `sid` where scripts cannot read it."""
    response.set_cookie(
        cookie_name(settings),
        sid,
        max_age=settings.session_hours * 3600,
        path="/",
        secure=settings.public_scheme == "https",
        httponly=True,
        samesite="Strict",
    )


def clear_session_cookie(response: Response, settings: Settings) -> None:
    """Have the browser forget the session."""
    response.delete_cookie(
        cookie_name(settings),
        path="/",
        secure=settings.public_scheme == "https",
        httponly=True,
        samesite="Strict",
    )


def current_session(services: HttpServices) -> LoginSession | None:
    """The session of the request's cookie, if it is still good."""
    sid = request.cookies.get(cookie_name(services.settings))
    return services.access.resolve(sid) if sid else None


def require_session(services: HttpServices) -> LoginSession:
    """The session of the request.

    Raises:
        Unauthorized: there is none, or it ended.
    """
    session = current_session(services)
    if session is None:
        raise Unauthorized(
            "You are not signed in, or the session ended. Open a new link of `facegate users setup-link`."
        )
    return session


def require(services: HttpServices, permission: str) -> None:
    """Let a session with `permission` pass, and in open mode anybody who may reach the server to recognise or enrol.

    Raises:
        Unauthorized: no session.
        Forbidden: a session without the permission.
    """
    if services.settings.live_access == "open" and permission in {"recognize", "enroll"}:
        return
    if permission not in require_session(services).permissions:
        raise Forbidden(f"Your role does not include the right to {permission}. Ask the owner of this server.")


def register_security(app: Flask, services: HttpServices) -> None:
    """Check every request before it is handled, and put the headers on every answer."""
    settings = services.settings

    def check_page_asks() -> None:
        if request.method in SAFE_METHODS:
            return
        if request.headers.get("Origin") != f"{settings.public_scheme}://{request.host}":
            raise Forbidden(
                "Changes are taken from this server's own page only, and this request names another origin."
            )
        if request.headers.get(CSRF_HEADER) != "1":
            raise Forbidden(f"Changes need the header `{CSRF_HEADER}: 1`. Send it with this request.")

    def check_claimed() -> None:
        if request.endpoint in BEFORE_CLAIM or request.endpoint is None or settings.live_access == "open":
            return
        if not services.access.claimed:
            raise Unauthorized(
                "This server has no owner yet, so it answers nothing else. Open the link it printed at start; "
                "`facegate users setup-link` makes another."
            )

    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers[name] = value
        if settings.public_scheme == "https" or urlsplit(f"//{request.host}").hostname in LOOPBACK:
            response.headers["Cross-Origin-Opener-Policy"] = OPENER_POLICY
        if settings.public_scheme == "https":
            response.headers["Strict-Transport-Security"] = HSTS
        if request.path.startswith("/v1") or "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response

    app.before_request(check_page_asks)
    app.before_request(check_claimed)
    app.after_request(add_headers)
