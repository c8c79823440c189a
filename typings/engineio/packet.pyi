CLOSE: int
PONG: int
MESSAGE: int
UPGRADE: int

class Packet:
    packet_type: int
