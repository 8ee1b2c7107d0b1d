"""From a fresh clone to something that can be started: packages, builds, generated code."""
