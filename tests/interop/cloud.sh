#!/usr/bin/env bash
# Kerberos over HTTPS: MIT reaches a DC through a KDC proxy, and the cloud KDC with the cloud TGT of the simulated device.
. "$(dirname "$0")/lib.sh"
need kinit kvno klist python3

lab "$ROOT/tests/interop/labs/cloud.toml"
at() { "$TRUSTLAB" at --lab "$LAB" ada-lt "$@"; }
REALM=AD.CORP.EXAMPLE CLOUD=KERBEROS.MICROSOFTONLINE.COM
APP=cifs/corpfiles.file.core.windows.example
password() { echo "${2:-$(sed -n "s/^$1=//p" "$LAB/passwords")}" | kinit "$1"; }

# the KDC by its proxy alone: MIT knows no other way
proxy=$(of_lab 'lab["kdc_proxies"][0]["host"]')
sed "s|^    kdc = 127.*|    kdc = https://$proxy/KdcProxy|" "$LAB/krb5.conf" >"$WORK/proxy.conf"
export KRB5_CONFIG=$WORK/proxy.conf KRB5_TRACE=$WORK/trace
expect "proxy: kinit with the password" "" password ada
expect "proxy: kvno" "cifs/fs01.ad.corp.example@$REALM: kvno = " kvno cifs/fs01.ad.corp.example
expect "proxy: kinit -R" "" kinit -R
expect "proxy: it went by HTTPS" "Sending HTTPS request to https" cat "$WORK/trace"
refuse "proxy: and by nothing else" "" grep -E "Sending (TCP|UDP)|stream|dgram" "$WORK/trace"
refuse "proxy: a wrong password is the DC's to refuse" "Password incorrect" password ada wrong
expect "python-gssapi accepts the ticket" "accepted ada@$REALM, mutual" \
  python3 "$ROOT/tests/interop/gssapi_accept.py" "$LAB/fs01.keytab" cifs@fs01.ad.corp.example
sed "s|http_anchors.*||" "$WORK/proxy.conf" >"$WORK/no_anchor.conf"
KRB5_CONFIG=$WORK/no_anchor.conf SSL_CERT_FILE=/dev/null refuse "proxy: without the lab's authority nothing is sent" "Cannot contact" password ada
unset KRB5_TRACE
export KRB5_CONFIG=$LAB/krb5.conf

expect "ada signs in with Hello" "" at sign-in hello
expect "her device opens the share in Azure" "" at open '\\corpfiles.file.core.windows.example\projects'
expect "her cloud TGT is exported" "" at export-ccache "$WORK/cloud" --only cloud
export KRB5CCNAME=FILE:$WORK/cloud
expect "it is one of the cloud realm" "krbtgt/$CLOUD@$CLOUD" klist
expect "MIT gets a ticket for the share from the cloud KDC" "$APP@$CLOUD: kvno = " kvno "$APP@$CLOUD"
expect "sealed with AES-256" "aes256-cts-hmac-sha1-96" klist -e
refuse "an application that is not registered" "not found" kvno cifs/other.file.core.windows.example@$CLOUD
refuse "the cloud KDC renews nothing" "can't fulfill requested option" kinit -R
finish
