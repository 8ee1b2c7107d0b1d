"""What this machine must have, and what to do when it has not."""
