"""What FHIR R4 facades say alike: media types, preferences, forms, OperationOutcome, bodies of bundles."""
