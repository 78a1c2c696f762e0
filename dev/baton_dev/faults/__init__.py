"""Ten faults of operations, planted in a real run: each raises its own alert and wakes once."""
