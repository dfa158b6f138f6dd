#!/usr/bin/env bash
# All tests of Python. The browser tests mostly wait, in a process of their own beside the others: one running product,
# one browser. What they wait for comes first, so the others are the ones who are nice. Any failure fails the whole.
# COVERAGE=yes measures lines, too, and fails below 90 %; it takes a third longer (.ci/run does).
set -u
folder=$(mktemp -d)
running=()
clean() {
  if ((${#running[@]})); then kill "${running[@]}" 2>/dev/null; wait "${running[@]}" 2>/dev/null; fi
  rm -rf "$folder"
}
trap clean EXIT
trap 'exit 130' INT TERM

failed=0
measure=()
if [ "${COVERAGE:-}" = yes ]; then
  rm -f .coverage .coverage.*
  measure=(-m coverage run)
fi
# dozens of programs are started, and each would compile what it imports
unset PYTHONDONTWRITEBYTECODE
# the migrated database, which both copy
python -m tests.migrated "$folder/migrated.sql" &
running+=($!)
export TEST_MIGRATED="$folder/migrated.sql"
python -m pytest -q tests/e2e >"$folder/e2e.txt" 2>&1 &
e2e=$!
running+=("$e2e")
nice -n 5 python "${measure[@]}" -m pytest -q -n 2 --ignore tests/e2e || failed=1
echo "Browser tests ..."
wait "$e2e" || failed=1
cat "$folder/e2e.txt"
if ((${#measure[@]})); then
  { python -m coverage combine -q && python -m coverage report --fail-under=90; } || failed=1
fi
exit "$failed"
