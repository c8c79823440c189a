"""Who may do what: owner links, login sessions and socket tickets."""
