"""Authorization in the schema: what a field and a type ask of a client, and who meets it."""
