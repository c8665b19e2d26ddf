# dovecot.sh FOLDER IMAP_PORT IMAPS_PORT: any user, password secret, is a mailbox of its own (Maildir in FOLDER/mail/USER);
# the user old has an mbox, FOLDER/mail/old/inbox.
# IMAP with STARTTLS and IMAPS, certificate FOLDER/cert.pem for localhost and 127.0.0.1. Stays in the foreground; stop by
# SIGTERM. Needs root: mails belong to the user "mail". Started again on the same folder it knows its mails.
set -eu
T=$1
PATH="$PATH:/usr/sbin"
mkdir -p "$T/run" "$T/mail"
chown mail:mail "$T/mail"
[ -e "$T/cert.pem" ] || openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \
  -addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout "$T/key.pem" -out "$T/cert.pem" 2>/dev/null
echo "old:{PLAIN}secret::::::userdb_mail=mbox:$T/mail/old:INBOX=$T/mail/old/inbox" > "$T/users"
cat > "$T/dovecot.conf" <<C
base_dir = $T/run
instance_name = xinshu
log_path = $T/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <$T/cert.pem
ssl_key = <$T/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %n
first_valid_uid = 1
mail_location = maildir:$T/mail/%u
passdb {
  driver = passwd-file
  args = $T/users
}
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = passwd-file
  args = $T/users
  default_fields = uid=mail gid=mail home=$T/mail/%u
}
userdb {
  driver = static
  args = uid=mail gid=mail home=$T/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
}
service imap-login {
  inet_listener imap {
    address = 127.0.0.1
    port = $2
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = $3
  }
}
C
exec dovecot -F -c "$T/dovecot.conf"
