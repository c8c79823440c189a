"""The networks: which there are, where their files lie, and how they run."""
