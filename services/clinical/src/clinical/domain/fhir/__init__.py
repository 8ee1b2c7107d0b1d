"""What was recorded, as FHIR R4 has it: what maps without loss, and nothing else."""
