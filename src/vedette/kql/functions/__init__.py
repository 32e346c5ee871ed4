"""Every function of the language as a declaration, one module a family. What engines make of them is in `emit`."""
