#!/usr/bin/env bash
# Wireshark's dissector reads the capture of a run: nothing malformed, tickets decrypted with the keytab, the PAC shown.
. "$(dirname "$0")/lib.sh"
need tshark

expect "a run is captured" "" "$TRUSTLAB" run --pcap "$WORK/run.pcapng" --keytab "$WORK/run.keytab"
dissect() { tshark -r "$WORK/run.pcapng" -o kerberos.decrypt:TRUE -o "kerberos.file:$WORK/run.keytab" "$@" 2>/dev/null; }
dissect -V >"$WORK/dissected"
count() { grep -c "$1" "$WORK/dissected"; }
refuse "nothing is malformed" "^0$" count "Malformed"
expect "the exchange is there" "[1-9]" count "tgs-rep"
expect "the partial TGT's PAC has its requestor" "[1-9]" count "PAC_REQUESTER_SID\|Requester Sid\|REQUESTER_SID"
expect "tickets were decrypted" "[1-9]" count "Decrypted keytype 18"
# only a PAC rebuilt from the directory holds Projects-Write (RID 1601): the partial TGT has no such group
dissect -Y 'kerberos.msg_type == 13 && kerberos.SNameString == "krbtgt"' -V >"$WORK/full-tgt"
full() { grep -c "$1" "$WORK/full-tgt"; }
expect "the PAC of the full TGT is shown" "[1-9]" full "PAC_LOGON_INFO:"
expect "the PAC of the full TGT has the groups of the directory" "[1-9]" full "Group RID: 1601"
expect "the PAC of the full TGT names the domain" "[1-9]" full "Character Array: FERNHILL$"
finish
