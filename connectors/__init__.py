"""One folder per CRM, all behind the protocol in `connectors.protocol`."""
