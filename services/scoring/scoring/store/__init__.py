"""All SQL of scoring: locks and loads what a batch touches, saves what changed of it, answers questions."""
