#!/usr/bin/env bash
# On several nodes, too, each rank is where it was shown, however it was started
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Ranks of mpirun and of tequio run on two nodes are bound as it is shown'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

test -x "$net_bin/tequio-pmix" && test -x "$net_bin/examples/ends" && command -v mpirun >/dev/null &&
    [ "$(nproc)" -ge 2 ] && test_set_prereq MPI
command -v hwloc-bind >/dev/null && command -v hwloc-calc >/dev/null && test_set_prereq HWLOC

# "RANK NODE CPUS" as the kernel tells it, and as hwloc does.
cat >"$net_dir/where" <<'END'
#!/bin/sh
cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
echo "kernel ${OMPI_COMM_WORLD_RANK:-$TEQUIO_PROCID} $TEQUIO_NODENAME $cpus"
if command -v hwloc-bind >/dev/null; then
    cpus=$(hwloc-calc --physical-output --intersect pu "$(hwloc-bind --get)")
    echo "hwloc ${OMPI_COMM_WORLD_RANK:-$TEQUIO_PROCID} $TEQUIO_NODENAME $cpus"
fi
END
chmod 0755 "$net_dir/where"

# The machine itself, twice: each node uses all of its cores, and is a host of its own to MPI.
test_expect_success 'a network of two real nodes' '
    basic_network &&
    network_node n1 cc machine "host-name = \"node\"" && network_node n2 cc machine "host-name = \"node\"" &&
    network_until "both nodes are idle" network_idle 2
'

seen_of() { # SOURCE FILE
    sed -n "s/^$1 //p" "$2" | sort
}

for options in "" "--hint=nomultithread" "-m cyclic" "--cpu-bind=rank"; do
    test_expect_success MPI "each rank of tequio run is where it was shown: ${options:-as it is}" '
        network_as tester submit -N 2 --ntasks-per-node 2 $options --show-binding --wrap true >shown 2>err &&
        tail -n +2 shown | awk "{ print \$1, \$2, \$4 }" | sort >expected &&
        test "$(wc -l <expected)" = 4 &&
        for mpi in pmix none; do
            network_as tester run -Q --mpi=$mpi -N 2 --ntasks-per-node 2 $options "$net_dir/where" >out &&
            seen_of kernel out >seen && test_cmp expected seen || return 1
            if test_have_prereq HWLOC; then
                seen_of hwloc out >seen && sed "s/-/,/" expected >listed && test_cmp listed seen || return 1
            fi
        done
    '
    test_expect_success MPI "so is each rank of mpirun: ${options:-as it is}" '
        cat >"$net_dir/work/job" <<-END &&
	#!/bin/sh
	exec mpirun $net_dir/where
	END
        chmod 0755 "$net_dir/work/job" && rm -f "$net_dir/work/out" &&
        job=$(submit -N 2 --ntasks-per-node 2 $options --output out "$net_dir/work/job") &&
        network_as tester wait "$job" &&
        seen_of kernel "$net_dir/work/out" >seen && test_cmp expected seen &&
        if test_have_prereq HWLOC; then
            seen_of hwloc "$net_dir/work/out" >seen && sed "s/-/,/" expected >listed && test_cmp listed seen
        fi
    '
done

# "RANK NODE CORE" for each "[n1:4711] MCW rank 1 bound to socket 0[core 1[hwt 0]], socket 0[core 2[hwt 0]]: …"
cat >reported.awk <<'END'
/^\[.*\] MCW rank [0-9]+ bound to / {
    node = substr($1, 2, index($1, ":") - 2)
    rank = $4
    for (rest = $0; match(rest, /core [0-9]+/); rest = substr(rest, RSTART + RLENGTH))
        print rank, node, substr(rest, RSTART + 5, RLENGTH - 5)
}
END

test_expect_success MPI 'Open MPI itself reports what was shown' '
    cat >shown.awk <<-\END &&
	{ n = split($3, a, /[-,]/); for (i = a[1]; i <= a[n]; i++) print $1, $2, i }
	END
    network_as tester submit -N 2 --ntasks-per-node 2 --hint=nomultithread --show-binding --wrap true >shown 2>err &&
    tail -n +2 shown | awk -f shown.awk | sort >expected && test "$(wc -l <expected)" -ge 4 &&
    cat >"$net_dir/work/job" <<-END &&
	#!/bin/sh
	export OMPI_MCA_pml=ob1 OMPI_MCA_btl=tcp,vader,self OMPI_MCA_mpi_yield_when_idle=1
	exec mpirun --report-bindings $net_bin/examples/ends well
	END
    chmod 0755 "$net_dir/work/job" && rm -f "$net_dir/work/out" &&
    job=$(submit -N 2 --ntasks-per-node 2 --hint=nomultithread --output out "$net_dir/work/job") &&
    network_as tester wait "$job" &&
    awk -f reported.awk "$net_dir/work/out" | sort >seen && test_cmp expected seen
'

test_expect_success MPI 'an MPI program finds itself on the same cores' '
    cat >"$net_dir/expected.awk" <<-\END &&
	{ n = split($4, a, /[-,]/); for (i = a[1]; i <= a[n]; i++) print $1, i }
	END
    network_as tester submit -N 2 --ntasks-per-node 2 --hint=nomultithread --show-binding --wrap true >shown 2>err &&
    tail -n +2 shown | awk -f "$net_dir/expected.awk" | sort >expected &&
    OMPI_MCA_pml=ob1 OMPI_MCA_btl=tcp,vader,self OMPI_MCA_mpi_yield_when_idle=1 \
        network_as tester run -Q --mpi=pmix -N 2 --ntasks-per-node 2 --hint=nomultithread "$net_bin/examples/ends" well >out &&
    awk "{ for (i = 7; i <= NF; i++) print \$1, \$i }" out | sort >seen && test_cmp expected seen
'

test_expect_success MPI 'threads have as many cores as their rank' '
    cat >"$net_dir/threads" <<-\END &&
	#!/bin/sh
	echo "${OMPI_COMM_WORLD_RANK:-$TEQUIO_PROCID} $OMP_NUM_THREADS $OMP_PLACES $OMP_PROC_BIND"
	END
    chmod 0755 "$net_dir/threads" &&
    printf "%s 2 cores close\n" 0 1 >expected &&
    for mpi in pmix none; do
        network_as tester run -Q --mpi=$mpi -N 2 -n 2 -c 2 "$net_dir/threads" | sort >seen &&
        test_cmp expected seen || return 1
    done &&
    printf "#!/bin/sh\nexec mpirun %s\n" "$net_dir/threads" >"$net_dir/work/job" && rm -f "$net_dir/work/out" &&
    job=$(submit -N 2 -n 2 -c 2 --output out "$net_dir/work/job") &&
    network_as tester wait "$job" && sort "$net_dir/work/out" >seen && test_cmp expected seen &&
    OMP_NUM_THREADS=1 network_as tester run -Q --mpi=pmix -N 2 -n 2 -c 2 "$net_dir/threads" | sort >seen &&
    printf "%s 1 cores close\n" 0 1 >expected && test_cmp expected seen
'

test_done
