"""The Defender API of the local tenant: behaviour per resource, only what the catalogue does not already say."""
