# tests/integration/local.mk - real programs and sockets, in sharness
#
#   test_scripts += %D%/t0000-thing.t   (executable; sources "$SHARNESS"; programs in $TEQUIO_BUILD)

test_scripts += %D%/t0100-cli.t %D%/t0200-client.t %D%/t0300-bad-input.t %D%/t0900-siege.t \
	%D%/t1000-whole-path.t %D%/t1100-disk-full.t %D%/t1200-books.t %D%/t1250-reports.t %D%/t1260-notices.t %D%/t1300-binding.t %D%/t1330-ends.t %D%/t1400-rsh.t \
	%D%/t1500-pmix.t %D%/t1600-arrays.t %D%/t1650-gear.t %D%/t1660-choice.t %D%/t1670-requests.t %D%/t1700-why.t %D%/t1750-health.t
test_scripts += %D%/t1760-prolog.t %D%/t1770-devices.t
test_scripts += %D%/t1310-binding-nodes.t %D%/t1510-pmix-nodes.t %D%/t1520-mpi-hosts.t
test_scripts += %D%/t1610-het.t %D%/t1620-suspend.t %D%/t1640-owners.t
test_scripts += %D%/t1800-attach.t %D%/t1810-container.t %D%/t1820-vm.t %D%/t1830-stage.t %D%/t1840-stage-secure.t
test_scripts += %D%/t1850-metrics.t %D%/t1900-restore.t %D%/t1910-restore-running.t %D%/t1920-postgres.t %D%/t1930-migrate.t %D%/t1950-libvirt.t
EXTRA_DIST += %D%/lib-network.sh %D%/lib-postgres.sh %D%/on-terminal %D%/stage-server %D%/topologies/offline-cores.xml \
	%D%/topologies/smt-4.xml %D%/topologies/two-packages.xml

# The demonstration from this tree: too long for each `make check`.
EXTRA_DIST += %D%/demo
check-demo: all
	TEQUIO_BUILD='$(abs_top_builddir)' $(srcdir)/%D%/demo
.PHONY: check-demo

# sharness counts in there.
mostlyclean-local:
	rm -rf test-results
