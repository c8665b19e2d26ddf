# postfix.sh FOLDER LISTEN NEXTHOP DOMAIN: accepts on LISTEN, relays DOMAIN to the door on NEXTHOP, tries again after two
# seconds. Needs root (its daemons drop to their own users). Stop: postfix -c FOLDER/etc stop
# Times are whole seconds: after one second a mail may be up again while its smtp client still holds it. Such a mail is
# set back by a minute into incoming/, which is read only when qmgr wakes (by default every 300 s, here every second).
set -eu
T=$1 L=$2 N=$3 D=$4
PATH="$PATH:/usr/sbin"
mkdir -p "$T/etc" "$T/queue" "$T/data"
chown postfix "$T/data"
cat > "$T/etc/main.cf" <<X
compatibility_level = 3.6
queue_directory = $T/queue
data_directory = $T/data
maillog_file_prefixes = $T
maillog_file = $T/mail.log
multi_instance_name = postfix-xinshu
syslog_name = postfix-xinshu
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.test
mydomain = example.test
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
relay_domains = $D
relay_transport = smtp:[127.0.0.1]:$N
smtpd_reject_unlisted_recipient = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_forbid_bare_newline = normalize
smtputf8_enable = yes
smtp_dns_support_level = disabled
smtp_host_lookup = native
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 1s
transport_retry_time = 1s
smtp_connect_timeout = 3s
message_size_limit = 26214400
X
cat > "$T/etc/master.cf" <<X
127.0.0.1:$L inet n - n - - smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 1 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
tlsmgr    unix - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
X
# Its daemons outlive this script: they keep none of its pipes.
postfix -c "$T/etc" start </dev/null >"$T/start.log" 2>&1
for _ in $(seq 600); do
  if bash -c "exec 3<>/dev/tcp/127.0.0.1/$L" 2>/dev/null; then exit 0; fi
  sleep .05
done
cat "$T/start.log" >&2
exit 1
