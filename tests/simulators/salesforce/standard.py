"""The standard objects of an org, one line a field: name, type, length or precision, flags, [choices].

Flags: `required`, `ro` read-only, `once` on creation only, `restricted`, `calculated`, `tracked`, `gone` deleted with
its parent, `unfiltered`, `lookup` found by an upsert, `default=`, `<Name` the parent's name for the rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.simulators.salesforce.schema import NUMBERS, Field, Thing, reference

STAGES = (
    ("Prospecting", 10, "Pipeline"), ("Qualification", 10, "Pipeline"), ("Needs Analysis", 20, "Pipeline"),
    ("Value Proposition", 50, "Pipeline"), ("Id. Decision Makers", 60, "Pipeline"),
    ("Perception Analysis", 70, "Pipeline"), ("Proposal/Price Quote", 75, "Pipeline"),
    ("Negotiation/Review", 90, "Pipeline"), ("Closed Won", 100, "Closed"), ("Closed Lost", 0, "Omitted"),
)  # fmt: skip
"""Stage, probability, and forecast category."""

SYSTEM = """
  Id                 id 18
  IsDeleted          boolean ro
  CreatedDate        datetime required ro
  CreatedById        reference User:CreatedBy required ro
  LastModifiedDate   datetime required ro
  LastModifiedById   reference User:LastModifiedBy required ro
  SystemModstamp     datetime required ro
"""

OBJECTS = """
Account 001 Accounts
  MasterRecordId     reference Account:MasterRecord ro
  Name               string 255 required
  Type               picklist 40 [Prospect|Customer - Direct|Customer - Channel|Channel Partner / Reseller|Installation Partner|Technology Partner|Other]
  ParentId           reference Account:Parent <ChildAccounts
  BillingCity        string 40
  BillingCountry     string 80
  Phone              phone 40
  Website            url 255
  AccountNumber      string 40
  Industry           picklist 40 [Banking|Consulting|Education|Energy|Government|Healthcare|Manufacturing|Retail|Technology]
  AnnualRevenue      currency 18.0
  NumberOfEmployees  int
  Description        textarea 32000
  Rating             picklist 40 [Hot|Warm|Cold]
  OwnerId            reference User:Owner required
Contact 003 Contacts
  MasterRecordId     reference Contact:MasterRecord ro
  AccountId          reference Account:Account <Contacts
  LastName           string 80 required
  FirstName          string 40
  Name               string 121 required ro
  Phone              phone 40
  Email              email 80 lookup
  Title              string 128
  Department         string 80
  ReportsToId        reference Contact:ReportsTo
  MailingCountry     string 80
  Description        textarea 32000
  OwnerId            reference User:Owner required
User 005 Users -IsDeleted
  Username           string 80 required
  LastName           string 80 required
  FirstName          string 40
  Name               string 121 required ro
  Email              email 128 required
  Title              string 80
  Department         string 80
  Division           string 80
  UserRoleId         reference UserRole:UserRole
  ProfileId          reference Profile:Profile
  ManagerId          reference User:Manager
  UserType           picklist 40 restricted default=Standard ro [Standard|PowerPartner|CsnOnly|AutomatedProcess]
  IsActive           boolean default=true
UserRole 00E UserRoles -IsDeleted
  Name               string 80 required
  ParentRoleId       reference UserRole:ParentRole
Profile 00e Profiles -IsDeleted
  Name               string 255 required
RecordType 012 RecordTypes -IsDeleted
  Name               string 80 required
  DeveloperName      string 80 required
  SobjectType        picklist 40 required
  IsActive           boolean default=true
Opportunity 006 Opportunities
  AccountId          reference Account:Account <Opportunities
  IsPrivate          boolean
  Name               string 120 required
  Description        textarea 32000
  StageName          picklist 255 required
  Amount             currency 18.2 tracked
  Probability        percent 3.0
  ExpectedRevenue    currency 18.2 ro
  CloseDate          date required tracked
  Type               picklist 255 [Existing Customer - Upgrade|Existing Customer - Replacement|Existing Customer - Downgrade|New Customer]
  NextStep           string 255
  LeadSource         picklist 255 [Web|Phone Inquiry|Partner Referral|Purchased List|Other]
  IsClosed           boolean ro
  IsWon              boolean ro
  ForecastCategory   picklist 40 required restricted ro [Omitted|Pipeline|BestCase|MostLikely|Forecast|Closed]
  ForecastCategoryName picklist 255 restricted [Omitted|Pipeline|Best Case|Commit|Closed]
  OwnerId            reference User:Owner required
  RecordTypeId       reference RecordType:RecordType
  LastActivityDate   date ro
  LastStageChangeDate datetime ro
  FiscalQuarter      int ro
  FiscalYear         int ro
  Fiscal             string 6 ro
  ContactId          reference Contact once <Opportunities
  HasOpenActivity    boolean ro unfiltered
  HasOverdueTask     boolean ro unfiltered
OpportunityContactRole 00K OpportunityContactRoles
  OpportunityId      reference Opportunity:Opportunity required once gone <OpportunityContactRoles
  ContactId          reference Contact:Contact required gone <OpportunityContactRoles
  Role               picklist 40 [Business User|Decision Maker|Economic Buyer|Economic Decision Maker|Evaluator|Executive Sponsor|Influencer|Technical Buyer|Other]
  IsPrimary          boolean
OpportunityHistory 008 OpportunityHistories -LastModifiedDate -LastModifiedById
  OpportunityId      reference Opportunity:Opportunity required ro gone <OpportunityHistories
  StageName          picklist 255 required ro
  Amount             currency 18.2 ro
  PrevAmount         currency 18.2 ro
  ExpectedRevenue    currency 18.2 ro
  CloseDate          date ro
  PrevCloseDate      date ro
  Probability        percent 3.0 ro
  ForecastCategory   picklist 40 restricted ro
OpportunityFieldHistory 017 Histories -LastModifiedDate -LastModifiedById -SystemModstamp
  OpportunityId      reference Opportunity:Opportunity required ro gone <Histories
  Field              picklist 255 required restricted ro
  DataType           picklist 40 restricted ro
  OldValue           anyType ro unfiltered
  NewValue           anyType ro unfiltered
OpportunityStage 01J OpportunityStages -IsDeleted
  MasterLabel        string 255
  ApiName            string 255
  SortOrder          int
  IsActive           boolean default=true
  IsClosed           boolean
  IsWon              boolean
  ForecastCategory   picklist 40 restricted
  ForecastCategoryName string 40
  DefaultProbability percent 3.0
Task 00T Tasks
  WhoId              reference Contact,Lead:Who
  WhatId             reference Account,Opportunity,Quote:What gone <Tasks
  Subject            combobox 255
  ActivityDate       date
  Status             picklist 255 required default=Not_Started [Not Started|In Progress|Completed|Waiting on someone else|Deferred]
  Priority           picklist 255 required default=Normal [High|Normal|Low]
  OwnerId            reference User:Owner required
  Description        textarea 32000
  Type               picklist 40
  TaskSubtype        picklist 40 restricted default=Task once [Task|Email|Call|ListEmail|LinkedIn|Cadence]
  CallType           picklist 40 restricted [Internal|Inbound|Outbound]
  CallDurationInSeconds int
  AccountId          reference Account:Account ro
  IsClosed           boolean ro
  IsHighPriority     boolean ro
  CompletedDateTime  datetime ro
  IsReminderSet      boolean
  ReminderDateTime   datetime
  IsArchived         boolean ro
Event 00U Events
  WhoId              reference Contact,Lead:Who
  WhatId             reference Account,Opportunity,Quote:What gone <Events
  Subject            combobox 255
  Location           string 255
  IsAllDayEvent      boolean
  ActivityDateTime   datetime
  ActivityDate       date
  DurationInMinutes  int
  StartDateTime      datetime
  EndDateTime        datetime
  Description        textarea 32000
  AccountId          reference Account:Account ro
  OwnerId            reference User,Calendar:Owner required
  IsPrivate          boolean
  ShowAs             picklist 40 restricted default=Busy [Busy|OutOfOffice|Free]
  Type               picklist 40
  IsChild            boolean ro
  IsArchived         boolean ro
EmailMessage 02s EmailMessages
  RelatedToId        reference Account,Opportunity,Quote:RelatedTo gone <EmailMessages
  ActivityId         reference Task:Activity
  Incoming           boolean
  MessageDate        datetime
  Subject            string 3000
  TextBody           textarea 131072
  FromAddress        email 1000
  FromName           string 1000
  ToAddress          string 4000
  CcAddress          string 4000
  Status             picklist 40 restricted default=0 [0|1|2|3|4|5]
EventWhoRelation 0RE EventWhoRelations
  EventId            reference Event:Event required gone <EventWhoRelations
  RelationId         reference Contact,Lead:Relation required
  Status             picklist 40 restricted [New|Declined|Accepted|Uninvited|Maybe]
  Type               picklist 40 restricted [Contact|Lead]
TaskWhoRelation 0RT TaskWhoRelations
  TaskId             reference Task:Task required gone <TaskWhoRelations
  RelationId         reference Contact,Lead:Relation required
  Type               picklist 40 restricted [Contact|Lead]
Quote 0Q0 Quotes
  OpportunityId      reference Opportunity:Opportunity required once gone <Quotes
  Name               string 255 required
  QuoteNumber        string 30 ro
  Status             picklist 40 [Draft|Needs Review|In Review|Approved|Rejected|Presented|Accepted|Denied]
  ExpirationDate     date
  GrandTotal         currency 18.2 ro
  TotalPrice         currency 18.2 ro
  IsSyncing          boolean ro
  OwnerId            reference User:Owner
Organization 00D Organizations -IsDeleted
  Name               string 80 required
  OrganizationType   picklist 40 restricted ro
  InstanceName       string 5 ro
  IsSandbox          boolean ro
  DefaultLocaleSidKey picklist 40 restricted
  TimeZoneSidKey     picklist 40 restricted
FieldDefinition 0FD FieldDefinitions -IsDeleted -CreatedDate -CreatedById -LastModifiedDate -LastModifiedById -SystemModstamp
  DurableId          string 255 ro
  EntityDefinition.QualifiedApiName string 70 ro
  QualifiedApiName   string 70 ro
  Label              string 80 ro
  DataType           string 1000 ro
  IsFieldHistoryTracked boolean ro
PermissionSet 0PS PermissionSets -IsDeleted
  Name               string 80 required
  Label              string 80 required
PermissionSetAssignment 0Pa PermissionSetAssignments -IsDeleted
  AssigneeId         reference User:Assignee required
  PermissionSetId    reference PermissionSet:PermissionSet required
"""

WORD = re.compile(r"\[[^\]]*\]|\S+")


def standard_objects() -> dict[str, Thing]:
    """Give the standard objects, by lower-case name."""
    things: dict[str, Thing] = {}
    current = Thing("", "")
    for line in OBJECTS.strip().splitlines():
        if not line.startswith(" "):
            name, prefix, plural, *absent = line.split()
            current = things[name.lower()] = Thing(name, prefix, plural)
            current.add(*(each for each in system_fields() if f"-{each.name}" not in absent))
        else:
            current.add(_field(line))
    stage = things["opportunity"].fields["stagename"]
    stage.choices = tuple(name for name, *_ in STAGES)
    return things


def system_fields() -> Iterator[Field]:
    """Give the fields that every object has."""
    for line in SYSTEM.strip().splitlines():
        yield _field(line)


def _field(line: str) -> Field:
    name, kind, *rest = WORD.findall(line)
    if kind == "reference":
        targets, _, relation = rest.pop(0).partition(":")
        found = reference(name, relation, *targets.split(","))
    else:
        found = Field(name, kind)
    for word in rest:
        _mark(found, word)
    return found


def _mark(found: Field, word: str) -> None:
    if word[0].isdigit():
        size, _, scale = word.partition(".")
        if found.kind in NUMBERS:
            found.precision, found.scale = int(size), int(scale)
        else:
            found.length = int(size)
    elif word[0] in "[<":
        found.choices, found.child = (
            (tuple(word[1:-1].split("|")), found.child) if word[0] == "[" else (found.choices, word[1:])
        )
    elif word.startswith("default="):
        given = word.removeprefix("default=").replace("_", " ")
        found.default = given == "true" if found.kind == "boolean" else given
    else:
        name, value = FLAGS[word]
        setattr(found, name, value)


FLAGS = {
    "required": ("required", True), "ro": ("read_only", True), "once": ("create_only", True),
    "restricted": ("restricted", True), "calculated": ("calculated", True), "tracked": ("tracked", True),
    "gone": ("cascade", True), "unfiltered": ("filtered", False),
    "lookup": ("id_lookup", True),
}  # fmt: skip
