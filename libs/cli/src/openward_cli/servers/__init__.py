"""The servers of a stack, one module each: its program, what it is told, how it says that it is ready."""
