"""The results of cases as JSON values."""

from __future__ import annotations

from typing import Any

from engine.runs.cases.running import CaseReport, CaseResult


def report_document(report: CaseReport) -> dict[str, Any]:
    """Lay out what became of every case, and what the cases touch."""
    return {
        "playbook": report.playbook.name,
        "passed": len(report.results) - len(report.failed),
        "failed": len(report.failed),
        "cases": [_result(each) for each in report.results],
        "coverage": {
            each.what: {"total": each.total, "touched": each.touched, "untouched": list(each.untouched)}
            for each in report.coverage
        },
    }


def _result(result: CaseResult) -> dict[str, Any]:
    differences = [
        {
            "what": each.what,
            "subject": each.subject,
            "expected": each.expected or None,
            "found": each.found or None,
            "because": each.why or None,
        }
        for each in result.differences
    ]
    return {
        "name": result.case.name,
        "line": result.case.place.line,
        "passed": result.passed,
        "differences": differences,
    }
