"""Faces in pictures: detection, alignment, embedding, quality and tracking."""
