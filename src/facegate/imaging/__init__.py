"""Bytes to pictures, pictures to bytes, geometry and drawing: everything that knows pixels but no faces."""
