"""What Alembic runs: migrate over the connection it was handed, inside that connection's transaction."""

from alembic import context

from facegate.storage.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
context.run_migrations()
