#!/usr/bin/env bash
# The emulated Entra beside a DC that is not ours: a throw-away Samba domain gives the key of its read-only DC and the SIDs of
# its users. From a Hello sign-in at a device of the lab to a service ticket from Samba; the key stays where it was.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/samba_dc.sh"
need samba samba-tool ldbsearch klist kinit kvno python3
trap 'samba_dc_stop; stop_lab' EXIT

samba_dc_start "$WORK/samba" || exit 1
keytab=$WORK/samba/rodc.keytab
{
  echo 'UserPrincipalName,SamAccountName,SID'
  for user in alice dora; do echo "$user@lab.test,$user,$(samba_sid $user)"; done
} >"$WORK/users.csv"

# beside ADDRESS KEYFILE [OPTION...]: what the lab says to this, without serving for long
beside() { "$TRUSTLAB" up --dir "$WORK/refused" --for-seconds 1 --users "$WORK/users.csv" --on-prem-kdc "$1" --kerberos-server-key "${@:2}"; }
install -m 640 "$keytab" "$WORK/exposed.keytab"
chmod 600 "$keytab"
refuse "a key that others can read is refused" "others can read or change this file \(mode 0640\)" beside "$SAMBA_HOST:88" "$WORK/exposed.keytab"
refuse "a DC on a network needs a word" "--i-own-this-domain lab.test" beside 192.0.2.10:88 "$keytab"
refuse "the word has to be the domain's name" "the key is one of lab.test" \
  beside "$SAMBA_HOST:88" "$keytab" --i-own-this-domain other.test

export TRUSTLAB_LOG=debug
serve --on-prem-kdc "$SAMBA_HOST:88" --users "$WORK/users.csv" --kerberos-server-key "$keytab"
expect "it says first what it is about to do" "key +krbtgt_$SAMBA_RODC_NUMBER, version 1: kept in memory" cat "$WORK/up.log"
at() { "$TRUSTLAB" at --lab "$LAB" "$@"; }
SPN=cifs/files.lab.test

expect "alice signs in with Hello" "" at alice-lt sign-in hello
expect "her device holds the partial TGT" "Cloud Primary \(Hybrid logon\) TGT available: 1" at alice-lt klist cloud_debug
expect "her device gets a service ticket from Samba" "" at alice-lt klist get $SPN
expect "her cache has Samba's full TGT" "Server: krbtgt/$SAMBA_REALM @ $SAMBA_REALM" at alice-lt klist
expect "and the service ticket" "Server: $SPN @ $SAMBA_REALM" at alice-lt klist
expect "the credential was used" "OnPremTgt : YES" at alice-lt dsregcmd /status
expect "dora, who is denied, signs in all the same" "" at dora-lt sign-in hello
refuse "Samba gives her nothing" "KDC_ERR_TGT_REVOKED|0x14" at dora-lt klist get $SPN

. "$LAB/env.sh"
expect "the partial TGT alone is exported" "" at alice-lt export-ccache "$WORK/partial" --only partial
export KRB5CCNAME=FILE:$WORK/partial
expect "MIT exchanges it at Samba" "" kinit -R
expect "and gets a service ticket" "$SPN@$SAMBA_REALM: kvno = " kvno $SPN
expect "the files name Samba's SIDs" "$(samba_sid alice)" cat "$LAB/lab.json"
expect "the key is in no file and no log" "^nowhere in [0-9]+ files$" \
  python3 "$ROOT/tests/interop/key_nowhere.py" "$SAMBA_RODC_KEY" "$LAB" "$WORK/up.log" "$WORK/partial"

# a session of its own: who signs in over an open one gets that one back
"$TRUSTLAB" at --lab "$LAB" alice-lt sign-out >/dev/null 2>&1
"$TRUSTLAB" at --lab "$LAB" alice-lt sign-in password >/dev/null 2>&1
refuse "a session with a password gets nothing there" "" at alice-lt klist get $SPN
expect "and no password was tried" "^badPasswordTime: 0$" \
  ldbsearch -H "$WORK/samba/private/sam.ldb" '(sAMAccountName=alice)' badPasswordTime
samba_dc_stop
finish
