#!/usr/bin/env bash
# Nodes of a real Slurm cluster, lent to the network
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='A Slurm cluster lends two of its nodes: what runs there, what it says, what it costs'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

site_dir=$net_dir/site
mkdir "$site_dir"
. "$TEQUIO_SOURCE/tests/slurm/site"
why=$(site_missing)
if [ -n "$why" ]; then
    skip_all=$why
    sharness_test_done
fi
net_sbin=$net_bin
cp "$test_build/agent/tequio-gateway" "$test_build/agent/tequio-slurm-job" "$net_bin/"

eval "network_$(declare -f network_over)"
network_over() {
    scancel --user "$net_daemon_user" 2>/dev/null
    site_stop
    network_network_over
}

gateway_start() {
    network_start gateway network_exec_daemon "$net_sbin/tequio-gateway" --config "$net_dir/etc/gateway.conf"
}

gateway_kill() {
    local pid
    pid=$(cat "$net_dir/pids/gateway")
    kill -KILL "$pid" && network_until "the gateway is gone" network_gone "$pid"
}

# At once, as a crash would: everything else goes on meanwhile.
gateway_again() {
    gateway_kill && gateway_start
}

state_is() { # NODE STATE
    [ "$(tequio nodes -h -o state "$1")" = "$2" ]
}

job_is() { # JOB STATE
    [ "$(network_as tester queue -h -j "$1" -o state)" = "$2" ]
}

ended() { # JOB STATE
    [[ "$(history_of "$1" state)" == "$2"* ]] # "CANCELLED by tester"
}

# Of all Slurm jobs of that job: there must be one only.
slurm_of() { # JOB FORMAT
    squeue -h -t all -o "%k|$2" | sed -n "s/^tequio job $1 of tester for science|//p"
}

count_of() { # JOB
    slurm_of "$1" %i | wc -l
}

slurm_is() { # JOB STATE
    [ "$(slurm_of "$1" %T)" = "$2" ]
}

# What Slurm says of its time, and what is charged: within a second.
agrees() { # JOB
    local id start end ours
    id=$(slurm_of "$1" %i)
    start=$(SLURM_TIME_FORMAT=%s scontrol -o show job "$id" | sed -n 's/.* StartTime=\([0-9]*\).*/\1/p')
    end=$(SLURM_TIME_FORMAT=%s scontrol -o show job "$id" | sed -n 's/.* EndTime=\([0-9]*\).*/\1/p')
    ours=$(history_of "$1" elapsedraw)
    echo "# job $1: Slurm $((end - start)) s, charged $ours s"
    [ $((end - start - ours)) -ge -1 ] && [ $((end - start - ours)) -le 1 ]
}

output_of() { # FILE
    cat "$net_dir/shared/work/tester$net_dir/work/$1"
}

site_network() {
    network_scheduler <<'END'
heartbeat = "1s"
node-suspect-after = "4s"
node-silent-after = "8s"
kill-wait = "2s"
cluster "alfa" {
    institution = "uni"
    partition "all" { default = true limit = "1h" default-limit = "10m" }
}
END
    network_accounting
    tequio admin institution add uni && tequio admin project add science --institution uni &&
        tequio admin user add tester --project science &&
        tequio admin grant add --institution uni --amount 1000 && network_person tester
}

gateway_make() {
    install -d -o "$net_daemon_user" -m 0700 "$net_dir/state/gateway" "$net_dir/shared"
    network_write "$net_dir/etc/gateway.conf" <<END
scheduler = "$net_agents"
scheduler-key = '$net_key'
state-directory = "$net_dir/state/gateway"
shared-directory = "$net_dir/shared"
libexec = "$net_libexec"
slurm-conf = "$SLURM_CONF"
partition = "lent"
prefix = "alfa-"
longest = "30m"
wait = "8s"
look = "1s"
END
}

gateway_enrol() {
    local node
    for node in alfa-a1 alfa-a2; do
        echo "$node $(tequio key token node $node --cluster alfa 2>/dev/null)"
    done >"$net_dir/tokens"
    chown "$net_daemon_user" "$net_dir/tokens" && chmod 0600 "$net_dir/tokens" &&
        network_as_daemon "$net_sbin/tequio-gateway" --config "$net_dir/etc/gateway.conf" --enrol "$net_dir/tokens"
}

test_expect_success 'a site lends nodes, which join' '
    site_start && site_network && gateway_make &&
    network_as_daemon "$net_sbin/tequio-gateway" --config "$net_dir/etc/gateway.conf" --check >nodes && cat nodes &&
    grep -x "alfa-a1 cores=4 memory=2000M" nodes && test "$(wc -l <nodes)" = 2 &&
    gateway_enrol && gateway_start && network_until "they are idle" network_idle 2
'

test_expect_success 'a job runs there, with its output under its own name, and Slurm agrees on its time' '
    job=$(submit --output "out-%j.txt" --cpus-per-task 2 --time 5 --wrap \
        "echo on \$SLURMD_NODENAME as \$TEQUIO_JOB_ID cpus \$SLURM_CPUS_ON_NODE; sleep 2") &&
    network_until "it has ended" ended "$job" COMPLETED && output_of "out-$job.txt" &&
    output_of "out-$job.txt" | grep -qE "^on a[12] as $job cpus 2$" &&
    network_as tester logs "$job" | grep -qE "^on a[12] as $job" &&
    test "$(history_of "$job" exitcode)" = 0:0 && agrees "$job" && test "$(count_of "$job")" = 1
'

test_expect_success 'exit codes and signals are those of the script' '
    first=$(submit --time 5 --wrap "exit 7") && second=$(submit --time 5 --wrap "kill -9 \$\$") &&
    network_until "the first has ended" ended "$first" FAILED &&
    network_until "the second has ended" ended "$second" FAILED &&
    test "$(history_of "$first" exitcode)" = 7:0 && test "$(history_of "$second" exitcode)" = 0:9
'

test_expect_success 'srun starts tasks on both nodes of a job' '
    job=$(submit --nodes 2 --ntasks-per-node 2 --time 5 --output two.txt --wrap \
        "srun sh -c \"echo rank \\\$SLURM_PROCID on \\\$SLURMD_NODENAME\"") &&
    network_until "it has ended" ended "$job" COMPLETED && output_of two.txt &&
    test "$(output_of two.txt | grep -c "^rank . on a1")" = 2 &&
    test "$(output_of two.txt | grep -c "^rank . on a2")" = 2 && test "$(count_of "$job")" = 1
'

command -v mpirun >/dev/null && test_set_prereq MPI
test_expect_success MPI 'and so does mpirun' '
    job=$(submit --nodes 2 --ntasks-per-node 1 --time 5 --output mpi.txt --wrap \
        "mpirun sh -c \"echo rank \\\$OMPI_COMM_WORLD_RANK on \\\$SLURMD_NODENAME\"") &&
    network_until "it has ended" ended "$job" COMPLETED &&
    test "$(output_of mpi.txt | sort | tr "\n" ";")" = "rank 0 on a1;rank 1 on a2;"
'

test_expect_success 'an array' '
    job=$(submit --array 1-3 --time 5 --output "a_%a.txt" --wrap "echo element \$TEQUIO_ARRAY_TASK_ID") &&
    for i in 1 2 3; do
        network_until "element $i has ended" ended "${job}_$i" COMPLETED &&
        test "$(output_of "a_$i.txt")" = "element $i" || return 1
    done
'

test_expect_success 'a job that is cancelled ends in Slurm too' '
    job=$(submit --time 5 --wrap "sleep 100") && network_until "it runs" job_is "$job" RUNNING &&
    network_as tester cancel "$job" && network_until "it has ended" ended "$job" CANCELLED &&
    slurm_is "$job" CANCELLED
'

test_expect_success 'the time limit holds to the second' '
    job=$(submit --time 0:02 --output limit.txt --wrap "echo begun; sleep 100") &&
    network_until "it has ended" ended "$job" TIMEOUT && output_of limit.txt | grep -q begun &&
    test "$(history_of "$job" elapsedraw)" -le 5
'

test_expect_success 'a signal for the script alone reaches it once' '
    job=$(submit --time 5 --output sig.txt --wrap \
        "trap \"echo usr1\" USR1; echo ready; while ! [ -e $net_dir/work/go ]; do sleep 0.1; done") &&
    network_until "it runs" job_is "$job" RUNNING &&
    network_until "it is ready" grep -q ready "$net_dir/shared/work/tester$net_dir/work/sig.txt" &&
    network_as tester cancel --signal USR1 --batch "$job" &&
    network_until "it came" grep -q usr1 "$net_dir/shared/work/tester$net_dir/work/sig.txt" &&
    : >"$net_dir/work/go" && network_until "it has ended" ended "$job" COMPLETED &&
    test "$(output_of sig.txt | grep -c usr1)" = 1
'

test_expect_success 'the gateway killed while its job runs: it runs once, and is charged for its time' '
    job=$(submit --time 5 --output killed.txt --wrap "echo once; sleep 3") &&
    network_until "it runs" slurm_is "$job" RUNNING && gateway_again &&
    network_until "it has ended" ended "$job" COMPLETED &&
    test "$(output_of killed.txt)" = once && test "$(count_of "$job")" = 1 && agrees "$job"
'

test_expect_success 'what ran while no gateway was there is charged for its time as well' '
    job=$(submit --time 5 --wrap "sleep 4") && network_until "it runs" slurm_is "$job" RUNNING &&
    gateway_kill && network_until "Slurm is done with it" slurm_is "$job" COMPLETED && gateway_start &&
    network_until "it has ended" ended "$job" COMPLETED && agrees "$job"
'

# Killed a little later each time: before, while and after sbatch is called.
test_expect_success 'killed at any time, the gateway submits nothing twice and loses nothing' '
    jobs= && for i in 0 1 2 3 4 5 6 7; do
        job=$(submit --time 5 --output "crash-%j.txt" --wrap "echo once") && jobs="$jobs $job" &&
        { read -r -t "0.$((i * 7))" <> <(:) || true; } && gateway_again || return 1
    done &&
    for job in $jobs; do
        network_until "job $job has ended" ended "$job" COMPLETED &&
        test "$(output_of "crash-$job.txt")" = once && test "$(count_of "$job")" = 1 || return 1
    done
'

test_expect_success 'the site uses a node itself: it gets no lent work, and is free again after' '
    own=$(sbatch --parsable -p own -w a1 -n 1 -o /dev/null --wrap "sleep 100") &&
    network_until "it is occupied" state_is alfa-a1 occupied &&
    tequio nodes -h -o reason alfa-a1 | grep "own work" &&
    job=$(submit --time 5 --output free.txt --wrap "echo on \$SLURMD_NODENAME") &&
    network_until "it has ended" ended "$job" COMPLETED && test "$(output_of free.txt)" = "on a2" &&
    scancel "$own" && network_until "it is free" state_is alfa-a1 idle
'

twice() { # JOB
    [ "$(count_of "$1")" -ge 2 ]
}

test_expect_success 'what waits too long in the queue of the site is given back, and tried again' '
    scontrol update partitionname=lent state=down &&
    job=$(submit --time 5 --output back.txt --wrap "echo ran") &&
    network_until "Slurm has it" slurm_is "$job" PENDING && job_is "$job" CONFIGURING &&
    network_until "it was given back" twice "$job" &&
    grep "job=$job .*gave it back: has waited in the site" "$net_dir/logs/scheduler" &&
    scontrol update partitionname=lent state=up &&
    network_until "it has ended" ended "$job" COMPLETED && test "$(output_of back.txt)" = ran &&
    test "$(slurm_of "$job" %T | sort -u | tr "\n" " ")" = "CANCELLED COMPLETED " &&
    test "$(slurm_of "$job" %T | grep -c COMPLETED)" = 1 && test "$(history_of "$job" elapsedraw)" -le 2
'

test_expect_success 'Slurm away for a while: nothing is given up, and its nodes get no new work' '
    job=$(submit --time 5 --wrap "sleep 3") && network_until "it runs" slurm_is "$job" RUNNING &&
    site_kill slurmctld && network_until "that is seen" state_is alfa-a2 occupied &&
    late=$(submit --time 5 --wrap true) && site_control &&
    network_until "it has ended" ended "$job" COMPLETED &&
    network_until "so has the other" ended "$late" COMPLETED &&
    test "$(count_of "$job")" = 1 && test "$(count_of "$late")" = 1
'

test_expect_success 'a node that fails takes its job to another' '
    job=$(submit --time 5 --requeue --output fail.txt --wrap "echo on \$SLURMD_NODENAME; sleep 4") &&
    network_until "it runs" job_is "$job" RUNNING &&
    network_until "its output is there" test -s "$net_dir/shared/work/tester$net_dir/work/fail.txt" &&
    node=$(output_of fail.txt | sed "s/on //") && site_kill "slurmd-$node" KILL &&
    scontrol update nodename="$node" state=down reason=burnt &&
    network_until "it is out of use" state_is "alfa-$node" occupied &&
    network_until "it has ended elsewhere" ended "$job" COMPLETED &&
    test_must_fail grep -q "$node" "$net_dir/shared/work/tester$net_dir/work/fail.txt" &&
    site_node "$node" && scontrol update nodename="$node" state=resume &&
    network_until "it is back" state_is "alfa-$node" idle
'

test_expect_success 'what the site does not lend for so long is refused, and its user is told' '
    job=$(submit --time 40 --wrap true) && network_until "it is refused" network_as tester why "$job" &&
    network_until "its user is told" grep -q "lends its nodes for 00:30:00 at most" "$net_dir/logs/gateway" &&
    network_as tester cancel "$job"
'

test_expect_success 'nothing of ended jobs is left in the shared folder' '
    network_until "it is empty" sh -c "[ -z \"\$(ls $net_dir/shared/jobs)\" ]"
'

test_done
