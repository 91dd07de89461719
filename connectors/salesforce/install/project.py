"""The project an administrator reads and deploys, and the same metadata as a package that is deployed directly."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from xml.etree import ElementTree as ET

from connectors.salesforce import names
from connectors.salesforce.install.gates_page import gates_page
from connectors.salesforce.install.parts import (
    FIELDS,
    KEY,
    NAMESPACE,
    SWEPT_AT,
    ValidationRule,
    bypass,
    heartbeat,
    permission_set,
    to_bytes,
)
from connectors.salesforce.install.rules import PlaybookRules
from rules.playbook import Playbook

SOURCE = "force-app/main/default"
PANEL = f"{SOURCE}/lwc"
LEFT_OUT = ("__tests__", "node_modules", "package-lock.json", "package.json", "jest.config.js")
ACCESS = {names.ENGINE_SET: True, names.READER_SET: False}
EARLIEST = (1980, 1, 1, 0, 0, 0)


def project_files(playbooks: Sequence[Playbook], made: Mapping[str, PlaybookRules]) -> dict[str, bytes]:
    """Give every file of the project by its path: the panel as it ships, the rest made of the playbooks."""
    shipped = files("connectors.salesforce.install").joinpath("project")
    found = dict(_static(shipped, ""))
    opportunity = f"{SOURCE}/objects/Opportunity"
    for field in FIELDS:
        found[f"{opportunity}/fields/{field.name}.field-meta.xml"] = to_bytes(field.element())
    found[f"{SOURCE}/objects/Activity/fields/{KEY.name}.field-meta.xml"] = to_bytes(KEY.element())
    setting = f"{SOURCE}/objects/{names.HEARTBEAT}"
    found[f"{setting}/{names.HEARTBEAT}.object-meta.xml"] = to_bytes(heartbeat())
    found[f"{setting}/fields/{SWEPT_AT.name}.field-meta.xml"] = to_bytes(SWEPT_AT.element())
    found[f"{SOURCE}/customPermissions/{names.BYPASS}.customPermission-meta.xml"] = to_bytes(bypass())
    for name, engine in ACCESS.items():
        path = f"{SOURCE}/permissionsets/{name}.permissionset-meta.xml"
        found[path] = to_bytes(permission_set(name, engine=engine))
    for rule in rules_in(made):
        found[f"{opportunity}/validationRules/{rule.name}.validationRule-meta.xml"] = to_bytes(rule.element())
    found["GATES.md"] = gates_page(playbooks, made).encode()
    return found


def package(made: Mapping[str, PlaybookRules], api_version: str) -> bytes:
    """Give the same as a package for the Metadata API, the same bytes for the same metadata."""
    members = dict(_members(made, api_version))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(path, EARLIEST), content)
    return packed.getvalue()


def rules_in(made: Mapping[str, PlaybookRules]) -> list[ValidationRule]:
    """Give the rules of all playbooks, sorted by name."""
    return sorted((rule for each in made.values() for rule in each.rules), key=lambda rule: rule.name)


def _members(made: Mapping[str, PlaybookRules], api_version: str) -> Iterator[tuple[str, bytes]]:
    opportunity = ET.Element("CustomObject", {"xmlns": NAMESPACE})
    for field in FIELDS:
        opportunity.append(_inside(field.element(), "fields"))
    for rule in rules_in(made):
        opportunity.append(_inside(rule.element(), "validationRules"))
    activity = ET.Element("CustomObject", {"xmlns": NAMESPACE})
    activity.append(_inside(KEY.element(), "fields"))
    setting = heartbeat()
    setting.insert(1, _inside(SWEPT_AT.element(), "fields"))
    yield "objects/Opportunity.object", to_bytes(opportunity)
    yield "objects/Activity.object", to_bytes(activity)
    yield f"objects/{names.HEARTBEAT}.object", to_bytes(setting)
    yield f"customPermissions/{names.BYPASS}.customPermission", to_bytes(bypass())
    for name, engine in ACCESS.items():
        yield f"permissionsets/{name}.permissionset", to_bytes(permission_set(name, engine=engine))
    shipped = files("connectors.salesforce.install").joinpath("project")
    panel = {path.removeprefix(f"{SOURCE}/"): each for path, each in _static(shipped, "") if path.startswith(PANEL)}
    yield from panel.items()
    yield "package.xml", to_bytes(_manifest(made, sorted({path.split("/")[1] for path in panel}), api_version))


def _manifest(made: Mapping[str, PlaybookRules], panels: Sequence[str], api_version: str) -> ET.Element:
    kinds = {
        "CustomField": [f"Opportunity.{each.name}" for each in FIELDS] + [f"Activity.{KEY.name}"],
        "CustomObject": [names.HEARTBEAT],
        "CustomPermission": [names.BYPASS],
        "LightningComponentBundle": list(panels),
        "PermissionSet": sorted(ACCESS),
        "ValidationRule": [f"Opportunity.{rule.name}" for rule in rules_in(made)],
    }
    root = ET.Element("Package", {"xmlns": NAMESPACE})
    for kind, members in kinds.items():
        listed = ET.SubElement(root, "types")
        for member in sorted(members):
            ET.SubElement(listed, "members").text = member
        ET.SubElement(listed, "name").text = kind
    ET.SubElement(root, "version").text = api_version
    return root


def _inside(whole: ET.Element, name: str) -> ET.Element:
    """Give metadata as a part of its object's file."""
    inner = ET.Element(name)
    inner.extend(list(whole))
    return inner


def _static(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for each in sorted(folder.iterdir(), key=lambda one: one.name):
        if each.name in LEFT_OUT:
            continue
        path = f"{prefix}{each.name}"
        if each.is_dir():
            yield from _static(each, f"{path}/")
        else:
            yield path, each.read_bytes()
