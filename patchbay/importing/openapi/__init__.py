"""OpenAPI documents -> the model: schemas as types, operations, and what can be told of pages and batches."""
