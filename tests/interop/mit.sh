#!/usr/bin/env bash
# MIT Kerberos: kinit by password and keytab, kvno, klist -e, over UDP and TCP; its own words for what is refused.
. "$(dirname "$0")/lib.sh"
need kinit kvno klist

lab
password() { echo "$1" | kinit "$2"; }
PASSWORD=$(sed -n 's/^ada=//p' "$LAB/passwords")

for transport in UDP TCP; do
  if [ $transport = TCP ]; then
    # 1: every request is larger, so every request goes by TCP
    sed 's/udp_preference_limit = .*/udp_preference_limit = 1/' "$LAB/krb5.conf" >"$WORK/tcp.conf"
    export KRB5_CONFIG=$WORK/tcp.conf
  fi
  kdestroy -q 2>/dev/null
  export KRB5_TRACE=$WORK/trace
  : >"$KRB5_TRACE"
  expect "$transport: kinit with the password" "" password "$PASSWORD" ada
  expect "$transport: the ticket is for ada, sealed with AES-256" "aes256-cts-hmac-sha1-96" klist -e
  expect "$transport: kvno cifs/fs01" "kvno = " kvno cifs/fs01.ad.fernhill.example
  expect "$transport: kvno host/fs01" "kvno = " kvno host/fs01.ad.fernhill.example
  expect "$transport: kinit -R renews" "" kinit -R
  kdestroy -q
  expect "$transport: kinit with a keytab" "" kinit -k -t "$LAB/users.keytab" ada
  expect "$transport: klist shows the principal" "Default principal: ada@$REALM" klist
  kind=$([ $transport = TCP ] && echo stream || echo dgram)
  expect "$transport: the request went by $transport" "Sending.* request|${kind}" grep -E "$kind" "$KRB5_TRACE"
  unset KRB5_TRACE
done

# a krb5.conf of no other settings than where the KDC is, and the transport: MIT's defaults ask for 24 hours with RENEWABLE-OK
kdc=$(sed -n "s/^ *kdc = //p" "$LAB/krb5.conf" | head -1)
for transport in UDP TCP; do
  by_tcp=$([ $transport = TCP ] && echo 'udp_preference_limit = 1')
  printf '[libdefaults]\n default_realm = %s\n %s\n[realms]\n %s = {\n  kdc = %s\n }\n' "$REALM" "$by_tcp" "$REALM" "$kdc" >"$WORK/stock.conf"
  export KRB5_CONFIG=$WORK/stock.conf
  kdestroy -q 2>/dev/null
  expect "$transport, MIT's defaults: kinit with the password" "" password "$PASSWORD" ada
  expect "$transport, MIT's defaults: renewable until the end that was asked for" "renew until" klist
  expect "$transport, MIT's defaults: kvno cifs/fs01" "kvno = " kvno cifs/fs01.ad.fernhill.example
done
. "$LAB/env.sh"

refuse "a wrong password" "Password incorrect while getting initial credentials" password wrong ada
refuse "an unknown user" "Client 'nobody@$REALM' not found in Kerberos database" password x nobody
refuse "an expired password asks for a new one" "[Pp]assword (has )?expired|must change|unreachable|Cannot contact" password "$(sed -n 's/^eve=//p' "$LAB/passwords")" eve
expect "ada again" "" password "$PASSWORD" ada
refuse "an unknown service" "Server cifs/nothing.ad.fernhill.example@$REALM not found in Kerberos database|not found" kvno cifs/nothing.ad.fernhill.example
finish
