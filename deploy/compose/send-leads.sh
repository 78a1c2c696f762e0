#!/bin/sh
# Sends a made-up lead by each form named, or by the forms of the example company, and tells what became of it.
set -u
[ $# -gt 0 ] || set -- demo-request both-lines newsletter generic
worst=0
for form in "$@"; do
    echo "== $form"
    baton form send-test "$form" --wait || worst=$?
done
echo "== leads"
baton leads || worst=$?
exit "$worst"
