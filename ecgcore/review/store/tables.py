"""Tables of the store, as the newest migration leaves them."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()

ENTRIES = Table(
    "entries",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", String(400), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("study", String(80), nullable=False),
    Column("case_id", String(80), nullable=False),
    Column("reader", String(80), nullable=False),
    Column("body", Text, nullable=False),
    Column("at", String(40), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("key", name="one_entry_a_key"),
    Index("entries_by_case", "study", "case_id"),
    Index("entries_by_reader", "study", "reader"),
)
"""One row an entry; never changed, never deleted (triggers refuse both)."""

HEAD = Table(
    "head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("id = 1", name="one_head"),
)
"""Number and hash of the last entry, so that its loss is seen."""

SECRETS = Table(
    "secrets",
    METADATA,
    Column("study", String(80), primary_key=True),
    Column("secret", String(64), nullable=False),
)
"""What a running study draws by; the chain holds its SHA-256 from the start, itself at the end."""
