# tests/openstack/local.mk - the scheduler against a real OpenStack; `make check-openstack`, by name only

openstack_tests = %D%/nova.t %D%/kills.t %D%/faults.t %D%/many.t
EXTRA_DIST += $(openstack_tests) %D%/README.md %D%/cloud %D%/lib-cloud.sh %D%/site %D%/site_fill.py \
	%D%/site_network.py %D%/site_nova.py

# One site, made once, serves them all, one after another.
check-openstack: all
	@folder=$$(mktemp -d); status=0; for test in $(openstack_tests); do \
	    TEQUIO_BUILD='$(abs_top_builddir)' TEQUIO_SOURCE='$(abs_top_srcdir)' SHARNESS='$(SHARNESS)' \
	    TEQUIO_OPENSTACK_SITE=$${TEQUIO_OPENSTACK_SITE:-$$folder/site} $(srcdir)/$$test || status=1; \
	done; rm -rf "$$folder"; exit $$status
.PHONY: check-openstack
