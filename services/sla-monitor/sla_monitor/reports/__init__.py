"""The month as both sides read it: figures of a MonthBook, and their forms as JSON, CSV and a page."""
