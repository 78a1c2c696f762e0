#!/bin/sh
# Runs a command with its secrets as variables: each file of the folder is one, named as the variable. So is what the
# operator's own folder has for OpenTelemetry, and the mail server's address, where both would stand in `docker inspect`.
set -eu
marked=$(printf '\357\273\277')  # how some editors begin a text
for file in /run/secrets/env/* /run/secrets/baton/OTEL_* /run/secrets/baton/BATON_SMTP_URL; do
    case $file in /run/secrets/baton/*) [ -e "$file" ] || continue ;; esac
    [ -e "$file" ] || { echo "no secrets in /run/secrets/env: run \`docker compose up secrets\`" >&2; exit 1; }
    case ${file##*/} in *[!A-Z0-9_]*) continue ;; esac  # NAME.expires, an editor's copy: no variable
    [ -f "$file" ] || { echo "$file is no file: write the value into one of that name" >&2; exit 1; }
    [ -r "$file" ] || { echo "$file is closed for user $(id -u): let others read it, or give it to them" >&2; exit 1; }
    value=$(tr -d '\r' <"$file")
    export "${file##*/}=${value#"$marked"}"
done
exec "$@"
