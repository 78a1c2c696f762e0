"""Vendors' notices that name leads by id only: taken, kept until the lead is fetched, and fetched."""
