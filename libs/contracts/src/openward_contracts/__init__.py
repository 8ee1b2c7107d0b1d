"""What Openward's services say to each other: identifiers, events, problem details, pages. Data only."""
