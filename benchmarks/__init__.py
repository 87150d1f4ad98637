"""Measurements that a person starts: `make bench`, `make bench-memory` and others."""
