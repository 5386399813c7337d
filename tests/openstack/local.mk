# tests/openstack/local.mk - the scheduler against a real OpenStack; `make check-openstack`, by name only

EXTRA_DIST += %D%/README.md %D%/cloud %D%/nova.t %D%/site %D%/site_fill.py %D%/site_network.py \
	%D%/site_nova.py

check-openstack: all
	TEQUIO_BUILD='$(abs_top_builddir)' TEQUIO_SOURCE='$(abs_top_srcdir)' SHARNESS='$(SHARNESS)' \
	    $(srcdir)/%D%/nova.t
.PHONY: check-openstack
