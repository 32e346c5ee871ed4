"""Signing in: credentials, the token cache they share, profiles, and tokens themselves.

Public names are those of `vedette`; here every module is imported by its own name, so that MSAL is loaded only by the
credentials that use it.
"""
