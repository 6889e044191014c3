"""Who may ask what: identities, authorization in the schema, operation limits, cost, trusted documents."""
