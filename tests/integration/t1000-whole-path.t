#!/usr/bin/env bash
# From the submission of an MPI job to its verified report, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='A job is submitted, placed, run, charged, reported and verified'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

test -x "$net_bin/examples/heat" && test_set_prereq MPI

test_expect_success 'a network comes up' '
    basic_network &&
    network_node n1 cc "synthetic:package:2 numa:2 core:4 pu:2" &&
    network_node n2 cc "synthetic:package:1 numa:4 l3:2 core:2 pu:1" &&
    network_until "both nodes are idle" network_idle 2 &&
    test "$(tequio nodes -h -o "%R %D %T %c %C %N")" = "all 2 idle 16 0/32/0/32 n[1-2]"
'

test_expect_success 'a job runs, and its output and exit status are exact' '
    job=$(submit --output out-%j --wrap "echo hello from \$SLURM_JOB_ID; exit 7") &&
    test_expect_code 7 network_as tester wait "$job" &&
    echo "hello from $job" >expected &&
    test_cmp expected "$net_dir/work/out-$job" &&
    network_as tester logs "$job" >logs && test_cmp expected logs &&
    test "$(history_of "$job" State,ExitCode)" = "FAILED|7:0" &&
    network_as tester history -n -P -S "$(date -d "-2 minutes" +%H:%M:%S)" -o JobID,State >out &&
    grep -qx "$job|FAILED" out
'

test_expect_success 'a signal that ends a job is reported' '
    job=$(submit --output /dev/null --wrap "kill -SEGV \$\$") &&
    test_expect_code 139 network_as tester wait "$job" &&
    test "$(history_of "$job" State,ExitCode)" = "FAILED|0:11"
'

test_expect_success 'the environment that scripts read is there' '
    cat >"$net_dir/work/env.sh" <<-\END &&
	#!/bin/bash
	#SBATCH --job-name=names --nodes=2   # two nodes
	#SBATCH --ntasks-per-node=2 -c 2
	#SBATCH -t 1
	echo "$SLURM_JOB_NAME $SLURM_NNODES $SLURM_NTASKS $SLURM_CPUS_PER_TASK $SLURM_JOB_NODELIST"
	echo "$SLURM_TASKS_PER_NODE $SLURM_JOB_CPUS_PER_NODE $SLURM_NODEID $TEQUIO_JOB_ID $# $1"
	END
    job=$(submit --output env.out "$net_dir/work/env.sh" "an argument") &&
    network_as tester wait "$job" &&
    cat >expected <<-END &&
	names 2 4 2 n[1-2]
	2(x2) 4(x2) 0 $job 1 an argument
	END
    test_cmp expected "$net_dir/work/env.out"
'

test_expect_success MPI 'mpirun runs over both nodes, without ssh' '
    job=$(submit --nodes 2 --ntasks 4 --time 2 --output mpi.out --wrap \
        "mpirun $net_bin/examples/heat") &&
    network_as tester wait "$job" &&
    cat "$net_dir/work/mpi.out" &&
    grep -q n1 "$net_dir/work/mpi.out" && grep -q n2 "$net_dir/work/mpi.out"
'

test_expect_success 'tequio run streams a command on both nodes' '
    network_as tester run --nodes 2 --ntasks 2 sh -c "echo \$TEQUIO_NODENAME" >ran &&
    sort ran >sorted && printf "n1\nn2\n" >expected && test_cmp expected sorted
'

test_expect_success 'tequio run exits as the command did' '
    test_expect_code 3 network_as tester run sh -c "exit 3"
'

test_expect_success 'what a signal ended is told from what exited like it' '
    test_expect_code 137 network_as tester run --job-name killed sh -c "kill -9 \$\$" &&
    test_expect_code 137 network_as tester run --job-name exits sh -c "exit 137" &&
    test_expect_code 143 network_as tester run --job-name ended sh -c "kill \$\$" &&
    network_as tester history --noheader --parsable2 --format jobname,exitcode >ends &&
    grep -E "^(killed|exits|ended)[|]" ends | sort >actual &&
    printf "ended|0:15\nexits|137:0\nkilled|0:9\n" >expected && test_cmp expected actual
'

test_expect_success 'output of short and of long commands is complete, and in order' '
    seq 60000 >expected &&
    network_as tester run seq 60000 >ran && test_cmp expected ran &&
    for try in 1 2 3; do
        network_as tester run sh -c "echo out; echo err >&2; echo again" >ran 2>errors &&
        printf "out\nagain\n" >expected && test_cmp expected ran &&
        echo err >expected && test_cmp expected errors || return 1
    done
'

test_expect_success 'what is just starting has no output yet, and no fault' '
    for try in 1 2 3 4 5 6 7 8; do
        job=$(submit --output "early-%j" --wrap "echo done") &&
        network_as tester logs -f "$job" >logs && echo done >expected && test_cmp expected logs &&
        job=$(submit --output "early-%j" --wrap "echo done") &&
        { network_as tester logs "$job" >logs 2>err || ! grep output err; } &&
        network_as tester wait "$job" || return 1
    done
'

test_expect_success 'output of an ended job comes from its node, as its user' '
    job=$(submit --output "big-%j" --error "bad-%j" --wrap "seq 60000; echo oh >&2") &&
    network_as tester wait "$job" &&
    seq 60000 >expected &&
    network_as tester logs "$job" >logs && test_cmp expected logs &&
    network_as tester logs -f "$job" >logs && test_cmp expected logs &&
    echo oh >expected &&
    network_as tester logs -e "$job" >logs && test_cmp expected logs &&
    rm "$net_dir/work/big-$job" && ln -s "bad-$job" "$net_dir/work/big-$job" &&
    test_must_fail network_as tester logs "$job" 2>err && grep -q "now is a link" err &&
    rm "$net_dir/work/big-$job" &&
    test_must_fail network_as tester logs "$job" 2>err && grep -q "big-$job.*No such file" err &&
    printed=$job
'

test_expect_success 'the time limit ends a job' '
    job=$(submit --time 2s --output /dev/null --wrap "sleep 100") &&
    test_expect_code 143 network_as tester wait "$job" &&
    test "$(history_of "$job" State)" = TIMEOUT
'

test_expect_success 'a cancelled job leaves nothing behind' '
    job=$(submit --output cancel.out --wrap "sleep 1234.$$ & setsid sleep 1235.$$ & echo up; wait") &&
    network_until "it runs" grep -q up "$net_dir/work/cancel.out" &&
    network_as tester cancel "$job" &&
    test_expect_code 143 network_as tester wait "$job" &&
    history_of "$job" State | grep "^CANCELLED" &&
    ! pgrep -f "sleep 123[45][.]$$\$"
'

test_expect_success 'a held job waits, says so, and starts when released' '
    job=$(submit --hold --output /dev/null --wrap true) &&
    network_as tester queue --noheader --jobs "$job" --format Reason >reason &&
    grep -q JobHeldUser reason &&
    network_as tester why "$job" >why && grep -q release why &&
    network_as tester release "$job" &&
    network_as tester wait "$job"
'

test_expect_success 'who waits for a held job is told what lets it go on' '
    job=$(submit --hold --output /dev/null --wrap true) &&
    { network_as tester wait "$job" 2>told & } &&
    network_until "it is told" grep -q "^tequio: job $job is held (JobHeldUser): tequio release" told &&
    network_as tester release "$job" && wait $! && test "$(wc -l <told)" = 1
'

test_expect_success 'a drained node gets no work' '
    tequio drain n1 --reason "testing drain" &&
    job=$(submit --nodes 2 --output /dev/null --wrap true) &&
    network_as tester why "$job" >why && cat why &&
    network_as tester queue --noheader --jobs "$job" --format State,Reason >state &&
    grep PENDING state && grep -q ReqNodeNotAvail state &&
    tequio resume n1 &&
    network_as tester wait "$job"
'

test_expect_success 'a job that no node could ever run is refused, with what is possible' '
    test_must_fail submit --nodes 3 --wrap true 2>refusal &&
    grep -q "3 nodes, but partition all of cc has 2" refusal &&
    test_must_fail submit --ntasks 1 --cpus-per-task 500 --wrap true 2>refusal &&
    grep -q "500 cores per task, but nodes of partition all of cc have at most 16" refusal
'

test_expect_success 'somebody else may not end a job' '
    tequio admin user add other --project science &&
    network_person other &&
    job=$(submit --output /dev/null --wrap "sleep 60") &&
    test_expect_code 3 network_as other cancel "$job" 2>refusal && grep -q "belongs to" refusal &&
    network_as tester cancel "$job"
'

test_expect_success 'the budget limits what can start' '
    tequio admin institution add poor --title "Without a grant" &&
    tequio admin project add nothing --institution poor &&
    tequio admin user add tester --project nothing &&
    job=$(submit --account nothing --output /dev/null --wrap true) &&
    network_as tester queue --noheader --jobs "$job" --format Reason >reason && cat reason &&
    grep -q Billing reason &&
    tequio admin grant add --institution poor --amount 10 &&
    network_as tester wait "$job"
'

test_expect_success 'output can be read long after, if the node is there' '
    echo oh >expected &&
    network_as tester logs -e "$printed" >logs && test_cmp expected logs &&
    test_must_fail network_as other logs "$printed" 2>err && grep -q owner err
'

test_expect_success 'the report is signed, and true' '
    network_until "all is settled" network_no_jobs &&
    tequio report uni --quiet --directory . >folder &&
    tequio verify --key "$net_dir/state/accounting/signing.key.pub" "$(cat folder)" >verified &&
    cat verified && grep -q "^verified: uni" verified
'

test_expect_success 'a changed report is not' '
    sed -i "s/,science,/,Science,/" "$(cat folder)/R04.csv" &&
    test_expect_code 11 tequio verify --key "$net_dir/state/accounting/signing.key.pub" "$(cat folder)"
'

test_expect_success 'the books and the database are in order' '
    tequio admin check && tequio quota && tequio usage &&
    tequio admin backup "$net_dir/state/backup.db"
'

test_expect_success 'a revoked key is refused at its next message' '
    key=$(tequio key list -h -o key -u other | tr -d " ") &&
    test -n "$key" &&
    tequio key revoke "$key" --reason "testing" &&
    test_must_fail network_as other queue
'

node_is_missed() {
    network_as tester logs -e "$printed" 2>&1 | grep -q "does not answer"
}

test_expect_success 'a node that is gone is named when its output is asked for' '
    node=$(history_of "$printed" NodeList) &&
    network_end "$node" &&
    network_until "it is missed" node_is_missed &&
    echo oh >expected &&
    network_as tester logs -e "$printed" >logs 2>err && test_cmp expected logs &&
    grep -q "node $node does not answer" err &&
    rm "$net_dir/work/bad-$printed" &&
    test_must_fail network_as tester logs -e "$printed" 2>err && cat err &&
    grep -q "node $node, which has the output of job $printed, does not answer" err
'

test_done
