#!/usr/bin/env bash
# Samba as the other DC: partial TGTs made by this code with the key of a read-only DC of a throw-away Samba domain. It
# exchanges the good one for a full TGT, and a service ticket follows; it refuses the others as partial_cases says.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/samba_dc.sh"
need samba samba-tool ldbsearch klist kinit python3
PARTIAL_TGT=${PARTIAL_TGT:-$ROOT/target/release/examples/partial_tgt}
trap samba_dc_stop EXIT

samba_dc_start "$WORK/samba" || exit 1
kvno=$(((SAMBA_RODC_NUMBER << 16) | 1))
while read -r name user owner flaw answer; do
  case $name in '' | '#'*) continue ;; esac
  [ "$flaw" = - ] && flaw=
  expect "Samba: $name is answered with $answer" "^$answer\b" \
    "$PARTIAL_TGT" "$SAMBA_HOST:88" "$SAMBA_REALM" "$kvno" "$SAMBA_RODC_KEY" "$user" "$(samba_sid "$owner")" \
    cifs/files.lab.test $flaw
done <"$ROOT/tests/interop/partial_cases"
samba_dc_stop
finish
