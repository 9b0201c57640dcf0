"""PostgreSQL: every SQL statement, the migrations and the embedded server."""
