"""Clients that other people wrote, unchanged, against a running tenant."""
