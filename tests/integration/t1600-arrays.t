#!/usr/bin/env bash
# Job arrays, from the command line to the files of their elements, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Elements of arrays run once, and are called by their names'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

# Names and states of an array's jobs, as `tequio queue` has them.
queue_of() { # JOB [OPTION...]
    network_as tester queue --noheader --jobs "$1" --format "%i %t" "${@:2}"
}

test_expect_success 'a network comes up' '
    basic_network &&
    network_node n1 cc "synthetic:package:1 numa:1 core:4 pu:1" &&
    network_until "the node is idle" network_idle 1
'

test_expect_success 'each element runs once, knows which it is and has a file of its own' '
    job=$(submit -a 2-8:3 --wrap "echo \$SLURM_ARRAY_JOB_ID \$SLURM_ARRAY_TASK_ID \
        \$SLURM_ARRAY_TASK_COUNT \$SLURM_ARRAY_TASK_MIN \$SLURM_ARRAY_TASK_MAX \
        \$TEQUIO_ARRAY_TASK_STEP \$((SLURM_JOB_ID - SLURM_ARRAY_JOB_ID))") &&
    network_as tester wait "$job" &&
    for i in 2 5 8; do
        echo "$job $i 3 2 8 3 $((i + 1))" >expected &&
        test_cmp expected "$net_dir/work/slurm-${job}_$i.out" &&
        network_as tester logs "${job}_$i" >logs && test_cmp expected logs || return 1
    done &&
    test "$(history_of "${job}_5" JobID,State)" = "${job}_5|COMPLETED" &&
    test "$(history_of "$job" JobID,State | sort)" = "$(printf "%s\n" \
        "${job}_2|COMPLETED" "${job}_5|COMPLETED" "${job}_8|COMPLETED" "$job|COMPLETED" | sort)"
'

test_expect_success 'the exit status of the whole tells whether all went well' '
    job=$(submit -a 0-3 --wrap "exit \$((SLURM_ARRAY_TASK_ID == 2))") &&
    test_expect_code 1 network_as tester wait "$job" &&
    network_as tester wait "${job}_[0-1,3]" &&
    test_expect_code 1 network_as tester wait "${job}_2" &&
    network_as tester show -o arraytasks "$job" >out && grep -q "3 completed, 1 failed" out
'

test_expect_success 'so many at a time, in one line, changed later; cancelled by ranges' '
    job=$(submit -a 0-999999%2 -o /dev/null --wrap "until [ -e $net_dir/work/go ]; do :; done") &&
    network_until "two of them run" eval "queue_of $job | grep -c R | grep -qx 2" &&
    queue_of "$job" >seen &&
    printf "%s\n" "${job}_0 R" "${job}_1 R" "${job}_[2-999999%2] PD" >expected &&
    test_cmp expected seen &&
    test "$(network_as tester queue -h -j "$job" -t PD -o %r)" = JobArrayTaskLimit &&
    network_as tester why "${job}_77" >why && grep -q "tequio limit" why &&
    network_as tester limit array 3 "$job" &&
    network_until "three of them run" eval "queue_of $job | grep -c R | grep -qx 3" &&
    network_as tester hold "${job}_[10-19]" && network_as tester cancel "${job}_[100-999999]" &&
    queue_of "$job" -t PD >seen &&
    printf "%s\n" "${job}_[10-19%3] PD" "${job}_[3-9,20-99%3] PD" >expected &&
    test_cmp expected seen &&
    test "$(queue_of "$job" -r -t PD | wc -l)" = 97 &&
    test "$(history_of "${job}_[5000]" State)" = "CANCELLED by tester" &&
    network_as tester release "${job}_15" &&
    test_must_fail network_as tester cancel "${job}_1000000" 2>err && grep -q "no element" err &&
    network_as tester cancel "$job" &&
    test_must_fail network_as tester wait "$job"
'

test_expect_success 'what waits survives the scheduler' '
    job=$(submit -H -a 0-9 --wrap true) &&
    network_as tester cancel "${job}_7" &&
    network_end scheduler -KILL &&
    sed -i -e "s|^listen-clients = .*|listen-clients = \"$net_clients\"|" \
        -e "s|^listen-agents = .*|listen-agents = \"$net_agents\"|" "$net_dir/etc/scheduler.conf" &&
    network_scheduler_start &&
    queue_of "$job" -t PD >seen &&
    echo "${job}_[0-6,8-9] PD" >expected && test_cmp expected seen &&
    network_as tester release "$job" &&
    test_must_fail network_as tester wait "$job" &&
    test "$(history_of "${job}_[0-9]" State | sort | uniq -c | tr -s " ")" = "$(printf "%s\n" \
        " 1 CANCELLED by tester" " 9 COMPLETED")"
'

test_expect_success 'element by element behind another array' '
    first=$(submit -a 1-3 --wrap "exit \$((SLURM_ARRAY_TASK_ID == 2))") &&
    second=$(submit -a 1-3 -d aftercorr:"$first" --wrap true) &&
    third=$(submit -H -d afterok:"${first}_3" --wrap true) &&
    network_as tester queue -h -j "$third" -o %E >seen && grep -q "^afterok:${first}_3(" seen &&
    network_as tester release "$third" &&
    test_must_fail network_as tester wait "$second" && network_as tester wait "$third" &&
    network_as tester wait "${second}_[1,3]" &&
    test "$(history_of "${second}_2" State)" = CANCELLED
'

test_expect_success 'what is no element is not taken for one' '
    job=$(submit --wrap true) && network_as tester wait "$job" &&
    test_must_fail network_as tester show "${job}_0" 2>err && grep -q "no element 0" err &&
    test_must_fail network_as tester cancel "${job}_0" &&
    test_must_fail network_as tester logs "${job}_0" &&
    test_must_fail submit -a 5-1 --wrap true 2>err && grep -q backwards err &&
    test_must_fail submit -a 0-3%0 --wrap true &&
    test_must_fail submit --deadline now+1minute -t 5 --wrap true 2>err && grep -q deadline err
'

test_expect_success 'the books have all that ran, and want nothing of the arrays themselves' '
    network_until "all is settled" network_no_jobs && tequio admin check
'

test_done
