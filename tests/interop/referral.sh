#!/usr/bin/env bash
# A parent and two children: MIT finds its way to services of other domains, by referrals of the KDCs and by its own map of
# realms, also with a ticket that began as a partial TGT.
. "$(dirname "$0")/lib.sh"
need kinit kvno klist python3

lab "$ROOT/tests/interop/labs/parent_child.toml"
CORP=AD.CORP.EXAMPLE NORTH=NORTH.AD.CORP.EXAMPLE SOUTH=SOUTH.AD.CORP.EXAMPLE
password() { sed -n "s/^$1=//p" "$LAB/passwords" | kinit "$1@$2"; }
# without a map of hosts to realms MIT asks its own KDC, which has to refer it
sed '/^\[domain_realm\]/,$d' "$LAB/krb5.conf" >"$WORK/referrals.conf"
accepted() { python3 "$ROOT/tests/interop/gssapi_accept.py" "$LAB/$1.keytab" "cifs@$1.$2"; }

# service HOST: by name MIT takes the realm from its map, or leaves it to the KDC
service() { kvno -S cifs "$1"; }
for way in referral map; do
  [ $way = referral ] && export KRB5_CONFIG=$WORK/referrals.conf || export KRB5_CONFIG=$LAB/krb5.conf
  kdestroy -q 2>/dev/null
  expect "$way: kim of a child signs in" "" password kim $NORTH
  expect "$way: child to parent" "cifs/fs01.ad.corp.example@.*kvno = " service fs01.ad.corp.example
  expect "$way: whose ticket is of the parent's realm" "fs01.ad.corp.example@$CORP" klist
  expect "$way: child to child, through the parent" "cifs/fs03.south.ad.corp.example@.*kvno = " \
    service fs03.south.ad.corp.example
  expect "$way: whose ticket is of that child's realm" "fs03.south.ad.corp.example@$SOUTH" klist
  refuse "$way: a service nobody has" "not found" service nothing.ad.corp.example
  kdestroy -q
  expect "$way: ada of the parent signs in" "" password ada $CORP
  expect "$way: parent to child" "cifs/fs02.north.ad.corp.example@.*kvno = " service fs02.north.ad.corp.example
done

expect "python-gssapi of a child accepts ada of the parent" "accepted ada@$CORP, mutual" accepted fs02 north.ad.corp.example
expect "kim signs in with Hello" "" "$TRUSTLAB" at --lab "$LAB" kim-lt sign-in hello
expect "her partial TGT is exported" "" "$TRUSTLAB" at --lab "$LAB" kim-lt export-ccache "$WORK/partial" --only partial
export KRB5CCNAME=FILE:$WORK/partial
expect "kinit -R exchanges it at her own domain" "" kinit -R
expect "and leads to the other child" "cifs/fs03.south.ad.corp.example@.*kvno = " service fs03.south.ad.corp.example
expect "where python-gssapi accepts her" "accepted kim@$NORTH, mutual" accepted fs03 south.ad.corp.example
finish
