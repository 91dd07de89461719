"""One playbook that serves Salesforce and HubSpot alike."""

PLAYBOOK = """
playbook: sales
version: 3
title: Sales
applies_to: {type: New}
fields:
  pain: {type: text, crm: {salesforce: Pain__c, hubspot: identified_pain}}
roles:
  champion: {salesforce: Champion, hubspot: Champion}
stages:
  - id: discovery
    title: Discovery
    crm: {salesforce: Qualification, hubspot: "101"}
    exit_criteria:
      - id: pain-known
        says: The problem is written down
        require: {filled: [pain]}
        enforce: hard
        task: {title: Write down the problem, due: 2 business days}
      - {id: met, says: We have met, require: {activities: {some: {kind: meeting}}}, enforce: soft}
  - {id: proposal, title: Proposal, crm: {salesforce: Proposal/Price Quote, hubspot: "102"}}
outcomes:
  won: {crm: {salesforce: Closed Won, hubspot: "103"}}
  lost: {crm: {salesforce: Closed Lost, hubspot: "104"}}
"""
