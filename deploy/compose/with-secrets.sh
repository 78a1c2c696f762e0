#!/bin/sh
# Runs a command with its secrets as variables: each file of the folder is one, named as the variable.
set -eu
for file in /run/secrets/env/*; do
    [ -r "$file" ] || { echo "no secrets in /run/secrets/env: run \`docker compose up secrets\`" >&2; exit 1; }
    export "${file##*/}=$(cat "$file")"
done
exec "$@"
