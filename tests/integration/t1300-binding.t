#!/usr/bin/env bash
# What is shown of a binding is what each task gets, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Tasks are bound as it is shown before'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

test -x "$net_bin/examples/heat" && command -v mpirun >/dev/null && test_set_prereq MPI
[ "$(nproc)" -ge 2 ] && test_set_prereq CORES

# "RANK CPUS" of each task that prints it as a line of its own.
cat >"$net_dir/where" <<'END'
#!/bin/sh
cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
echo "${OMPI_COMM_WORLD_RANK:-$TEQUIO_PROCID} $cpus"
END
chmod 0755 "$net_dir/where"

test_expect_success 'a network of the machine itself and of a described one' '
    basic_network &&
    counters=$net_dir/work/powercap && mkdir -p "$counters/intel-rapl:0" && echo package-0 >"$counters/intel-rapl:0/name" &&
    echo 262143328850 >"$counters/intel-rapl:0/max_energy_range_uj" && echo 0 >"$counters/intel-rapl:0/energy_uj" && chmod 0666 "$counters/intel-rapl:0/energy_uj" &&
    network_node own cc machine "" "powercap = $counters" &&
    network_node told cc "synthetic:package:2 numa:2 l3:1 core:4 pu:2" &&
    network_until "both nodes are idle" network_idle 2
'

test_expect_success CORES 'tasks of a step are where it was shown' '
    network_as tester submit -w own -n 2 --show-binding --wrap true >shown 2>err &&
    tail -n +2 shown | awk "{ print \$1, \$4 }" >expected &&
    test "$(wc -l <expected)" = 2 &&
    network_as tester run -Q -w own -n 2 "$net_dir/where" | sort >seen &&
    test_cmp expected seen
'

test_expect_success 'every kind of binding is shown as it is' '
    for options in --hint=nomultithread --cpu-bind=none --cpu-bind=threads --cpu-bind=sockets \
        --distribution=block:cyclic --cpu-bind=rank; do
        network_as tester submit -w own -n 1 "$options" --show-binding --wrap true >shown 2>err &&
        tail -n +2 shown | awk "{ print \$1, \$4 }" >expected &&
        network_as tester run -Q -w own -n 1 "$options" "$net_dir/where" >seen &&
        test_cmp expected seen || return 1
    done
'

test_expect_success CORES,MPI 'ranks of mpirun are where the job shows them' '
    cat >"$net_dir/work/mpi.sh" <<-END &&
	#!/bin/sh
	mpirun $net_dir/where | sort >$net_dir/work/seen
	mpirun -np 1 $net_dir/where >$net_dir/work/alone
	until [ -e $net_dir/work/looked ]; do :; done
	END
    job=$(submit -w own -n 2 "$net_dir/work/mpi.sh") &&
    network_until "mpirun has ended" test -s "$net_dir/work/alone" &&
    network_as tester show --binding "$job" >shown 2>err &&
    : >"$net_dir/work/looked" &&
    network_as tester wait "$job" &&
    tail -n +2 shown | awk "{ print \$1, \$4 }" >expected &&
    test_cmp expected "$net_dir/work/seen" &&
    awk "{ print \$2 }" "$net_dir/work/alone" >all &&
    test "$(cat all)" != "$(awk "NR == 1 { print \$2 }" expected)"
'

test_expect_success 'each task tells its binding when it is asked to' '
    network_as tester run -Q -w told -n 2 --cpu-bind=verbose,cores true 2>err &&
    grep -q "^tequio: task 0 on .*: cpus " err && grep -q "^tequio: task 1 on " err
'

test_expect_success 'a described machine is shown by its own numbers' '
    network_as tester submit -w told -n 4 -c 2 --show-binding --wrap true >shown 2>err &&
    cat >expected <<-\END &&
	0 told 0-1 0-3 0 0
	1 told 2-3 4-7 0 0
	2 told 4-5 8-11 0 1
	3 told 6-7 12-15 0 1
	END
    tail -n +2 shown | awk "{ \$1 = \$1; print }" >seen && test_cmp expected seen &&
    grep -q "numbers are those of a description" err &&
    network_as tester submit -w told --exclusive -n 2 -m block:cyclic --show-binding --wrap true >shown 2>err &&
    test "$(awk "NR > 1 { print \$3, \$5 }" shown | tr "\n" ,)" = "0 0,8 1,"
'

test_expect_success 'ranks go over the nodes as it is wished' '
    cat >"$net_dir/work/over.sh" <<-END &&
	#!/bin/sh
	#SBATCH -N 2 -n 2
	$net_bin/tequio run -Q -n 4 -m plane=1 --ntasks-per-core=4 \\
	    sh -c "echo \\\$TEQUIO_PROCID \\\$TEQUIO_NODENAME"
	END
    job=$(submit --output over.out "$net_dir/work/over.sh") &&
    network_as tester wait "$job" &&
    cat "$net_dir/work/over.out" &&
    sort "$net_dir/work/over.out" | cut -d " " -f 2 | tr "\n" " " >seen &&
    test "$(cat seen)" = "own told own told "
'

test_expect_success 'what cannot be bound is refused with what there is' '
    test_must_fail network_as tester submit -w told -n 1 --cpu-bind=map_cpu:99 --show-binding \
        --wrap true 2>err &&
    grep -q "cpu 99 is not one of the job.s on this node, which are 0-1" err &&
    test_must_fail network_as tester run --cpu-bind=boards true 2>err &&
    grep -q "is none of none, cores, threads" err
'

test_expect_success 'what a job used of what it had is told' '
    job=$(submit -w told -n 1 --output /dev/null --wrap "exit 0") &&
    network_as tester wait "$job" &&
    network_as tester show --efficiency "$job" >used &&
    grep -Eq "TIME_USED  0% \[[.]*\]" used && ! grep -qi "directory" used
'

test_expect_success 'what it used over its time is told and drawn' '
    cat >"$net_dir/work/busy.sh" <<-END &&
	#!/bin/sh
	dd if=/dev/zero of=$net_dir/work/written bs=1M count=8 conv=fsync 2>/dev/null
	timeout 1.2 sh -c "while :; do :; done"
	exit 0
	END
    job=$(submit -w own -n 1 --output /dev/null "$net_dir/work/busy.sh") &&
    network_as tester show --efficiency "$job" >before && ! grep -q CURVE before &&
    network_as tester wait "$job" &&
    LC_ALL=C.UTF-8 network_as tester show --efficiency "$job" >used && cat used &&
    grep -Eq "CPU_CURVE +(▁|▂|▃|▄|▅|▆|▇|█){4,64} at most [01][.0-9]* of 1 cores" used &&
    LC_ALL=C network_as tester show --efficiency "$job" >plain &&
    grep -Eq "CPU_CURVE +[-_.:=+*#]{4,64} at most [01][.0-9]* of 1 cores" plain &&
    grep -Eq "WRITTEN_CURVE .*at most ([89]|1[0-2])[.0-9]*M in 0.25 s" used &&
    network_as tester show --efficiency --json "$job" >used.json &&
    grep -q "\"samples\": *\"[0-9]* 250000 [0-9]*;" used.json &&
    network_as tester show --efficiency --svg used.svg "$job" && grep -q "^<svg" used.svg &&
    test_must_fail network_as tester show --svg used.svg "$job" 2>err && grep -q "for --efficiency" err
'

# The counters of a machine that has some are the kernel's; here the job turns them.
test_expect_success 'its share of the energy that the node used is told and drawn' '
    cat >"$net_dir/work/turns.sh" <<-END &&
	#!/bin/sh
	timeout 0.8 sh -c "while :; do :; done"
	echo 20000000 >$counters/intel-rapl:0/energy_uj
	timeout 0.5 sh -c "while :; do :; done"
	exit 0
	END
    job=$(submit -w own -n 1 --output /dev/null "$net_dir/work/turns.sh") && network_as tester wait "$job" &&
    network_as tester show "$job" >shown && joules=$(sed -n "s/^ *ENERGY  *\([0-9.]*\) J\$/\1/p" shown) && awk "BEGIN { exit !($joules > 0.2 && $joules <= 20) }" &&
    network_as tester show --efficiency "$job" >used && cat used && grep -Eq "POWER_CURVE .* at most [0-9]+ W" used &&
    network_as tester show --efficiency --svg power.svg "$job" && grep -q ">Power: " power.svg && ! grep -q ">Power: " used.svg
'

test_expect_success 'a node is drawn' '
    network_as tester nodes --topology told >drawn &&
    cat >expected <<-\END &&
	machine
	├─ package 0
	END
    head -n 2 drawn >seen && test_cmp expected seen &&
    test "$(grep -c "NUMA node" drawn)" = 4 && grep -q "cores 12-15, cpus 24-31" drawn &&
    network_as tester nodes --topology told --svg >drawn.svg && head -c 4 drawn.svg | grep -q "<svg" &&
    test_must_fail network_as tester nodes --topology 2>err && grep -q "name a node" err
'

test_done
