"""Everything that owns the database: engine, one declarative Base, one migration chain, envelope encryption."""
