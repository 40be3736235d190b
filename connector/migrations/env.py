"""Runs the migrations on the connection that `connector.upgrade` hands over."""

from alembic import context

import connector.tables
import connector.tables_access
import connector.tables_forwarding
import connector.tables_imports
import connector.tables_people
import connector.tables_published  # noqa: F401
import mappings.tables  # noqa: F401
from lrs.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
