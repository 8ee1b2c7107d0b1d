"""The steps of the demonstration, one module each. A step shows what it does and checks what comes back."""
