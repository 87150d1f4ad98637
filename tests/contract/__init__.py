"""One suite for all implementations of a Protocol; these tests run on several cores at once."""
