"""What a Salesforce org pushes: outbound messages, and callouts of a flow."""
