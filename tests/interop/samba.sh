#!/usr/bin/env bash
# Samba as the other DC: partial TGTs made by this code with the key of a read-only DC of a throw-away Samba domain. It
# exchanges the good one for a full TGT, and a service ticket follows; it refuses the others as partial_cases says. The
# lab's own DC on the samba profile, with the same users, is then asked the same, and has to answer the same.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/samba_dc.sh"
need samba samba-tool ldbsearch klist kinit python3
PARTIAL_TGT=${PARTIAL_TGT:-$RELEASE/examples/partial_tgt}
trap 'samba_dc_stop; stop_lab' EXIT

# ask_samba USER OWNER [FLAW], ask_lab USER OWNER [FLAW]: the number and name of the error, or ok.
ask_samba() {
  answer_of "$PARTIAL_TGT" "$SAMBA_HOST:88" "$SAMBA_REALM" "$(((SAMBA_RODC_NUMBER << 16) | 1))" "$SAMBA_RODC_KEY" \
    "$1" "$(samba_sid "$2")" cifs/files.lab.test ${3:+"$3"}
}
ask_lab() {
  answer_of "$PARTIAL_TGT" "$lab_kdc" "$SAMBA_REALM" "$lab_kvno" "$lab_rodc_key" \
    "$1" "$(of_lab "next(user['sid'] for user in lab['users'] if user['sam'] == '$2')")" cifs/files.lab.test ${3:+"$3"}
}
answer_of() { "$@" 2>&1 | sed 's/^ok:.*/ok/'; }

samba_dc_start "$WORK/samba" || exit 1
serve "$ROOT/tests/interop/labs/samba_twin.toml" --profile samba --kdc-only
lab_kdc=$(of_lab 'lab["domains"][0]["kdcs"][0]["tcp"]')
lab_kvno=$(of_lab '(lab["domains"][0]["key_number"] << 16) | lab["domains"][0]["key_version"]')
lab_rodc_key=$(klist -Kekt "$LAB/kdc.keytab" | sed -n "s/^ *$lab_kvno .*aes256-cts-hmac-sha1-96) *(0x\([0-9a-f]*\)).*/\1/p")

while read -r name user owner flaw answer; do
  case $name in '' | '#'*) continue ;; esac
  [ "$flaw" = - ] && flaw=
  by_samba=$(ask_samba "$user" "$owner" "$flaw")
  expect "Samba: $name is answered with $answer" "^$answer\b" echo "$by_samba"
  expect "the lab's DC answers $name as Samba does: $by_samba" "^same$" \
    bash -c '[ "$1" = "$2" ] && echo same || echo "Samba: $1; the lab: $2"' -- "$by_samba" "$(ask_lab "$user" "$owner" "$flaw")"
done <"$ROOT/tests/interop/partial_cases"
samba_dc_stop
finish
