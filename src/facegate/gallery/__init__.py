"""Who is known: collections, people, their encrypted faces and consent, and the exact search over them."""
