"""Pages and documents that show what models answer."""
