#!/usr/bin/env bash
# Corrections of the books, from the command line to the verified report
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016

test_description='Refunds, moves and ends of grants are entries that a report shows'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

# Of the institution's (or a project's) line: granted, charged, available …
quota_of() { # PROJECT FIELD
    tequio quota --json |
        python3 -c 'import json, sys
print(next(r[sys.argv[2]] for r in json.load(sys.stdin)
           if (r["project"] or "") == sys.argv[1] and r["institution"] == "uni"))' "$1" "$2"
}

test_expect_success 'a job is charged' '
    basic_network &&
    network_node n1 cc "synthetic:package:1 core:4 pu:1" &&
    network_until "the node is idle" network_idle 1 &&
    job=$(submit --output /dev/null --wrap "sleep 1") &&
    network_as tester wait "$job" &&
    test "$(quota_of "" charged)" != 0
'

test_expect_success 'a refund needs a reason, and gives back what was charged once' '
    test_must_fail tequio refund "$job" &&
    tequio refund "$job" --reason "the file system was down" &&
    test_must_fail tequio refund "$job" --reason again 2>refused &&
    grep "all of it is refunded" refused &&
    test "$(quota_of "" charged)" = 0
'

test_expect_success 'a researcher refunds nothing' '
    test_must_fail network_as tester refund "$job" --reason greed
'

test_expect_success 'a grant is moved to another project, and ended' '
    tequio admin project add other --institution uni &&
    tequio admin grant add --project science --amount 50 --reason "to begin with" &&
    tequio grant list --account science --noheader --format id >number &&
    grant=$(tr -d " " <number) &&
    tequio grant move "$grant" --project other --amount 20 --reason "their deadline" &&
    tequio grant list --noheader --format id,project,amount,left,reason >list &&
    grep "their deadline" list &&
    tequio grant end "$grant" --reason "not used" &&
    test_must_fail tequio grant end "$grant" --reason "not used" &&
    test "$(tequio grant list --account science --noheader --format left | tr -d " ")" = 0
'

test_expect_success 'a project that has ended takes no new jobs' '
    tequio project list --noheader --format project >projects && grep -q other projects &&
    tequio project change other --title "The others" --reason "a better name" &&
    tequio project list --account other --noheader --format title >titled &&
    grep "The others" titled &&
    test_must_fail tequio project end other &&
    tequio project end other --reason "it is over" &&
    test "$(tequio project list --account other --noheader | wc -l)" = 0 &&
    tequio project list --all --account other --noheader --format reason >why &&
    grep "it is over" why &&
    tequio project end other --undo --reason "it goes on" &&
    tequio grant add --project other --amount 1 --reason "what if" --dry-run >foreseen &&
    grep "no waiting job" foreseen &&
    tequio limit set --reason "the pilot" project:other cores=7 &&
    tequio limit set --reason "not ours" project:science cores=9 &&
    tequio limit set --reason "one of them" --per-job member:science/tester wall=1h &&
    tequio quota why other >reasons && cat reasons &&
    grep -E "^  project other, total: cores 7, used 0, by .*, 20[0-9T:+-]*: the pilot$" reasons &&
    ! grep "not ours" reasons && ! grep "one of them" reasons &&
    grep "^project other: granted" reasons && grep "^institution uni: granted" reasons &&
    grep "by .*: their deadline" reasons &&
    network_as tester quota why science >reasons && cat reasons &&
    grep -E "^  member science/tester, per.job: wall 01:00:00, by .*: one of them$" reasons && grep "cores 9.*: not ours$" reasons &&
    grep "^institution uni: its managers see" reasons &&
    test_must_fail tequio quota why nowhere &&
    test_must_fail tequio user end nobody --project other --reason "who?"
'

test_expect_success 'the database is in order, also after a restart' '
    tequio admin check &&
    kill "$(cat "$net_dir/pids/scheduler")" &&
    network_until "the scheduler has stopped" eval \
        "! kill -0 $(cat "$net_dir/pids/scheduler") 2>/dev/null" &&
    network_scheduler_start &&
    tequio admin check &&
    tequio audit check >audited && ! grep FAILED audited && grep "^ok  *I7 " audited
'

if command -v openssl >/dev/null && command -v xxd >/dev/null; then
    test_set_prereq OPENSSL
fi

test_expect_success OPENSSL 'OpenSSL alone can check the signature' '
    tequio report uni --quiet --directory . >signed &&
    (
        printf 302a300506032b6570032100 &&
        tr -d "\n" <"$net_dir/state/accounting/signing.key.pub"
    ) | xxd -r -p >key.der &&
    openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin \
        -in "$(cat signed)/manifest.json" -sigfile "$(cat signed)/manifest.sig" &&
    sha256sum "$(cat signed)/R04.csv" | cut -d " " -f 1 >digest &&
    grep "$(cat digest)" "$(cat signed)/manifest.json" &&
    sed "s/\"su_billed\": \"/&1/" "$(cat signed)/manifest.json" >changed &&
    test_must_fail openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin \
        -in changed -sigfile "$(cat signed)/manifest.sig"
'

test_expect_success 'the report has the corrections, and verifies' '
    tequio report uni --quiet --directory . >folder &&
    test "$(grep -c -E ",(refund|transfer|grant-end)," "$(cat folder)/R15.csv")" = 3 &&
    tequio verify --key "$net_dir/state/accounting/signing.key.pub" "$(cat folder)" &&
    sed -i "s/,refund,/,transfer,/" "$(cat folder)/R15.csv" &&
    test_expect_code 11 tequio verify --key "$net_dir/state/accounting/signing.key.pub" \
        "$(cat folder)"
'

test_done
