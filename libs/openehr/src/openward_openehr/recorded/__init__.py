"""What a composition says, entry by entry and value by value, whatever its template."""
