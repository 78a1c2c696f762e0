"""All SQL of scoring: locks and loads a batch's working set, saves what changed of it, and answers questions."""
