#!/bin/bash
# What Baton uses of the published image's entry: an empty folder becomes a cluster with a password and a database.
set -Eeuo pipefail
if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid=999 --regid=999 --clear-groups -- bash "$0" "$@"
fi
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    auth=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
        POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    fi
    if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "$auth" != trust ]; then
        echo "set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE" >&2
        exit 1
    fi
    password=$(mktemp)
    printf '%s\n' "${POSTGRES_PASSWORD:-unused}" > "$password"
    # shellcheck disable=SC2086 # several words are meant
    initdb --username=postgres --pwfile="$password" ${POSTGRES_INITDB_ARGS:-}
    rm "$password"
    echo "host all all all $auth" >> "$PGDATA/pg_hba.conf"
    if [ "${POSTGRES_DB:-postgres}" != postgres ]; then
        pg_ctl --wait --options="-c listen_addresses=''" start
        PGPASSWORD=${POSTGRES_PASSWORD:-} createdb --username=postgres "$POSTGRES_DB"
        pg_ctl --wait --mode=fast stop
    fi
fi
exec "$@"
