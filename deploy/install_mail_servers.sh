#!/usr/bin/env bash
# The mail tests talk to a real Dovecot and a real Postfix: Debian's packages, only their programs. No service is started
# and nothing of the system's own configuration is used; the tests start processes of their own on loopback.
set -u
missing() { [ -x /usr/sbin/dovecot ] && [ -x /usr/lib/dovecot/lmtp ] && [ -x /usr/lib/dovecot/imap ] && [ -x /usr/sbin/postfix ] && return 1; return 0; }
missing || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Dovecot and Postfix for the mail tests ..."
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    # asked by the packages' scripts before they start a service: 101 forbids it
    printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  {
    apt-get update -qq
    echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
    apt-get install -y -qq --no-install-recommends dovecot-core dovecot-imapd dovecot-lmtpd postfix
  } >"$log" 2>&1
  if ! missing; then rm -f "$log"; exit 0; fi
  tail -n 5 "$log" >&2
  rm -f "$log"
fi
echo "Dovecot and Postfix were not found and could not be installed here: the mail tests will fail." >&2
echo "Install them (Debian: apt install dovecot-imapd dovecot-lmtpd postfix); no service of theirs need run." >&2
exit 0
