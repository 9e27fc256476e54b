#!/usr/bin/env bash
# A web application behind Negotiate, and a printer: curl and python-gssapi with tickets of MIT, also one that began as a partial
# TGT on the simulated device.
. "$(dirname "$0")/lib.sh"
need curl kinit kvno klist python3
curl --version | grep -q SPNEGO || need curl-with-SPNEGO

lab
APP=http://app01.ad.fernhill.example
at() { "$TRUSTLAB" at --lab "$LAB" ada-lt "$@"; }
# page [OPTION...] PATH: with the ticket of this shell's cache; prints status and page
page() { curl --silent --show-error --negotiate --user : --write-out '\nstatus %{http_code}\n' "${@:1:$#-1}" "$APP${*: -1}"; }

expect "without a ticket there is a challenge" "^www-authenticate: Negotiate" \
  curl --silent --head $APP/timesheets
expect "and what IIS says" "401 - Unauthorized: Access is denied due to invalid credentials" curl --silent $APP/timesheets
export KRB5CCNAME=FILE:$WORK/nobody
expect "curl without a ticket stays outside" "status 401" page /timesheets

expect "ada signs in with Hello" "" at sign-in hello
expect "her partial TGT is exported" "" at export-ccache "$WORK/partial" --only partial
export KRB5CCNAME=FILE:$WORK/partial
expect "kinit -R exchanges it" "" kinit -R
expect "curl opens the page with it" "ada@$REALM may see this" page /timesheets
expect "by a ticket for HTTP" "HTTP/app01.ad.fernhill.example@$REALM" klist
expect "the server proved itself by SPNEGO" "^< www-authenticate: Negotiate oY" \
  curl --silent --verbose --negotiate --user : $APP/timesheets
expect "a page that is not there" "status 404" page /nothing
expect "writing is not for readers" "status 401" page --request POST --data hours=8 /timesheets
expect "a token that is none is refused" "status 401" \
  curl --silent --write-out 'status %{http_code}\n' --header 'Authorization: Negotiate YIIAAA==' $APP/timesheets
expect "python-gssapi takes the same key" "accepted ada@$REALM, mutual" \
  python3 "$ROOT/tests/interop/gssapi_accept.py" "$LAB/app01.keytab" HTTP@app01.ad.fernhill.example

expect "the simulated device opens the page too" "ada@$REALM may see this" at open http://app01/timesheets
expect "and says which ticket it used" "HTTP/app01.ad.fernhill.example" at klist
expect "its job is printed" "took the job" at print '\\prn01\front-desk'
refuse "not by a printer that there is not" "STATUS_BAD_NETWORK_NAME" at print '\\prn01\back-office'

# without a ticket Windows falls back to NTLM, with the hash of the password or of a key list
ntlm() { curl --silent --ntlm --user "$1" --write-out '\nstatus %{http_code}\n' $APP/timesheets; }
expect "curl --ntlm opens the page" "ada@$REALM may see this" ntlm "ada:$(sed -n 's/^ada=//p' "$LAB/passwords")"
expect "not with a wrong password" "status 401" ntlm ada:wrong
finish
