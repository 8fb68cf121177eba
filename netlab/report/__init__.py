"""From a Measurement to what people and programs read: run records, JSON, tables, charts. Only this package formats."""
