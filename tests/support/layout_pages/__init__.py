"""Pages with their true units and order: sources, pictures, truth and recognised lines."""
