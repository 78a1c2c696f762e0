"""What reports say, in each language; a test holds the languages to the same keys and places."""

from types import MappingProxyType

from sla_monitor.reports.texts import en, es, it, pt, ro

CATALOGUE = MappingProxyType({"en": en.TEXTS, "es": es.TEXTS, "it": it.TEXTS, "pt": pt.TEXTS, "ro": ro.TEXTS})
