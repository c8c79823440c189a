CONNECT: int
DISCONNECT: int
BINARY_EVENT: int

class Packet:
    def __init__(self, packet_type: int = ..., data: object = ..., namespace: str | None = ...) -> None: ...
