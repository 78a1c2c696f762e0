"""HTTP: what reps do with their leads, and what an operator sees and changes."""
