"""The company's language: models, loader, mapping, conditions and versions."""
