#!/usr/bin/env bash
# What services do for users, by MIT: S4U2Self and S4U2Proxy with constrained and resource-based delegation, user-to-user, FAST,
# enterprise names, forwarding.
. "$(dirname "$0")/lib.sh"
need kinit kvno klist python3

lab "$ROOT/tests/interop/labs/delegation.toml"
REALM=AD.CORP.EXAMPLE
password() { sed -n "s/^$1=//p" "$LAB/passwords" | kinit "${@:2}"; }
# as SERVER: the cache is that of its computer account
as() {
  export KRB5CCNAME=FILE:$WORK/$1.cc
  kinit -k -t "$LAB/$1.keytab" "${1^^}\$"
}
accepted() { python3 "$ROOT/tests/interop/gssapi_accept.py" "$LAB/$1.keytab" "cifs@$1.ad.corp.example"; }

expect "app01 signs in as itself" "" as app01
# the DC gives it for the account: MIT asks for the name that it signed in with
expect "S4U2Self: app01 gets a ticket to itself for ada" "APP01.@$REALM: kvno = .*keytab entry valid" \
  kvno -k "$LAB/app01.keytab" -U ada 'APP01$'
expect "S4U2Self: klist says for whom" "for client ada@$REALM" klist
expect "S4U2Self: an enterprise name is found" "kvno = " kvno -k "$LAB/app01.keytab" -U bea@corp.example 'APP01$'
refuse "S4U2Self: an unknown user" "not found" kvno -U nobody 'APP01$'
expect "S4U2Proxy: app01 gets ada's ticket for the share" "cifs/fs01.ad.corp.example@$REALM: kvno = " \
  kvno -U ada -P cifs/fs01.ad.corp.example
refuse "S4U2Proxy: not for a service it may not delegate to" "constrained delegation failed" kvno -U ada -P cifs/fs02.ad.corp.example
refuse "S4U2Proxy: not for a protected user" "constrained delegation failed" kvno -U pia -P cifs/fs01.ad.corp.example

expect "app02 signs in as itself" "" as app02
expect "without protocol transition there is a ticket to itself" "kvno = " \
  kvno -k "$LAB/app02.keytab" -U ada 'APP02$'
refuse "and it leads no further" "constrained delegation failed" kvno -U ada -P cifs/fs01.ad.corp.example
expect "app03 signs in as itself" "" as app03
expect "resource-based: fs02 takes it from app03" "cifs/fs02.ad.corp.example@$REALM: kvno = " \
  kvno -U ada -P cifs/fs02.ad.corp.example
refuse "resource-based: fs01 does not" "constrained delegation failed" kvno -U ada -P cifs/fs01.ad.corp.example

export KRB5CCNAME=FILE:$WORK/bea.cc
expect "bea signs in" "" password bea bea
export KRB5CCNAME=FILE:$WORK/ada.cc
expect "ada signs in" "" password ada ada
expect "user-to-user: ada gets a ticket under bea's session key" "bea@$REALM: kvno = " kvno --u2u "FILE:$WORK/bea.cc" bea
refuse "a user is no service otherwise" "valid for user2user only" kvno bea
expect "forwarding: the share gets ada's TGT" "accepted ada@$REALM, mutual, with ada@$REALM's TGT" \
  env DELEGATE=1 python3 "$ROOT/tests/interop/gssapi_accept.py" "$LAB/fs01.keytab" cifs@fs01.ad.corp.example

export KRB5CCNAME=FILE:$WORK/fast.cc KRB5_TRACE=$WORK/trace
expect "FAST: ada signs in within the armor of app01's TGT" "" password ada -T "FILE:$WORK/app01.cc" ada
expect "FAST: it was used" "FAST armor key" cat "$WORK/trace"
: >"$KRB5_TRACE"
expect "FAST: kvno within the TGT's own armor" "kvno = " kvno cifs/fs01.ad.corp.example
expect "FAST: it was used again" "FAST" cat "$WORK/trace"
refuse "FAST: a wrong password is refused within the armor" "Password incorrect" \
  bash -c 'echo wrong | kinit -T "$1" ada' - "FILE:$WORK/app01.cc"
unset KRB5_TRACE
export KRB5CCNAME=FILE:$WORK/enterprise.cc
expect "an enterprise name: ada@corp.example signs in" "" password ada -E ada@corp.example
expect "and becomes ada" "Default principal: ada@$REALM" klist
finish
