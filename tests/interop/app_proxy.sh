#!/usr/bin/env bash
# The application proxy, by curl: who has no token of Entra is sent there; who has one gets the page by the connector's ticket, or
# the application's 401 where the connector gets none. The user's own ticket has no part in it.
. "$(dirname "$0")/lib.sh"
need curl python3
curl --version | grep -q SPNEGO || need curl-with-SPNEGO

lab "$ROOT/tests/interop/labs/app_proxy.toml"
PASSWORD=$(sed -n 's/^ada=//p' "$LAB/passwords")
site() { echo "https://$1.msappproxy.example/"; }
# token RESOURCE: an access token of ada's, from Entra
token() {
  curl --silent --cacert "$LAB/ca.pem" https://login.microsoftonline.com/common/oauth2/token \
    --data-urlencode grant_type=password --data-urlencode client_id=29d9ed98-a469-4536-ade2-f981bc1d605e \
    --data-urlencode username=ada@corp.example --data-urlencode "password=$PASSWORD" --data-urlencode "resource=$1" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])'
}
# page APP RESOURCE [OPTION...]: the page of an application with a token for RESOURCE; prints head, page and status
page() {
  curl --silent --show-error --include --cacert "$LAB/ca.pem" --cookie "AzureAppProxyAccessCookie=$(token "$2")" \
    --write-out '\nstatus %{http_code}\n' "${@:3}" "$(site "$1")timesheets"
}

expect "who is not known is sent to Entra" "^location: https://login.microsoftonline.com/.*timesheets" \
  curl --silent --head --cacert "$LAB/ca.pem" "$(site timesheets)timesheets"
expect "with a token the page opens" "ada@AD.CORP.EXAMPLE may see this" page timesheets "$(site timesheets)"
challenges() { echo "challenges: $(page "$@" | grep -ci '^www-authenticate:')"; }
expect "the application proves itself to the connector only" "challenges: 0" challenges timesheets "$(site timesheets)"
expect "a token for another application is none" "status 302" page timesheets "$(site by-part)"
expect "a cookie that is no token is none" "status 302" curl --silent --cacert "$LAB/ca.pem" \
  --cookie AzureAppProxyAccessCookie=abc --write-out 'status %{http_code}' "$(site timesheets)timesheets"
expect "writing is not for readers" "status 401" page timesheets "$(site timesheets)" --data hours=8
for app in no-delegation kerberos-only unknown-name other-account; do
  expect "$app: 401" "^401 - Unauthorized: Access is denied due to invalid credentials" page $app "$(site $app)"
  expect "$app: with the application's challenge" "^www-authenticate: NTLM" page $app "$(site $app)"
  expect "$app: which a password answers" "ada@AD.CORP.EXAMPLE may see this" \
    page $app "$(site $app)" --ntlm --user "ada:$PASSWORD"
done
expect "by the part before the @ she is found too" "ada@AD.CORP.EXAMPLE may see this" page by-part "$(site by-part)"
finish
