"""The servers of a stack, one module each: where its program is, what it is told, how it says that it is ready."""
