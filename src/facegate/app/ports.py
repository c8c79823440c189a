"""Which port to listen on."""

import errno
import socket
import sys
from dataclasses import dataclass

from facegate.app.port_holder import holder_of
from facegate.errors import InvalidSettings, PortInUse

FIRST_PORT = 5000
LAST_PORT = 5099


@dataclass(frozen=True, slots=True)
class Listener:
    """A bound, listening socket.

    Attributes:
        socket: not yet accepted from by anyone.
        port: the port it got.
        busy_port: the port that was tried first and was taken, else None.
    """

    socket: socket.socket
    port: int
    busy_port: int | None = None


def listen(host: str, port: int | None) -> Listener:
    """Bind `host`: exactly `port` when given (0: any free one), else 5000 or the next free one up to 5099.

    Raises:
        PortInUse: the asked port, or the whole range, is taken.
        InvalidSettings: `host` is not an address of this machine, or the port is not for this user.
    """
    if port is not None:
        bound = _bind(host, port)
        if bound is None:
            raise PortInUse(
                f"Port {port} on {host} is in use by {holder_of(port) or 'another program'}. "
                "Stop that program, choose another with --port, or leave the port out to get a free one.",
                details={"port": port},
            )
        return Listener(bound, _port_of(bound))
    for candidate in range(FIRST_PORT, LAST_PORT + 1):
        bound = _bind(host, candidate)
        if bound is not None:
            return Listener(bound, candidate, None if candidate == FIRST_PORT else FIRST_PORT)
    raise PortInUse(f"Ports {FIRST_PORT} to {LAST_PORT} on {host} are all in use. Choose one with --port.")


def _bind(host: str, port: int) -> socket.socket | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise _unusable(host, port, "there is no such address") from None
    bound = socket.socket(family, kind, protocol)
    try:
        if sys.platform == "win32":  # where SO_REUSEADDR would share a busy port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(2048)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        if _is_taken(error):
            return None
        raise _unusable(host, port, error.strerror or str(error)) from None
    return bound


def _unusable(host: str, port: int, why: str) -> InvalidSettings:
    return InvalidSettings(
        f"{host or 'An empty host'} cannot be listened on (port {port}): {why}. Give --host an address of this "
        "computer, such as 127.0.0.1, or 0.0.0.0 for all of them; ports below 1024 are the administrator's.",
        details={"setting": "host"},
    )


def _is_taken(error: OSError) -> bool:
    # Windows says EACCES for a port held exclusively; elsewhere that means a port below 1024, which is another matter.
    taken = {errno.EADDRINUSE, errno.EACCES} if sys.platform == "win32" else {errno.EADDRINUSE}
    return error.errno in taken


def _port_of(bound: socket.socket) -> int:
    port: int = bound.getsockname()[1]
    return port
