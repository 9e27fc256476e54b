#!/usr/bin/env bash
# OpenLDAP's ldapsearch and ldapwhoami: the rootDSE, who may search, filters, pages, and the Kerberos server objects.
. "$(dirname "$0")/lib.sh"
need ldapsearch ldapwhoami ldapmodify

lab
DC=ldap://dc01.ad.fernhill.example
BASE=DC=ad,DC=fernhill,DC=example
PASSWORD=$(sed -n 's/^ada=//p' "$LAB/passwords")
nobody() { ldapsearch -x -LLL -o ldif-wrap=no -H $DC "$@"; }
ada() { ldapsearch -x -LLL -o ldif-wrap=no -H $DC -D ada@fernhill.example -w "$PASSWORD" -b $BASE "$@"; }
count() { ada "$@" | grep -c '^dn: '; }

expect "nobody reads the rootDSE" "^defaultNamingContext: $BASE" nobody -s base -b ""
expect "the rootDSE names its DC" "^dnsHostName: dc01.ad.fernhill.example" nobody -s base -b "" dnsHostName
refuse "nobody searches no further" "successful bind must be completed" nobody -b $BASE
refuse "a wrong password says so" "data 52e" ldapwhoami -x -H $DC -D ada@fernhill.example -w wrong
expect "ldapwhoami" "^u:FERNHILL.ada$" ldapwhoami -x -H $DC -D 'FERNHILL\ada' -w "$PASSWORD"
expect "the computer AzureADKerberos" "^userAccountControl: 83890176" ada '(sAMAccountName=AzureADKerberos$)'
expect "its link to the krbtgt account" "^msDS-KrbTgtLink: CN=krbtgt_AzureAD,CN=Users,$BASE" ada '(cn=AzureADKerberos)'
expect "whom it reveals" "^msDS-RevealOnDemandGroup: CN=Domain Users,CN=Users,$BASE" ada '(cn=AzureADKerberos)'
expect "whom it never reveals" "^msDS-NeverRevealGroup: CN=Administrators,CN=Builtin,$BASE" ada '(cn=AzureADKerberos)'
expect "the account by its key number" "^sAMAccountName: krbtgt_21463" ada '(msDS-SecondaryKrbTgtNumber=21463)'
expect "the key version for who asks" "^msDS-KeyVersionNumber: 1203" ada '(cn=krbtgt_AzureAD)' msDS-KeyVersionNumber
expect "a SID is binary" "^objectSid:: AQUAAAAAAAUVAAAA" ada '(sAMAccountName=ada)' objectSid
expect "read-only DCs by a bit" "^dn: CN=AzureADKerberos," ada '(userAccountControl:1.2.840.113556.1.4.803:=67108864)'
expect "nested groups by the chain rule" "^dn: CN=Dom," \
  ada "(memberOf:1.2.840.113556.1.4.1941:=CN=Denied RODC Password Replication Group,CN=Users,$BASE)"
expect "pages lose nothing" "" test "$(count -E pr=3/noprompt '(objectClass=user)' dn)" = "$(count '(objectClass=user)' dn)"
refuse "nothing is there by that name" "No such object" ada -b "CN=Nowhere,$BASE"
change() { printf 'dn: CN=Ada,CN=Users,%s\nchangetype: delete\n' $BASE | ldapmodify -x -H $DC -D ada@fernhill.example -w "$PASSWORD"; }
refuse "nothing is changed" "read-only" change
finish
