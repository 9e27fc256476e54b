#!/usr/bin/env bash
# roadtx, an Entra client that others wrote, unmodified: it joins a device, registers a Hello key, and gets, renews and
# uses a PRT. MIT then exchanges the partial TGT that came with it.
. "$(dirname "$0")/lib.sh"
need roadtx kinit kvno klist python3

lab
PASSWORD=$(sed -n 's/^ada=//p' "$LAB/passwords")
UPN=ada@fernhill.example
cd "$WORK" || exit 1
export REQUESTS_CA_BUNDLE=$LAB/ca.pem
device=(-c ada-lt2.pem -k ada-lt2.key)
to_ccache() { python3 "$ROOT/tests/interop/prt_to_ccache.py" "$1" "$2" && chmod 600 "$2"; }

refuse_or_say() { roadtx gettokens -u "$UPN" -p wrong -c 29d9ed98-a469-4536-ade2-f981bc1d605e -r drs; true; }
expect "a wrong password gives AADSTS50126" "AADSTS50126" refuse_or_say
expect "a token for the device registration service" "Tokens were written" \
  roadtx gettokens -u "$UPN" -p "$PASSWORD" -c 29d9ed98-a469-4536-ade2-f981bc1d605e -r drs
expect "a device joins" "Saved device certificate to ada-lt2.pem" roadtx device -a join -n ADA-LT2 -d fernhill.example
expect "a Hello key is registered" "'upn': '$UPN'" roadtx winhello -k winhello.key
expect "a PRT by password" "Obtained PRT" roadtx prt -u "$UPN" -p "$PASSWORD" "${device[@]}" -f password.prt
expect "a PRT by Hello key" "Obtained PRT" roadtx prt -u "$UPN" -hk winhello.key "${device[@]}" -f hello.prt
expect "its partial TGT is for ada" "partial TGT for ada in $REALM" to_ccache hello.prt hello.ccache
expect "the PRT is renewed" "Saved PRT to hello.prt" roadtx prt -a renew -f hello.prt
expect "so is its partial TGT" "partial TGT for ada in $REALM" to_ccache hello.prt renewed.ccache
expect "the PRT gives an access token" "Tokens were written" roadtx prtauth -f hello.prt -r msgraph -c azcli

for cache in hello renewed; do
  export KRB5CCNAME=FILE:$WORK/$cache.ccache
  expect "$cache: MIT reads the partial TGT" "krbtgt/$REALM@$REALM" klist
  expect "$cache: MIT exchanges it for a full TGT" "" kinit -R
  expect "$cache: and gets a service ticket" "cifs/fs01.ad.fernhill.example@$REALM: kvno = " \
    kvno cifs/fs01.ad.fernhill.example
done
finish
