# kannel.sh FOLDER PORT HOW [SMPP_PORT]: a Kannel of its own in the foreground, which calls the door as a vendor would.
# PORT admin, +1 boxes, +2 the carrier fakesmsc connects to, +3 sendsms. Of messages to 106… the text is posted to
# $POST_URL; all others are fetched as $GET_URL. HOW: "whole" (Kannel joins long messages) or "parts" (we do).
set -u
T=$1 P=$2 HOW=$3 SMPP=${4:-}
PATH="$PATH:/usr/sbin"
RECODE=${RECODE:-true} COMBINE=true
[ "$HOW" = whole ] || COMBINE=false
if [ -n "$SMPP" ]; then
  SMSC="smsc = smpp
host = 127.0.0.1
port = $SMPP
transceiver-mode = true
smsc-username = hub
smsc-password = secret
system-type = \"\"
enquire-link-interval = 5
reconnect-delay = 1"
else
  SMSC="smsc = fake
host = 127.0.0.1
port = $((P + 2))
connect-allow-ip = 127.0.0.1"
fi
# Groups are parted by an empty line, and hold none.
cat > "$T/kannel.conf" <<X2
group = core
admin-port = $P
admin-interface = "127.0.0.1"
admin-password = test
smsbox-port = $((P + 1))
smsbox-interface = "127.0.0.1"
box-allow-ip = "127.0.0.1"
store-type = file
store-location = "$T/store.dat"
dlr-storage = internal
log-file = "$T/bearerbox.log"
log-level = 0
sms-combine-concatenated-mo = $COMBINE

group = smsc
smsc-id = test
$SMSC

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = $((P + 3))
sendsms-interface = "127.0.0.1"
log-file = "$T/smsbox.log"
log-level = 0
mo-recode = $RECODE
http-request-retry = ${RETRY:-500}
http-queue-delay = 1

group = sendsms-user
username = hub
password = hub
concatenation = true
max-messages = 10

group = sms-service
keyword-regex = .*
allowed-receiver-prefix = 106
catch-all = true
max-messages = 0
send-sender = true
post-url = "$POST_URL"

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "$GET_URL"

X2
bearerbox "$T/kannel.conf" > "$T/bearerbox.out" 2>&1 &
BEARER=$!
SMS=
# Not TERM: it lets messages in hand be tried until they are through.
trap 'kill -KILL $BEARER $SMS 2>/dev/null; exit 0' TERM
for _ in $(seq 400); do
  bash -c "exec 3<>/dev/tcp/127.0.0.1/$((P + 1))" 2>/dev/null && break
  sleep .05
done
smsbox "$T/kannel.conf" > "$T/smsbox.out" 2>&1 &
SMS=$!
wait
