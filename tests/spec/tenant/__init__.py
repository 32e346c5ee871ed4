"""What the local tenant promises as a server: starting, stopping, files, routing, its proxy and its contents."""
