"""Alembic scripts. Run by :mod:`facegate.storage.migrate`, never through an `alembic.ini`."""
