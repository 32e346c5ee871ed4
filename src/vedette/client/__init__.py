"""The client of the Defender API, blocking and asynchronous. Public names are those of `vedette`."""
