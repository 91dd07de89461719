"""The words the example pipeline is written in: people, companies, and what goes wrong in each industry."""

from __future__ import annotations

from dataclasses import dataclass


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


FIRST_NAMES = _listed(
    "Aaliyah Adaeze Aiko Alejandro Amara Anders Anjali Bao Beatriz Bjorn Camila Chidi Chloe Dalia Daniel Dmitri Elif "
    "Emeka Esther Farah Fatima Felix Gabriela Giulia Hannah Haruto Hye-jin Ibrahim Ines Ingrid Isaac Jamal Joao "
    "Johanna Kavya Kenji Kwame Lakshmi Lars Leila Liam Lucia Magnus Malik Mei Mateo Nadia Ngozi Noah Olga Omar Priya "
    "Rafael Rania Ravi Rosa Samuel Santiago Sina Sofia Tariq Tomas Valentina Wanjiru Wei Yara Yusuf Zanele Zofia"
)

LAST_NAMES = _listed(
    "Abara Achterberg Adeyemi Amari Andrade Aziz Balogun Barros Bergstrom Castellan Chaudhry Chen Costa Dahl Danso "
    "Delacroix Demir Diallo Duarte Eriksen Farouk Fernando Fischer Gallo Ganesan Haddad Hansen Hoang Ivanov Jansen "
    "Kamau Kapoor Kaya Kim Kowalski Larsen Lindqvist Mahlangu Mbeki Mendes Moreau Mwangi Nakamura Nguyen Novak Nwosu "
    "Obi Okafor Oliveira Osei Park Pereira Petrov Quispe Rahman Ramos Reyes Rossi Sandoval Sato Schneider Sharma Silva "
    "Tanaka Torres Vargas Varga Wallin Yilmaz Zhang"
)

PLACES = _listed(
    "Ambrick Arlendale Ashvane Bellowick Brackmoor Brindlow Calderwin Corvane Dunleath Elderfen Eskwater Fallowick "
    "Fenharrow Garlowe Grenmoor Hollimere Ilvane Jarrowin Keldermoor Lissard Marlowick Mirefell Norrick Ostervale "
    "Orrindale Pellwick Pendrow Quenvale Rookhaven Saltrane Sedgewin Silverfen Tarnlow Tindelow Ulverway Varnholt "
    "Wexmoor Wrenfield Yarrowend Zellwick"
)

TITLES = {
    "Economic Buyer": ("Chief Financial Officer", "Chief Operating Officer", "VP Operations", "Managing Director"),
    "Decision Maker": ("Owner", "General Manager", "Operations Director", "Managing Partner"),
    "Champion": ("Head of Planning", "Operations Manager", "Process Lead", "Transformation Lead"),
    "Evaluator": ("IT Architect", "Systems Analyst", "Data Manager", "IT Manager"),
    "Legal": ("General Counsel", "Contracts Manager"),
    "Business User": ("Shift Planner", "Dispatcher", "Scheduler", "Site Supervisor"),
    "Sponsor": ("Plant Manager", "Regional Manager", "Head of Service"),
    "Executive Sponsor": ("Chief Operating Officer", "VP Service", "Division Head"),
    "Procurement": ("Procurement Manager", "Category Buyer"),
}

PLACEHOLDERS = ("tbd", "TBD", "n/a", "see notes", "x", "???", "to be confirmed", "asdf", "same as above", "-")

CONSEQUENCES = (
    "it cost them a customer in {month}",
    "the {title} spends {k} evenings a month on it",
    "{k} people left over it this year",
    "the auditors asked about it twice",
    "it came up in the last {k} board meetings",
    "they pay about {k} thousand a month for it",
    "their biggest customer has complained {k} times",
    "the new {title} wants it gone by {month}",
    "nobody dares to take holidays in {month}",
    "they tried to fix it themselves {k} months ago",
)
"""What makes a problem one company's own."""

REWARDS = (
    "{k} people can then do other work",
    "they could take on {k} more contracts",
    "the board was promised it for {month}",
    "it is worth about {k} thousand a year to them",
    "the {title} will show it to the group in {month}",
)

PASTED = (
    "Planning takes too long and is spread over many spreadsheets nobody trusts",
    "Customer wants to be more efficient and save costs in daily operations",
    "They need better visibility and reporting across all of their sites",
)
"""What reps paste from deal to deal when a field must be filled."""

NEXT_STEPS = {
    "early": ("Call with the planning team", "Send the summary of our talk", "Meet their operations lead"),
    "middle": ("Workshop on their own data", "Reference call", "Walk finance through the numbers"),
    "late": ("Go through the proposal with the board", "Agree on the order form", "Call on open contract points"),
    "start": ("Kick-off date with the site managers", "Start of work on site"),
}

WEAK_NEXT_STEPS = ("check in", "follow up", "waiting for them", "touch base")

PROCESSES = (
    "{who} recommends, finance checks the case, the board signs in {month}",
    "Two quotes, a vote of the site managers, then {who} signs",
    "{who} decides alone below 100,000, above that the group does",
    "Pilot first, then procurement, then signature by {who} in {month}",
)
CRITERIA = (
    "Live before {month}, works offline, no change to payroll",
    "Total cost over three years, ease for shift leads, data kept in region",
    "Must link to their stock system and run on old tablets",
    "Time to first value, support in their language, references nearby",
)
PAPER = (
    "Legal redlines take a week, then {who} signs online",
    "Their own contract paper, data protection annex, signature by {who}",
    "Procurement opens a supplier record, ten days, then signature",
)
WHY_US = (
    "Only we replan a whole week within minutes",
    "We run without a network connection on site",
    "Their planners tried it and asked to keep it",
)
WANTS = (
    "Payback within twelve months, proven by finance",
    "No more than one change for the night shift",
    "A reference of the same size and trade",
    "Proof that old tablets are fast enough",
)
COMPETITORS = ("Spreadsheets", "In-house tool", "Rostrella", "Dockmanta", "Shiftoria")
LOST_REASONS = ("No decision", "Price", "Chose Rostrella", "Chose Dockmanta", "Budget cut", "Built it themselves")
NO_FIT = (
    "They want extra hands, not advice",
    "Nobody there owns the problem",
    "Decided by a tender without any talks",
    "Too small for the work to pay off",
)
TRIGGERS = (
    "A second site opens next spring",
    "Their planner of twenty years retires in March",
    "The group asked for ten percent lower cost",
    "An audit found overtime nobody had approved",
    "They lost their biggest customer over late deliveries",
)
CHANGES = (
    "Two sites were added and the planning team was merged in {month}",
    "New operations chief since {month} who wants one plan for all sites",
    "They moved to four-day shifts and the old templates no longer fit",
    "A rival won one of their contracts and volumes fell by {n} percent",
)
NEEDS_TODAY = (
    "Plans across all sites instead of site by site",
    "Swapping shifts on the phone without calling the office",
    "Forecasts two weeks ahead that hold within {n} percent",
)
RESULTS = (
    "Overtime fell by {n} percent in the first year",
    "Planning a week takes {m} hours instead of two days",
    "Late deliveries went from {n} to {m} a month",
)
ADDS = (
    "Forecasting for all sites they plan with us",
    "The phone app for shift swaps in two divisions",
    "Stock planning beside the shift plan",
)


@dataclass(frozen=True, slots=True)
class Industry:
    """What a company in this trade is called, what hurts it, and what getting better looks like."""

    name: str
    suffixes: tuple[str, ...]
    project: tuple[str, ...]
    pains: tuple[str, ...]
    gains: tuple[str, ...]


INDUSTRIES = (
    Industry(
        "Manufacturing", ("Foundry", "Plastics", "Tools", "Glass"), ("line planning", "shift planning"),
        (
            "Every rush order stops line two and {n} people wait {m} minutes until the plan is redrawn",
            "Foremen plan {n} shifts on paper and overtime is found out only on payday, {m} hours late",
            "Machine changes cost {m} hours a week as three departments keep three plans",
        ),
        ("Cut {n} hours of standstill a month from spring on", "Save {m} percent of overtime in the first year"),
    ),
    Industry(
        "Logistics", ("Freight", "Haulage", "Parcel", "Cold Chain"), ("dispatch", "dock scheduling"),
        (
            "Dispatchers retype {n} orders a day from e-mail and lose {m} hours a shift on it",
            "Trucks queue {m} minutes at the docks as slots are promised by phone, {n} of them a day",
            "Drivers hear about changes too late and {n} stops a week are driven twice",
        ),
        ("Halve the {m} minutes of waiting at each dock", "Dispatch {n} more orders a day with the same team"),
    ),
    Industry(
        "Energy", ("Power", "Grid", "Wind", "Heat"), ("field crews", "outage planning"),
        (
            "Field crews drive back to the depot {n} times a week because a part or a permit is missing",
            "Outages are planned in {m} separate calendars and two crews turn up for one job",
            "Standby duty is settled by phone every Friday and {n} hours a month are paid twice",
        ),
        ("Save {n} depot trips a week within half a year", "Bring planned outages down by {m} percent"),
    ),
    Industry(
        "Healthcare", ("Clinics", "Care", "Rehab", "Dental"), ("rostering", "theatre planning"),
        (
            "Rosters for {n} nurses are redone by hand whenever someone calls in sick, {m} times a week",
            "Treatment rooms stand empty {m} hours a day while patients wait {n} days for a slot",
            "Agency staff cost {n} thousand a month as free shifts are seen too late",
        ),
        ("Cut agency hours by {m} percent by summer", "Fill {n} more treatment slots a week"),
    ),
    Industry(
        "Retail", ("Stores", "Markets", "Outdoor", "Home"), ("store staffing", "replenishment"),
        (
            "Store managers guess staffing and {m} of ten Saturdays are short, with {n} complaints a month",
            "Shelves for offers are empty by noon in {n} stores because deliveries and staff do not match",
            "Part-timers swap shifts in chat groups and {n} shifts a month stay open",
        ),
        ("Have {m} percent fewer empty shelves at noon", "Save {n} thousand in overtime a season"),
    ),
    Industry(
        "Hospitality", ("Hotels", "Inns", "Catering", "Resorts"), ("housekeeping", "banquet staffing"),
        (
            "Rooms are ready {m} minutes late on busy days as housekeeping works from a printed list",
            "Banquets are staffed by phone calls to {n} casual workers, and {m} in ten do not come",
            "Night audits find {n} hours a week booked on the wrong house",
        ),
        ("Have rooms ready {m} minutes sooner by high season", "Bring casual hours down by {n} a week"),
    ),
    Industry(
        "Construction", ("Builders", "Concrete", "Roofing", "Civil"), ("crew planning", "machine planning"),
        (
            "Cranes wait for crews {m} hours a week as sites and the yard plan apart from each other",
            "Site managers call in {n} workers by phone each morning and {m} end up at the wrong site",
            "Rented machines stand unused {n} days a month because nobody sees all sites",
        ),
        ("Give back {n} rented machine days a month", "Have {m} percent fewer idle crane hours"),
    ),
    Industry(
        "Education", ("Colleges", "Schools", "Academies", "Training"), ("timetabling", "room planning"),
        (
            "Timetables for {n} courses are patched by hand every term and {m} clashes reach the students",
            "Rooms are booked twice {m} times a week and the caretaker decides at the door",
            "Substitute teachers are called at six in the morning, {n} times a month",
        ),
        ("Start the term with fewer than {m} clashes", "Free {n} hours of office work each term"),
    ),
)  # fmt: skip
