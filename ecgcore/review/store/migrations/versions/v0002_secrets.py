"""What draws a study's orders and planted advice: kept beside the chain, in no export."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "secrets",
        sa.Column("study", sa.String(80), primary_key=True),
        sa.Column("secret", sa.String(64), nullable=False),
    )
