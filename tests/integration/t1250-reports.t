#!/usr/bin/env bash
# What a university's manager does by the README: enrols, looks, reads the month, verifies
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016

test_description='A manager enrols a student, sees the balance, and verifies the statement'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

test_expect_success 'the README tells the manager what this test types' '
    for words in "tequio user add" "tequio key token user" "tequio quota" "tequio report" \
        "tequio verify"; do
        sed -n "/^## For a university/,/^## /p" "$TEQUIO_SOURCE/README.md" | grep -q "$words" ||
            return 1
    done
'

test_expect_success 'the books are explained in two pages' '
    test "$(wc -w <"$TEQUIO_SOURCE/docs/accounting.md")" -le 1300
'

# A machine on which nobody has used the network before.
enrols() { # NAME TOKEN
    mkdir -p "$net_dir/home/$1" && chmod 0700 "$net_dir/home/$1" &&
        network_as "$1" --server "$net_clients" enroll --server-key "$net_key" "$2"
}

# The scheduler tells where reports are to be had, once its settings say so.
tells_of_books() {
    printf "accounting = \"%s\"\naccounting-key = '%s'\n" "$net_books" "$net_books_key" \
        >>"$net_dir/etc/scheduler.conf" &&
        kill -HUP "$(cat "$net_dir/pids/scheduler")" &&
        network_until "the settings are read" grep -q "reload: .* in force" "$net_dir/logs/scheduler"
}

# The operator makes the manager, once; all else is the manager and the student.
test_expect_success 'the manager enrols a student' '
    basic_network && tells_of_books &&
    network_node n1 cc "synthetic:package:1 core:4 pu:1" &&
    token=$(tequio key token user rosa --role institution-manager --institution uni) &&
    enrols rosa "$token" &&
    grep -qF "accounting = \"$net_books\"" "$net_dir/home/rosa/.config/tequio/client.conf" &&
    network_as rosa user add alumna --project science &&
    token=$(network_as rosa key token user alumna) &&
    enrols alumna "$token" &&
    network_as rosa user list --noheader >people && grep alumna people
'

test_expect_success 'the student computes, and the manager sees the balance' '
    network_until "the node is idle" network_idle 1 &&
    job=$(network_as alumna submit --parsable --chdir "$net_dir/work" --output /dev/null \
        --account science --ntasks 2 --wrap "sleep 0.5") &&
    network_as alumna wait "$job" &&
    network_as rosa quota --noheader --format institution,charged,available >balance &&
    grep "^uni" balance && ! grep -q "^uni *0 " balance
'

test_expect_success 'the month comes as a statement in Spanish' '
    network_as rosa report uni --quiet --directory "$PWD" >folder &&
    folder=$(cat folder) &&
    head -c 5 "$folder/report.es.pdf" | grep -q "^%PDF-" &&
    LC_ALL=C grep -a -q "Informe de uso" "$folder/report.es.pdf" &&
    LC_ALL=C grep -a -q "(alumna)" "$folder/report.es.pdf" &&
    test_must_fail network_as alumna report uni --quiet --directory "$PWD"
'

# Nothing but the folder and the key: no home, no configuration, and no network where the machine
# lets one be taken away.
offline() {
    if unshare --net true 2>/dev/null; then
        env -i unshare --net "$@"
    else
        env -i "$@"
    fi
}

test_expect_success 'the report verifies with nothing but itself and the public key' '
    cp "$net_dir/state/accounting/signing.key.pub" network.pub &&
    offline "$net_bin/tequio-verify" --key network.pub "$folder" >verified &&
    grep "^ok  statement" verified && grep "^verified: uni" verified &&
    cp -r "$folder" changed && sed -i "s/(alumna)/(alumno)/" changed/report.es.pdf &&
    test_expect_code 11 offline "$net_bin/tequio-verify" --key network.pub changed
'

# By the recipe of docs/reports.md.
test_expect_success 'the leaves have a seal in place of the name, which people.csv opens' '
    grep " c:[0-9a-f]* " "$folder/leaves.txt" && ! grep -q alumna "$folder/leaves.txt" &&
    salt=$(sed -n "s/^alumna,//p" "$folder/people.csv") && test ${#salt} = 64 &&
    seal=$( (printf "$(echo "$salt" | sed "s/../\\\\x&/g")"; printf alumna) | sha256sum | cut -c 1-60) &&
    grep -q " c:$seal " "$folder/leaves.txt"
'

test_expect_success 'a person takes along what the network has of her, and nobody else may' '
    network_as alumna privacy export >mine.json &&
    python3 -c "
import json, sys
mine = json.load(open(sys.argv[1]))
assert [each[\"user\"] for each in mine[\"memberships\"]] == [\"alumna\"], mine[\"memberships\"]
assert [each[\"jobid\"] for each in mine[\"jobs\"]] == [int(sys.argv[2])], mine[\"jobs\"]
assert len(mine[\"keys\"]) == 1 and mine[\"usage\"][0][\"charged\"] != \"0\", mine
" mine.json "$job" &&
    network_as rosa privacy export --user alumna >hers.json && grep "\"alumna\"" hers.json &&
    for other in rosa nobody.here; do
        test_expect_code 2 network_as alumna privacy export --user "$other" >others.json 2>err &&
            grep "there is no $other" err && test ! -s others.json || return 1
    done &&
    test_expect_code 1 tequio privacy export --user "" >others.json 2>err && grep empty err &&
    test_expect_code 1 tequio privacy export --user alumna,rosa >others.json && test ! -s others.json
'

test_expect_success 'a person whose month is in no report yet is not forgotten, and is told' '
    network_as alumna privacy erase --dry-run alumna >waits && grep "month of the last job" waits &&
    ! network_as rosa privacy erase --reason "has left" alumna 2>err &&
    grep "month of the last job" err && grep "alumna is not erased" err &&
    ! network_as alumna privacy erase --dry-run rosa 2>err && grep "there is no rosa" err &&
    network_as alumna privacy export >mine.json && grep "left-out" mine.json
'

test_expect_success 'what nobody asked for is not taken back' '
    test_expect_code 1 network_as rosa privacy erase --cancel --dry-run alumna 2>err &&
    grep "do not go together" err &&
    test_must_fail network_as rosa privacy erase --cancel alumna 2>err && grep "reason" err &&
    test_must_fail network_as rosa privacy erase --cancel --reason "was a mistake" alumna 2>err &&
    grep "nobody asked that alumna be erased" err
'

test_expect_success 'she sees who looked at her use, and others do not' '
    network_as rosa usage --user alumna >/dev/null &&
    network_as alumna privacy log --format reader,what,user -h >log && grep "rosa *usage *alumna" log &&
    ! network_as rosa privacy log --user alumna 2>err && grep "only alumna and auditors" err
'

test_expect_success 'use is shown with the names and columns of sreport' '
    tequio report cluster UserUtilizationByAccount -t Seconds start=now-1hours end=now+1hours \
        --parsable2 >table &&
    head -n 1 table | grep -x "Cluster|Login|Proper Name|Account|Used|Energy" &&
    grep -E "^cc\|alumna\|\|science\|[1-9][0-9]*\|$" table &&
    tequio report user TopUsage start=now-1hours end=now+1hours >table &&
    grep "not measured" table &&
    tequio report cluster AccountUtilizationByUser Start=now-1hours End=now+1hours \
        format=Account,Login,Used -n -P >table &&
    grep "^science||" table && grep "^science|alumna|" table &&
    tequio report cluster Utilization start=now-1hours end=now -t Hours -n -P >table &&
    grep -E "^cc\|0\|\|\|4\|\|4$" table &&
    tequio report cluster exchange start=now-1hours end=now+1hours -n -P >table &&
    grep "^uni|uni|1|" table &&
    tequio report user TopUsage topcount=1 start=now-1hours end=now+1hours -n -P >table &&
    test "$(wc -l <table)" = 1 &&
    test_must_fail tequio report cluster Nonsense 2>refused &&
    grep "cluster Utilization" refused &&
    test_must_fail tequio report user TopUsage colour=red &&
    tequio usage --by cluster,institution --noheader >table && grep -E "^cc +uni +1 " table &&
    network_as alumna history -n -P --jobs "$job" --since now-1days \
        --format cputimeraw,elapsedraw,ncpus,alloctres,consumedenergy >table &&
    grep -E "^[0-9]+\|[0-9]+\|2\|cpu=2,mem=[0-9]+M,node=1\|$" table
'

test_expect_success 'the items go to others as usage records and as a summary' '
    tequio export --key network.pub --to ur "$folder" >records.xml &&
    python3 -c "
import sys, xml.dom.minidom
records = xml.dom.minidom.parse(sys.argv[1]).getElementsByTagName(\"urf:UsageRecord\")
assert len(records) == 1, len(records)
" records.xml &&
    grep "<urf:LocalUserId>alumna<" records.xml &&
    tequio export --key network.pub --to apel "$folder" >summary &&
    head -n 1 summary | grep -x "APEL-summary-job-message: v0.2" &&
    grep -x "GlobalUserName: alumna" summary && grep -x "NumberOfJobs: 1" summary &&
    test_must_fail tequio export --key network.pub --to ur changed
'

# One person alone stands behind the month: nothing of it is given to the public.
test_expect_success 'the open data tell of nobody' '
    tequio export --key network.pub --to open-data --directory open "$folder" &&
    test "$(wc -l <open/usage.csv)" = 1 &&
    ! grep -r -q -e alumna -e science open &&
    python3 -c "
import hashlib, json
package = json.load(open(\"open/datapackage.json\"))
resource = package[\"resources\"][0]
table = open(\"open/usage.csv\", \"rb\").read()
assert resource[\"hash\"] == \"sha256:\" + hashlib.sha256(table).hexdigest()
names = [field[\"name\"] for field in resource[\"schema\"][\"fields\"]]
assert \",\".join(names) == table.decode().split(chr(10))[0]
"
'

test_done
