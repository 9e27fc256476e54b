# A throw-away Samba AD DC on loopback with the account of a read-only DC, sourced by samba.sh inside its namespaces.
#
#   samba_dc_start DIR     provisions and starts it, makes the users; leaves its facts in variables:
#     SAMBA_HOST SAMBA_REALM SAMBA_DOMAIN_SID SAMBA_RODC_NUMBER SAMBA_RODC_KEY (hexadecimal, AES-256)
#   samba_dc_stop
#
# The users: alice and bob may have their secrets on the read-only DC, dora is in the allowed group and in the denied one,
# carol is in neither.
SAMBA_HOST=127.0.0.53
SAMBA_REALM=LAB.TEST
SAMBA_PASSWORD=Passw0rd.For.A.Test
samba_pid=

samba_dc_start() {
  samba_dir=$1
  samba_conf=$samba_dir/etc/smb.conf
  mkdir -p "$samba_dir"
  printf '127.0.0.1 localhost\n%s dc1.lab.test dc1 lab.test\n' "$SAMBA_HOST" >"$samba_dir/hosts"
  printf 'nameserver %s\nsearch lab.test\n' "$SAMBA_HOST" >"$samba_dir/resolv.conf"
  mount --bind "$samba_dir/hosts" /etc/hosts
  mount --bind "$samba_dir/resolv.conf" /etc/resolv.conf
  samba_provision && samba_serve && samba_accounts && samba_rodc
}

samba_dc_stop() {
  [ -n "$samba_pid" ] || return 0
  # samba leads a process group of its own: its children end with it
  kill -TERM -- "-$samba_pid" 2>/dev/null
  wait "$samba_pid" 2>/dev/null
  # its directory goes next: wait for those that still write there
  for _ in $(seq 50); do
    kill -0 -- "-$samba_pid" 2>/dev/null || break
    sleep 0.1
  done
  samba_pid=
  umount /etc/hosts /etc/resolv.conf 2>/dev/null
}

samba_step() {
  "$@" >>"$samba_dir/log" 2>&1 && return
  echo "samba: failed: $*"
  tail -20 "$samba_dir/log"
  return 1
}

samba_tool() { samba_step samba-tool "$@" --configfile="$samba_conf"; }

samba_provision() {
  samba_step samba-tool domain provision --targetdir="$samba_dir" --realm="$SAMBA_REALM" --domain=LAB \
    --server-role=dc --host-name=dc1 --host-ip="$SAMBA_HOST" --adminpass="$SAMBA_PASSWORD" \
    --dns-backend=SAMBA_INTERNAL --option="interfaces=$SAMBA_HOST/8" --option="bind interfaces only=yes" \
    --option="dns forwarder=$SAMBA_HOST" || return
  export KRB5_CONFIG=$samba_dir/krb5.conf
  cat >"$KRB5_CONFIG" <<CONF
[libdefaults]
  default_realm = $SAMBA_REALM
  dns_lookup_kdc = false
  dns_lookup_realm = false
[realms]
  $SAMBA_REALM = {
    kdc = $SAMBA_HOST
  }
[domain_realm]
  .lab.test = $SAMBA_REALM
CONF
}

samba_serve() {
  setsid samba --foreground --no-process-group --configfile="$samba_conf" --debug-stdout >"$samba_dir/samba.log" 2>&1 &
  samba_pid=$!
  local ports='88 135 389 445'
  for _ in $(seq 300); do
    local open=true
    for port in $ports; do (: <"/dev/tcp/$SAMBA_HOST/$port") 2>/dev/null || open=false; done
    $open && return
    kill -0 "$samba_pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "samba: the DC did not start"
  tail -20 "$samba_dir/samba.log"
  return 1
}

samba_accounts() {
  local user
  for user in alice bob carol dora; do samba_tool user create "$user" "$SAMBA_PASSWORD" || return; done
  samba_tool group addmembers 'Allowed RODC Password Replication Group' alice,bob,dora &&
    samba_tool group addmembers 'Denied RODC Password Replication Group' dora &&
    samba_tool spn add cifs/files.lab.test 'DC1$'
}

# Joins a read-only DC into a directory of its own, for the account it leaves behind, and takes its krbtgt key.
samba_rodc() {
  mkdir -p "$samba_dir/rodc/etc"
  samba_step samba-tool domain join lab.test RODC --server=dc1.lab.test -U"Administrator%$SAMBA_PASSWORD" \
    --targetdir="$samba_dir/rodc" --option="netbios name=RODC1" --option="interfaces=$SAMBA_HOST/8" || return
  local sam=$samba_dir/private/sam.ldb account
  account=$(ldbsearch -H "$sam" '(sAMAccountName=krbtgt_*)' sAMAccountName | sed -n 's/^sAMAccountName: //p')
  SAMBA_RODC_NUMBER=${account#krbtgt_}
  SAMBA_DOMAIN_SID=$(ldbsearch -H "$sam" -s base -b DC=lab,DC=test objectSid | sed -n 's/^objectSid: //p')
  samba_tool domain exportkeytab "$samba_dir/rodc.keytab" --principal="$account@$SAMBA_REALM" || return
  SAMBA_RODC_KEY=$(klist -Kekt "$samba_dir/rodc.keytab" | sed -n 's/.*aes256-cts-hmac-sha1-96).*(0x\([0-9a-f]*\)).*/\1/p' | tail -1)
  [ -n "$SAMBA_RODC_NUMBER" ] && [ -n "$SAMBA_DOMAIN_SID" ] && [ -n "$SAMBA_RODC_KEY" ]
}

# samba_sid USER
samba_sid() {
  ldbsearch -H "$samba_dir/private/sam.ldb" "(sAMAccountName=$1)" objectSid | sed -n 's/^objectSid: //p'
}
