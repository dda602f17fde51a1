"""What Alembic runs: the steps that are due, in the transaction that it is handed."""

from alembic import context

from ecgcore.review.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
