"""Each module by itself, in memory; these tests run on several cores at once."""
