#!/usr/bin/env bash
# From nothing to a migration that was verified and taken back again, by `snakeweb` alone.
#
#   from_zero.sh TARGETS.yaml MIGRATION.yaml
#
# Three people take part: an admin makes the targets, an operator writes and runs, an approver signs. Tokens do what
# tokens may; the signature takes the approver's own sign-in. SNAKEWEB_URL says where Snakeweb is; the passwords of
# `admin`, `operator` and `approver` lie in the directory PASSWORDS, in files of their names. A person would leave the
# --password-file out, and type.
set -euo pipefail
targets=$1 migration_file=$2

sign_in() { snakeweb login --profile "$1" --sign-in "$1" --password-file "$PASSWORDS/$1" "${@:2}"; }
sign_in admin --scope read --scope operate --scope admin
sign_in operator
sign_in approver --scope read --scope operate

# The admin says what there is.
snakeweb targets apply "$targets" --profile admin
snakeweb targets list --profile operator

# The operator looks first, which leaves nothing behind, and then makes the migration and its plan.
snakeweb plan "$migration_file" --preflight --fail-on high --profile operator
id=$(snakeweb plan "$migration_file" --quiet --profile operator)
digest=$(snakeweb status "$id" --field metadata.digest --profile operator)
snakeweb validate "$id" --watch --profile operator
snakeweb submit "$id" --digest "$digest" --profile operator

# A token is not enough to sign: without a sign-in the command waits for the page, and here runs out of time (status 7).
status=0
snakeweb approve "$id" --no-browser --timeout 1 --profile approver || status=$?
test "$status" -eq 7
snakeweb approve "$id" --digest "$digest" --comment "Read it." --profile approver \
  --sign-in approver --password-file "$PASSWORDS/approver"

# Run it, see it verified, write it down, and take it back.
snakeweb execute "$id" --digest "$digest" --watch --profile operator
test "$(snakeweb status "$id" --field status --profile operator)" = completed
snakeweb export "$id" --profile operator
snakeweb rollback "$id" --watch --profile operator
test "$(snakeweb status "$id" --field status --profile operator)" = rolled_back
