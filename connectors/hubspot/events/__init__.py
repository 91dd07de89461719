"""What a HubSpot account pushes: webhooks, in signed batches."""
