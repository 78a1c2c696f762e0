"""Prometheus and Alertmanager of Debian's packages, run on loopback with the files of deploy/."""
