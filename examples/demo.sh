#!/bin/sh
# The main job on the example pipeline, step by step, into a folder of its own. Called by `make demo`.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-out/demo}
as_of=2026-11-02T07:00:00Z

rm -rf "$out"
mkdir -p "$out"
cd "$out"
cat > dealgate.yaml <<YAML
crms:
  demo: {type: local, path: crm.db}
playbooks:
  - $here/playbooks/enterprise.yaml
  - $here/playbooks/small-business.yaml
  - $here/playbooks/services.yaml
  - $here/playbooks/renewals.yaml
YAML

step() { printf '\n$ %s\n' "$*"; "$@"; }

step dealgate import "$here"/examples/pipeline/*.csv --mapping "$here/examples/pipeline/mapping.yaml" --into crm.db
step dealgate validate "$here"/playbooks/enterprise.yaml "$here"/playbooks/small-business.yaml "$here"/playbooks/services.yaml "$here"/playbooks/renewals.yaml
step dealgate check --crm demo --as-of "$as_of" --report report.html
step dealgate explain --crm demo --as-of "$as_of" --deal OPP-000045
step dealgate plan --crm demo --as-of "$as_of"
step dealgate apply --crm demo --as-of "$as_of" --yes
step dealgate apply --crm demo --as-of "$as_of" --yes
step dealgate check --crm demo --as-of "$as_of" --fail-on hard || test $? -eq 1

printf '\nThe report: %s/report.html\nThe CRM with its flags and tasks: %s/crm.db\n' "$(pwd)" "$(pwd)"
