"""What Salesforce needs so that it refuses a closed gate by itself: fields, permissions, rules."""
