#!/usr/bin/env bash
# Every command against a real scheduler; no node is there, so jobs wait
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Submit, look, change and end jobs; people, keys and books'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

me() {
    network_as tester "$@"
}

# Start a command in the background; end_of waits and gives its exit status.
behind() {
    "$@" &
    behind_pid=$!
}
end_of() {
    wait "$behind_pid"
}

# The numbers in the queue, on one line.
numbers() {
    me queue --noheader --format jobid "$@" | tr -d ' ' | paste -sd ' '
}

test_expect_success 'a network comes up' '
    network_scheduler <<-\END &&
	cluster "cc" {
	    institution = "uni"
	    partition "all" { default = true limit = "1h" default-limit = "10m" }
	    partition "long" { limit = "7d" default-limit = "1h" }
	}
	END
    network_accounting &&
    tequio admin institution add uni --title "Universidad de Prueba" &&
    tequio admin project add science --institution uni &&
    tequio admin project add arts -i uni -t "Arts and letters" &&
    tequio admin grant add --institution uni --amount 1000 &&
    tequio admin user add tester --project science
'

test_expect_success 'a person enrols with a token, once' '
    home=$net_dir/home/tester && mkdir -p "$home" && chmod 0700 "$home" &&
    token=$(tequio key token user tester) && test "${#token}" = 64 &&
    network_as tester --server "$net_clients" enroll --server-key "$net_key" "$token" >enrolled 2>err &&
    grep -q "^you are tester (researcher)" enrolled &&
    test "$(stat -c %a "$home/.config/tequio/key")" = 600 &&
    grep -qF "server = \"$net_clients\"" "$home/.config/tequio/client.conf" &&
    me queue && me enroll "$token" && # sent again after a lost answer
    test_must_fail env XDG_CONFIG_HOME="$PWD/another" "$net_bin/tequio" --server "$net_clients" \
        enroll --server-key "$net_key" "$token" 2>err && grep -q token err &&
    test_must_fail me enroll 00 2>err && grep -q token err
'

test_expect_success 'a token for nobody, for too long, or of no kind is refused' '
    test_must_fail tequio key token user tester --life 8d 2>err && grep -q "7 days" err &&
    test_must_fail tequio key token plumber tester &&
    test_must_fail tequio key token node n1 2>err && grep -q cluster err &&
    test_expect_code 3 me key token user tester 2>err && grep -q "you are researcher" err
'

test_expect_success 'another key of the scheduler is not talked to' '
    TEQUIO_SERVER_KEY="rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7" test_expect_code 6 \
        network_as tester queue 2>err && grep -q "another key" err
'

test_expect_success 'a script is submitted, in four ways' '
    printf "#!/bin/sh\n#SBATCH -J cold-file -t 5\necho\n" >job.sh &&
    test "$(me submit job.sh)" = "Submitted batch job 1" &&
    test "$(me submit <job.sh)" = "Submitted batch job 2" &&
    test "$(me submit --wrap hostname --parsable)" = 3 &&
    me submit --each job.sh job.sh >out && printf "Submitted batch job %s\n" 4 5 >expected &&
    test_cmp expected out &&
    test "$(me submit --copies 3 --clusters cc job.sh)" = "Submitted batch jobs 6-8 on cluster cc" &&
    test "$(me submit --parsable -M cc job.sh)" = "9;cc" &&
    test "$(numbers)" = "1 2 3 4 5 6 7 8 9" &&
    test "$(me queue -h -o %j -j 1)" = cold-file &&
    test "$(me queue -h -o %j -j 3)" = wrap
'

test_expect_success 'one wrong script of several, and none is accepted' '
    printf "echo\n" >wrong.sh &&
    test_must_fail me submit --each job.sh wrong.sh 2>err && grep -q wrong.sh:1 err &&
    printf "#!/bin/sh\n#SBATCH -t 2:00:00\necho\n" >longer.sh &&
    test_must_fail me submit --each job.sh longer.sh 2>err && grep -q "job 2: .*at most 01:00:00" err &&
    test "$(numbers)" = "1 2 3 4 5 6 7 8 9"
'

test_expect_success 'the same request twice is one job, also at the same time' '
    key=00112233445566778899aabbccddeeff &&
    behind me submit --request-key $key --output a.log job.sh >a &&
    me submit --request-key $key --output a.log job.sh >b && end_of && test_cmp a b &&
    me submit --request-key $key --output a.log job.sh >c && test_cmp a c &&
    test "$(numbers)" = "1 2 3 4 5 6 7 8 9 10" &&
    test_must_fail me submit --request-key 0011 job.sh 2>err && grep -q request-key err &&
    test_expect_code 4 me submit --request-key $key --wrap other 2>err && grep -q "another request" err
'

test_expect_success 'what would happen is told, and nothing happens' '
    me submit --test-only job.sh >out && grep -qi accept out &&
    test_must_fail me submit --test-only -t 2:00:00 job.sh 2>err && grep -q "at most 01:00:00" err &&
    test "$(numbers)" = "1 2 3 4 5 6 7 8 9 10"
'

test_expect_success 'command line over environment over script' '
    printf "#!/bin/sh\n#SBATCH -J script --comment=script -p long -t 1\necho\n" >three.sh &&
    job=$(SBATCH_JOB_NAME=environment SBATCH_COMMENT=environment \
        me submit --parsable --comment line three.sh) &&
    test "$(me queue -h -o "%j %l" -j "$job")" = "environment 00:01:00" &&
    me show "$job" --format comment | grep -qE "COMMENT +line$" &&
    me cancel -Q "$job"
'

test_expect_success 'notes go to stderr, and not with --quiet' '
    printf "#!/bin/sh\n# SBATCH -n 4\n#SBATCH --mail-type=END\necho\n#SBATCH -J late\n" >notes.sh &&
    me submit --parsable notes.sh >out 2>err &&
    grep -q "notes.sh:2: not read: a space" err && grep -q "notes.sh:5: not read: it stands after" err &&
    grep -q -- "--mail-type: taken, but without effect" err && test "$(wc -l <out)" = 1 &&
    me submit --quiet --parsable notes.sh 2>err && test ! -s err &&
    me cancel -Q 12-13
'

test_expect_success 'what cannot be is refused with the words people search for' '
    test_must_fail me submit -t 2:00:00 --wrap true 2>err && grep -q "Requested time limit is invalid" err &&
    test_expect_code 2 me submit -p nosuch --wrap true 2>err && grep -q "no partition nosuch" err &&
    test_must_fail me submit -A arts --wrap true 2>err && grep -q "not in project arts" err &&
    test_expect_code 2 me submit -M nowhere --wrap true 2>err && grep -q "no cluster nowhere" err
'

test_expect_success 'the queue in the forms that tools use' '
    me queue | head -n 1 | grep -qE "^ *JOBID PARTITION +NAME +USER +ST +TIME +NODES NODELIST\(REASON\)$" &&
    me queue --noheader -o "%i %t" -t all -u tester >out && grep -qx "1 PD" out &&
    me queue --noheader --format="%i %t" --job "1,2" >out && printf "1 PD\n2 PD\n" >expected &&
    test_cmp expected out &&
    test "$(me queue -h -j 1 -o "%T %B")" = "PENDING -" &&
    me queue --states=all -h -o "{\"a\": \"%a\", \"id\": %A}" -j 1 >out &&
    test "$(cat out)" = "{\"a\": \"science\", \"id\": 1}" &&
    test "$(me queue -h -o "%.6i|%3j|" -j 1)" = "     1|col|" &&
    test_expect_code 2 me queue -j 4711 2>err && grep -q "Invalid job id specified" err
'

test_expect_success 'filters' '
    test "$(numbers --name wrap)" = 3 &&
    test "$(numbers --name wrap,nothing)" = 3 &&
    test "$(numbers --jobs 2-4,9)" = "2 3 4 9" &&
    test -z "$(numbers --user nobody-else)" &&
    test -z "$(numbers --states R)" &&
    test "$(numbers --states all --jobs 1-13 | wc -w)" = 13 &&
    test "$(numbers --me --account science,arts | wc -w)" = 10 &&
    test -z "$(numbers --nodelist n1)"
'

test_expect_success 'hold and release' '
    me hold 1 2 >out && printf "job %s held\n" 1 2 >expected && test_cmp expected out &&
    test "$(me queue -h -j 1 -o %r)" = JobHeldUser &&
    me why 1 >out && grep -q JobHeldUser out &&
    me release --quiet 1-2 && test "$(me queue -h -j 1 -o %r)" != JobHeldUser &&
    job=$(me submit --parsable --hold --wrap true) && test "$(me queue -h -j "$job" -o %r)" = JobHeldUser &&
    me cancel -Q "$job"
'

test_expect_success 'a begin that is ahead' '
    job=$(me submit --parsable --begin now+1hour --wrap true) &&
    test "$(me queue -h -j "$job" -o %r)" = BeginTime && me cancel -Q "$job"
'

test_expect_success 'show tells what was asked for, and the script byte for byte' '
    me show 1 >out && grep -qE "^ +NAME  cold-file$" out && grep -qE "^ +DIRECTORY  /" out &&
    me show 1 --script >script && test_cmp job.sh script &&
    me show 1-2 --json | python3 -c "
import json, sys
jobs = json.load(sys.stdin)
assert [job[\"jobid\"] for job in jobs] == [1, 2], jobs
assert jobs[0][\"timelimit\"] == 300 and jobs[0][\"start\"] is None, jobs[0]
assert jobs[0][\"submit\"].endswith(\"Z\"), jobs[0]
" && test_expect_code 2 me show 4711
'

test_expect_success 'JSON of every listing is JSON' '
    for command in queue history nodes clusters quota usage "key list" "admin status"; do
        tequio $command --json >out && python3 -c "
import json, sys
assert isinstance(json.load(open(\"out\")), list)" || { echo "$command" && return 1; }
    done &&
    me why 1 --json | python3 -c "
import json, sys
assert json.load(sys.stdin)[\"blockers\"][0][\"code\"]"
'

test_expect_success 'full or closed, stdout gives a failure' '
    test_expect_code 7 me queue >/dev/full && test_expect_code 7 me queue --json >/dev/full &&
    test_expect_code 7 me show 1 >/dev/full && test_expect_code 7 me queue >&-
'

test_expect_success 'a job that waits has no output, and that is told' '
    test_expect_code 4 me logs 1 2>err && grep -q "not started" err
'

test_expect_success 'cancel by number, range, name; what is gone is told' '
    me cancel 1 >out && echo "job 1 cancelled" >expected && test_cmp expected out &&
    test_expect_code 4 me cancel 1 2 >out 2>err && echo "job 2 cancelled" >expected &&
    test_cmp expected out && grep -q "job 1" err &&
    me cancel --quiet 4-5 && me cancel --name wrap >out && echo "job 3 cancelled" >expected &&
    test_cmp expected out &&
    test_expect_code 2 me cancel 4711 &&
    me cancel --name nothing 2>err && grep -q "no job matches" err &&
    test "$(numbers)" = "6 7 8 9 10"
'

test_expect_success 'wait returns at once for what has ended, and later for what ends' '
    test_expect_code 1 me wait 1 &&
    behind me wait --quiet 6 && me cancel -Q 6 && { end_of; test $? = 1; } &&
    test_expect_code 2 me wait 4711
'

test_expect_success 'submit --wait exits as the job does' '
    behind me submit --wait --wrap true >submitted &&
    network_until "it is submitted" test -s submitted &&
    me cancel -Q "$(sed "s/[^0-9]//g" submitted)" && { end_of; test $? = 1; }
'

test_expect_success 'Ctrl-C of tequio run cancels its job' '
    more() { test "$(numbers)" != "$before"; } &&
    before=$(numbers) && behind me run hostname >ran 2>err &&
    network_until "it is in the queue" more &&
    job=$(numbers | sed "s/.* //") && kill -INT "$(pgrep -P $behind_pid || echo $behind_pid)" &&
    { end_of; test $? = 130; } && grep -q "cancelling job $job" err && test "$(numbers)" = "$before"
'

test_expect_success 'history, in the form that snakemake asks for' '
    me history -X --parsable2 --clusters all --noheader --format=JobIdRaw,State \
        --starttime now-1hours --endtime now --name cold-file >out &&
    grep -qx "1|CANCELLED by tester" out &&
    me history | head -n 1 | grep -qE "JOBID NAME +PARTITION ACCOUNT CPUS STATE +EXITCODE" &&
    test -z "$(me history --noheader --state CA --starttime now+1hours)" &&
    test_must_fail me history -S 2026-01-02 -E 2026-01-01
'

test_expect_success 'somebody else sees and changes nothing' '
    tequio admin user add other --project arts && network_person other &&
    test -z "$(network_as other queue --noheader)" &&
    test_expect_code 3 network_as other cancel 7 2>err && grep -q "belongs to somebody else" err &&
    test_expect_code 3 network_as other show 7 2>err && grep -q "belongs to somebody else" err &&
    test_expect_code 3 network_as other why 7 &&
    test_expect_code 3 network_as other admin institution add mine &&
    test_must_fail network_as other admin backup "$net_dir/state/x.db" &&
    test "$(numbers)" = "7 8 9 10"
'

test_expect_success 'clusters, nodes and partitions' '
    tequio clusters >out && grep -qE "^cc +uni +0 +0" out &&
    tequio nodes >out && grep -qE "^all\* +up +01:00:00 +0 n/a" out && grep -qE "^long +up +7-00:00:00" out &&
    test "$(tequio nodes -h -o %P | head -n 1)" = "all*" &&
    test_expect_code 2 tequio nodes -p nosuch 2>err && grep -q "no partition \"nosuch\"" err &&
    test_expect_code 2 tequio nodes -p lonh --long 2>err && grep -q "no partition \"lonh\": did you mean long?" err &&
    test -z "$(tequio nodes -h -t idle,drain)" &&
    test_expect_code 2 tequio nodes n1 && test_expect_code 2 tequio drain n1 --reason x
'

# Service units, to one decimal.
queued() {
    me quota --noheader --account science --format queued | awk '{ printf "%.1f\n", $1 }'
}

test_expect_success 'what is queued counts each element of an array' '
    before=$(queued) && array=$(me submit --parsable --time 1h --array 0-9 --wrap true) &&
    after=$(queued) && me cancel "$array" &&
    test "$(echo "$before $after" | awk "{ print \$2 - \$1 }")" = 10 && test "$(queued)" = "$before"
'

test_expect_success 'quota adds up, usage is there' '
    tequio quota --json | python3 -c "
import json, sys
from decimal import Decimal as d
for row in json.load(sys.stdin):
    assert d(row[\"granted\"]) == d(row[\"charged\"]) + d(row[\"held\"]) + d(row[\"available\"]), row
" && test_expect_code 2 tequio quota -A nosuch && tequio usage --by user && tequio usage --by institution --since 2026-01-01 &&
    test_must_fail tequio usage --by planet 2>err && grep -q "institution, project, user or cluster" err
'

test_expect_success 'books refuse what makes no sense' '
    test_expect_code 4 tequio admin project add science -i uni &&
    test_expect_code 2 tequio admin project add x -i nosuch &&
    test_must_fail tequio admin grant add --institution uni --amount -5 &&
    test_must_fail tequio admin grant add --institution uni --amount 1.2345678 &&
    test_must_fail tequio admin grant add --institution uni --amount 9999999999999999999 &&
    test_must_fail tequio admin grant add --institution uni --amount 5 --start now --end now-1hours &&
    test_must_fail tequio admin institution add "bad name" &&
    test_must_fail tequio admin user add "-x" --project science
'

test_expect_success 'keys are listed and revoked; a revoked one is refused' '
    key=$(tequio key list --noheader --format key --user other) && test "${#key}" = 40 &&
    network_as other queue &&
    tequio key revoke "$key" --reason "test" &&
    test_expect_code 3 network_as other queue 2>err && grep -q "does not admit this key" err &&
    tequio key list --noheader --format revokedby --user other | grep -q . &&
    test_expect_code 4 tequio key revoke "$key" 2>err && grep -q "revoked already" err
'

test_expect_success 'care of the database' '
    tequio admin status >out && grep -qE "^ +STATE  normal$" out &&
    tequio admin check >out && grep -q "all good" out &&
    tequio admin backup "$net_dir/state/copy.db" && test -s "$net_dir/state/copy.db" &&
    test_must_fail tequio admin backup "$net_dir/state/copy.db" &&
    test_expect_code 1 tequio admin restore x.db 2>err && grep -q "tequio-scheduler --restore x.db" err
'

test_expect_success 'a scheduler that restarts is not noticed' '
    network_end scheduler && behind me submit --parsable --wrap again >out &&
    sed -i "s|^listen-clients = .*|listen-clients = \"$net_clients\"|" "$net_dir/etc/scheduler.conf" &&
    network_scheduler_start && end_of && test "$(numbers | wc -w)" = 5 &&
    numbers | grep -qw "$(cat out)"
'

test_done
