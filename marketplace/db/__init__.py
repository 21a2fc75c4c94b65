"""The database: base class, column types, sessions and the audit trail, the same on SQLite and PostgreSQL."""
