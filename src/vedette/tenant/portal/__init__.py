"""The portal: what a person sees of the tenant in a browser. It reads and acts through the Defender API alone."""
