"""What HubSpot needs so that reps see their gates and the account helps to keep them: properties, rules, an app."""
