#!/usr/bin/env bash
# A cache that holds only the partial TGT of the simulated device is enough for MIT: kinit -R exchanges it for a full TGT,
# kvno uses it directly. The file server is python-gssapi with the exported keytab.
. "$(dirname "$0")/lib.sh"
need kinit kvno klist python3

lab
at() { "$TRUSTLAB" at "$@" --lab "$LAB"; }
at_ada() { "$TRUSTLAB" at --lab "$LAB" ada-lt "$@"; }
SPN=cifs/fs01.ad.fernhill.example

expect "ada signs in with Hello" "" at_ada sign-in hello
expect "the device holds the partial TGT" "Cloud Primary \(Hybrid logon\) TGT available: 1" at_ada klist cloud_debug
expect "Entra delivered both tickets" "OnPremTgt : YES" at_ada dsregcmd /status
expect "the partial TGT alone is exported" "" at_ada export-ccache "$WORK/partial" --only partial
chmod 600 "$WORK/partial"
cp -p "$WORK/partial" "$WORK/direct"

export KRB5CCNAME=FILE:$WORK/partial
expect "the cache holds one ticket, for the TGS" "krbtgt/$REALM@$REALM" klist
before=$(kvno "krbtgt/$REALM" | sed 's/.*kvno = //')
expect "kinit -R exchanges the partial TGT" "" kinit -R
after=$(klist -c "$WORK/partial" >/dev/null && kvno "krbtgt/$REALM" | sed 's/.*kvno = //')
expect "the key number is gone from the kvno ($before, then $after)" "^yes$" \
  bash -c "[ $before -gt 65535 ] && [ $after -lt 65536 ] && echo yes"
expect "kvno with the full TGT" "$SPN@$REALM: kvno = " kvno $SPN
expect "python-gssapi accepts it, mutual authentication" "accepted ada@$REALM, mutual" \
  python3 "$ROOT/tests/interop/gssapi_accept.py" "$LAB/fs01.keytab" cifs@fs01.ad.fernhill.example

export KRB5CCNAME=FILE:$WORK/direct
expect "kvno with the partial TGT itself" "$SPN@$REALM: kvno = " kvno $SPN
expect "python-gssapi accepts that one too" "accepted ada@$REALM, mutual" \
  python3 "$ROOT/tests/interop/gssapi_accept.py" "$LAB/fs01.keytab" cifs@fs01.ad.fernhill.example
finish
