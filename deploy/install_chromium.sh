#!/usr/bin/env bash
# The browser tests need a real Chromium: Debian's package where it can be installed, else a clear sentence.
set -u
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
[ -n "${CHROMIUM:-}" ] && [ -x "${CHROMIUM}" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium for the browser tests ..."
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-core) >/dev/null 2>&1
  command -v chromium >/dev/null 2>&1 && exit 0
fi
echo "Chromium was not found and could not be installed here: the browser tests will fail." >&2
echo "Install it (Debian: apt install chromium) or name it: CHROMIUM=/path/to/chromium make test" >&2
exit 0
