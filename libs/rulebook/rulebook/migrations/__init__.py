"""SQL that creates the table of versions in the schema of each service with a store."""
