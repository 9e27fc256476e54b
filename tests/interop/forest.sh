#!/usr/bin/env bash
# MIT Kerberos across trusts: a parent, its two children and another forest. MIT finds its way by referrals of the KDCs and by
# its own map of realms, also with a ticket that began as a partial TGT.
. "$(dirname "$0")/lib.sh"
need kinit kvno klist python3

lab "$ROOT/tests/interop/labs/forest.toml"
FERNHILL=AD.FERNHILL.EXAMPLE NORTH=NORTH.AD.FERNHILL.EXAMPLE SOUTH=SOUTH.AD.FERNHILL.EXAMPLE OAKMERE=AD.OAKMERE.EXAMPLE
sign_in() { sed -n "s/^$1=//p" "$LAB/passwords" | kinit "$1@$2"; }
accepted() { python3 "$ROOT/tests/interop/gssapi_accept.py" "$LAB/$1.keytab" "cifs@$1.$2"; }
# service HOST: by name MIT takes the realm from its map, or leaves it to the KDC
service() { kvno -S cifs "$1"; }
# without a map of hosts to realms MIT asks its own KDC, which has to refer it
sed '/^\[domain_realm\]/,$d' "$LAB/krb5.conf" >"$WORK/referrals.conf"

for way in referral map; do
  [ $way = referral ] && export KRB5_CONFIG=$WORK/referrals.conf || export KRB5_CONFIG=$LAB/krb5.conf
  kdestroy -q 2>/dev/null
  expect "$way: kim of a child signs in" "" sign_in kim $NORTH
  expect "$way: child to parent" "cifs/fs01.ad.fernhill.example@.*kvno = " service fs01.ad.fernhill.example
  expect "$way: whose ticket is of the parent's realm" "fs01.ad.fernhill.example@$FERNHILL" klist
  # MIT keeps none of the referrals on the way, and says which realm the ticket is of
  [ $way = map ] && expect "map: by a TGT from the child" "krbtgt/$FERNHILL@$NORTH" klist
  expect "$way: child to child, through the parent" "cifs/fs03.south.ad.fernhill.example@.*kvno = " \
    service fs03.south.ad.fernhill.example
  expect "$way: whose ticket is of that child's realm" "fs03.south.ad.fernhill.example@$SOUTH" klist
  refuse "$way: a service nobody has" "not found" service nothing.ad.fernhill.example
  kdestroy -q
  expect "$way: ada of the parent signs in" "" sign_in ada $FERNHILL
  expect "$way: parent to child" "cifs/fs02.north.ad.fernhill.example@.*kvno = " service fs02.north.ad.fernhill.example
  kdestroy -q
  expect "$way: odo of the other forest signs in" "" sign_in odo $OAKMERE
  expect "$way: forest to forest" "kvno = " service fs01.ad.fernhill.example
  expect "$way: forest to a child, through its root" "kvno = " service fs02.north.ad.fernhill.example
  expect "$way: whose ticket is of the child's realm" "cifs/fs02.north.ad.fernhill.example@$NORTH" klist
done

expect "python-gssapi of a child accepts odo of the other forest" "accepted odo@$OAKMERE, mutual" \
  accepted fs02 north.ad.fernhill.example
expect "kim signs in with Hello" "" "$TRUSTLAB" at --lab "$LAB" kim-lt sign-in hello
expect "her partial TGT is exported" "" "$TRUSTLAB" at --lab "$LAB" kim-lt export-ccache "$WORK/partial" --only partial
export KRB5CCNAME=FILE:$WORK/partial
expect "kinit -R exchanges it at her own domain" "" kinit -R
expect "and leads to the other child" "cifs/fs03.south.ad.fernhill.example@.*kvno = " service fs03.south.ad.fernhill.example
expect "where python-gssapi accepts her" "accepted kim@$NORTH, mutual" accepted fs03 south.ad.fernhill.example
finish
