"""How one of those who may take a lead is chosen: a module a strategy, with its promise and its maths."""
