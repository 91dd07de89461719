#!/bin/sh
# The main job on the example pipeline, step by step, into a folder of its own. Called by `make demo`.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-out/demo}
as_of=2026-11-02T07:00:00Z

rm -rf "$out"
mkdir -p "$out"
cp -r "$here/examples/pipeline" "$out/export"
cp "$here"/playbooks/enterprise.yaml "$here"/playbooks/small-business.yaml \
   "$here"/playbooks/services.yaml "$here"/playbooks/renewals.yaml "$out"
cd "$out"
sed -i.bak 's|\.\./rules/playbook.schema.json|../../rules/playbook.schema.json|' ./*.yaml && rm -f ./*.bak
cat > dealgate.yaml <<YAML
crms:
  demo: {type: local, path: crm.db}
playbooks: [enterprise.yaml, small-business.yaml, services.yaml, renewals.yaml]
YAML

step() { printf '\n$ %s\n' "$*"; "$@"; }

printf '\n== 1. An export of a CRM becomes the local CRM'
step dealgate import export/*.csv --mapping export/mapping.yaml --into crm.db
printf '\n== 2. The playbooks are checked'
step dealgate validate enterprise.yaml small-business.yaml services.yaml renewals.yaml
printf '\n== 3. Every deal is judged; the ten that are furthest off are listed'
step dealgate check --as-of "$as_of" --top 10 --report report.html
printf '\n== 4. One deal in full, with the cheapest way out'
step dealgate explain --as-of "$as_of" --deal OPP-000146
printf '\n== 5. What a run would write on that deal'
step dealgate plan --as-of "$as_of" --deal OPP-000146 --format diff
printf '\n== 6. Flags and tasks are written, each once'
printf '\n$ dealgate apply --as-of %s --yes\n' "$as_of"
dealgate apply --as-of "$as_of" --yes > receipts.txt || { status=$?; cat receipts.txt; exit $status; }
tail -n 4 receipts.txt
printf '\n== 7. Applied again, there is nothing to write'
step dealgate apply --as-of "$as_of" --yes
printf '\n== 8. A week later: what changed by itself'
step dealgate check --as-of 2026-11-09T07:00:00Z --top 5

printf '\nThe report: %s/report.html\nThe CRM with its flags and tasks: %s/crm.db\n' "$(pwd)" "$(pwd)"
