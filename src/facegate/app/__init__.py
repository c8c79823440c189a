"""The composition root: services, the ASGI guard and the server process."""
