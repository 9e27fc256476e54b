# Helpers of the interop tests, sourced by each. A test is a script that runs inside a network namespace of its own, with
# the lab on standard ports; it ends with `finish`, which prints how many checks passed and fails when one did not.
set -uo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
RELEASE=${CARGO_TARGET_DIR:-$ROOT/target}/release
TRUSTLAB=${TRUSTLAB:-$RELEASE/trustlab}
WORK=$(mktemp -d)
# where tests/setup puts the tools that are no packages of the system
PATH=${TRUSTLAB_TOOLS:-$ROOT/target/tools}/bin:$PATH
REALM=AD.FERNHILL.EXAMPLE
passed=0
failed=0
lab_pid=

# A missing program is a failure in CI, and said aloud elsewhere.
need() {
  for program in "$@"; do
    command -v "$program" >/dev/null && continue
    if [ -n "${CI:-}" ]; then
      echo "FAILED  $program is missing; tests/setup installs it"
      exit 1
    fi
    echo "SKIPPED $(basename "$0"): $program is missing; tests/setup installs it"
    exit 0
  done
}

# lab [OPTION...]: starts the lab on standard ports and makes its names and settings this shell's. Its directory is $LAB.
lab() {
  serve --ports standard "$@"
  # the namespace has a mount namespace too: names of the lab resolve here and nowhere else
  mount --bind "$LAB/hosts" /etc/hosts
  . "$LAB/env.sh"
}

# serve [OPTION...]: starts the lab and waits until it serves. Its directory is $LAB.
serve() {
  LAB=$WORK/lab-$RANDOM
  "$TRUSTLAB" up --dir "$LAB" "$@" >"$WORK/up.log" 2>&1 &
  lab_pid=$!
  for _ in $(seq 100); do
    [ -f "$LAB/env.sh" ] && return
    kill -0 "$lab_pid" 2>/dev/null || break
    sleep 0.1
  done
  cat "$WORK/up.log"
  echo "FAILED  the lab did not start"
  exit 1
}

# of_lab EXPRESSION: a value of lab.json, as Python reads it from `lab`.
of_lab() {
  python3 -c 'import json, sys; lab = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$LAB/lab.json" "$1"
}

stop_lab() {
  [ -n "$lab_pid" ] || return 0
  kill "$lab_pid" 2>/dev/null
  wait "$lab_pid" 2>/dev/null
  umount /etc/hosts 2>/dev/null
  lab_pid=
}

# expect WHAT PATTERN COMMAND...: the command succeeds and its output has a line that matches; an empty pattern asks for
# success alone.
expect() { check 0 "$@"; }

# refuse WHAT PATTERN COMMAND...: the command fails and its output has a line that matches.
refuse() { check 1 "$@"; }

check() {
  local wanted=$1 what=$2 pattern=$3 status=0
  shift 3
  "$@" >"$WORK/output" 2>&1 || status=1
  if [ "$status" = "$wanted" ] && { [ -z "$pattern" ] || grep -Eq -- "$pattern" "$WORK/output"; }; then
    passed=$((passed + 1))
    echo "ok      $what"
  else
    failed=$((failed + 1))
    echo "FAILED  $what"
    echo "        command: $*"
    echo "        expected status $wanted (got $status) and a line that matches: $pattern"
    sed 's/^/        | /' "$WORK/output" | tail -40
  fi
}

finish() {
  stop_lab
  rm -rf "$WORK"
  echo "$(basename "$0"): $passed passed, $failed failed"
  [ "$failed" = 0 ]
}
