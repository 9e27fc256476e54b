#!/usr/bin/env bash
# MIT Kerberos across trusts: parent and child, two forests, and a way through three realms.
. "$(dirname "$0")/lib.sh"
need kinit kvno klist

lab "$ROOT/tests/interop/labs/forest.toml"
sign_in() { sed -n "s/^$1=//p" "$LAB/passwords" | kinit "$1@$2"; }

expect "Kim of the child signs in" "" sign_in kim NORTH.AD.FERNHILL.EXAMPLE
expect "Kim gets a ticket of the root" "kvno = " kvno cifs/fs01.ad.fernhill.example
expect "by a referral from the child" "krbtgt/AD.FERNHILL.EXAMPLE@NORTH.AD.FERNHILL.EXAMPLE" klist
kdestroy -q
expect "Odo of the other forest signs in" "" sign_in odo AD.OAKMERE.EXAMPLE
expect "Odo gets a ticket of the root" "kvno = " kvno cifs/fs01.ad.fernhill.example
expect "Odo gets a ticket of the child, through the root" "kvno = " kvno cifs/fs02.north.ad.fernhill.example
# MIT keeps none of the referrals on the way, and says which realm the ticket is of
expect "the ticket is of the child" "cifs/fs02.north.ad.fernhill.example@NORTH.AD.FERNHILL.EXAMPLE" klist
finish
