"""Events written by the commit that made them, relayed to JetStream in order, kept for replay."""
