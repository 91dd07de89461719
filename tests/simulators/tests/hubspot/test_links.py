"""Associations: read in batches, their types and labels, the primary company twice, ids as numbers."""

from __future__ import annotations

from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.tests.hubspot.calling import DEALS, LINKS, Caller, inputs

COMPANIES = "/crm/v4/associations/deals/companies"
PLAIN = {"category": "HUBSPOT_DEFINED", "typeId": 3, "label": None}


def test_who_belongs_to_a_deal_comes_with_every_type_and_label(crm: HubSpotSimulator, call: Caller) -> None:
    person = crm.account.add_contact()
    deal = crm.account.add_deal()
    crm.account.associate("deals", deal, "contacts", person, "Decision maker")
    for path in (LINKS, "/crm/associations/2026-09/0-3/0-1"):
        (found,) = call.post(f"{path}/batch/read", inputs([deal]))["results"]
        assert found["from"] == {"id": deal}
        types = [PLAIN, {"category": "USER_DEFINED", "typeId": 17, "label": "Decision maker"}]
        assert found["to"] == [{"toObjectId": person, "associationTypes": types}]


def test_deals_of_nobody_are_named_beside_the_others(crm: HubSpotSimulator, call: Caller) -> None:
    alone, deal = crm.account.add_deal(), crm.account.add_deal(contacts=[crm.account.add_contact()])
    answer = call.post(f"{LINKS}/batch/read", inputs([alone, deal]), 207)
    assert [each["from"]["id"] for each in answer["results"]] == [deal]
    assert answer["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert answer["errors"][0]["context"]["fromObjectId"] == [alone]


def test_a_thousand_are_read_and_no_more(call: Caller) -> None:
    ids = [str(number) for number in range(1001)]
    call.refused("POST", f"{LINKS}/batch/read", inputs(ids))
    assert call.post(f"{LINKS}/batch/read", inputs(ids[:1000]), 207)["numErrors"] == 1000


def test_ids_may_come_as_numbers(crm: HubSpotSimulator, call: Caller) -> None:
    person = crm.account.add_contact()
    deal = crm.account.add_deal(contacts=[person])
    crm.faults.numbers_as_ids = True
    (found,) = call.post(f"{LINKS}/batch/read", inputs([deal]))["results"]
    assert found["to"][0]["toObjectId"] == int(person)


def test_many_come_in_pages(crm: HubSpotSimulator, call: Caller) -> None:
    people = [crm.account.add_contact() for _ in range(501)]
    deal = crm.account.add_deal(contacts=people)
    (first,) = call.post(f"{LINKS}/batch/read", inputs([deal]))["results"]
    after = first["paging"]["next"]["after"]
    (rest,) = call.post(f"{LINKS}/batch/read", {"inputs": [{"id": deal, "after": after}]})["results"]
    found = [each["toObjectId"] for page in (first, rest) for each in page["to"]]
    assert found == people
    assert "paging" not in rest


def test_a_primary_company_appears_twice_inline(crm: HubSpotSimulator, call: Caller) -> None:
    company = crm.account.add_company()
    deal = crm.account.add_deal(company=company)
    found = call.get(f"{DEALS}/{deal}", associations="companies,contacts")["associations"]
    assert found == {"companies": {"results": [{"id": company, "type": "deal_to_company"},
                                               {"id": company, "type": "deal_to_company_unlabeled"}]}}  # fmt: skip
    (read,) = call.post(f"{COMPANIES}/batch/read", inputs([deal]))["results"]
    assert [each["typeId"] for each in read["to"][0]["associationTypes"]] == [5, 341]


def test_only_one_company_is_the_primary_one(crm: HubSpotSimulator, call: Caller) -> None:
    first, second = crm.account.add_company("First"), crm.account.add_company("Second")
    deal = crm.account.add_deal(company=first)
    crm.account.associate("deals", deal, "companies", second, "Primary")
    (read,) = call.post(f"{COMPANIES}/batch/read", inputs([deal]))["results"]
    held = {each["toObjectId"]: [one["typeId"] for one in each["associationTypes"]] for each in read["to"]}
    assert held == {first: [341], second: [5, 341]}


def test_associations_are_made_and_taken_away_in_batches_and_seen_from_both_sides(
    crm: HubSpotSimulator, call: Caller
) -> None:
    person, deal = crm.account.add_contact(), crm.account.add_deal()
    ends = {"from": {"id": deal}, "to": {"id": person}}
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 3}
    (made,) = call.post(f"{LINKS}/batch/create", {"inputs": [{**ends, "types": [kind]}]}, 201)["results"]
    assert (made["fromObjectTypeId"], made["toObjectTypeId"]) == ("0-3", "0-1")
    back = call.post("/crm/v4/associations/contacts/deals/batch/read", inputs([person]))["results"]
    assert back[0]["to"][0]["associationTypes"] == [{"category": "HUBSPOT_DEFINED", "typeId": 4, "label": None}]
    gone = {"inputs": [{"from": {"id": deal}, "to": [{"id": person}]}]}
    assert call("POST", f"{LINKS}/batch/archive", gone).status_code == 204
    assert call.post(f"{LINKS}/batch/read", inputs([deal]), 207)["results"] == []


def test_an_association_with_nobody_is_told(crm: HubSpotSimulator, call: Caller) -> None:
    deal = crm.account.add_deal()
    ends = {"from": {"id": deal}, "to": {"id": "99"}}
    given = {"inputs": [{**ends, "types": []}]}
    assert call.post(f"{LINKS}/batch/create", given, 207)["errors"][0]["context"] == {"ids": ["99"]}
    wrong = {"associationCategory": "USER_DEFINED", "associationTypeId": 3}
    call.refused("POST", f"{LINKS}/batch/create", {"inputs": [{**ends, "types": [wrong]}]})


def test_labels_are_listed_made_and_removed(crm: HubSpotSimulator, call: Caller) -> None:
    person, deal = crm.account.add_contact(), crm.account.add_deal()
    assert call.get(f"{LINKS}/labels")["results"] == [PLAIN]
    (made,) = call.post(f"{LINKS}/labels", {"label": "Champion", "name": "champion"})["results"]
    crm.account.associate("deals", deal, "contacts", person, "Champion")
    assert call.get(f"{LINKS}/labels")["results"] == [PLAIN, made]
    assert call("DELETE", f"{LINKS}/labels/{made['typeId']}").status_code == 204
    (read,) = call.post(f"{LINKS}/batch/read", inputs([deal]))["results"]
    assert read["to"][0]["associationTypes"] == [PLAIN]
    call.refused("POST", f"{LINKS}/labels", {"label": "Champion"})


def test_one_record_has_its_associations_alone(crm: HubSpotSimulator, call: Caller) -> None:
    person, deal = crm.account.add_contact(), crm.account.add_deal()
    path = f"/crm/v4/objects/deals/{deal}/associations/contacts"
    kind = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 3}]
    assert call("PUT", f"{path}/{person}", kind).status_code == 201
    assert call.get(path)["results"] == [{"toObjectId": person, "associationTypes": [PLAIN]}]
    assert call("DELETE", f"{path}/{person}").status_code == 204
    assert call.get(path)["results"] == []
    assert call("PUT", f"{path}/99", kind).status_code == 404


def test_an_archived_deal_belongs_to_nobody(crm: HubSpotSimulator, call: Caller) -> None:
    person = crm.account.add_contact()
    deal = crm.account.add_deal(contacts=[person])
    crm.account.archive("deals", deal)
    assert call.get(f"/crm/v4/objects/contacts/{person}/associations/deals")["results"] == []
