"""A model of Pub/Sub and Cloud Run under load, which chooses the defaults: `make simulate`."""
