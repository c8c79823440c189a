CONNECT: int
DISCONNECT: int

class Packet:
    def __init__(self, packet_type: int = ..., data: object = ..., namespace: str | None = ...) -> None: ...
