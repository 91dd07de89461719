"""The service under load: how fast events are taken, and how soon what they ask for is written."""
