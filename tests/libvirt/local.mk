# tests/libvirt/local.mk - the scheduler against real virtual machines; `make check-libvirt`, by name only

EXTRA_DIST += %D%/README.md %D%/guest.t %D%/guest_init %D%/guest_user_data %D%/host %D%/image \
	%D%/job_image %D%/job_init %D%/numa.t %D%/vm.t

check-libvirt: all
	TEQUIO_BUILD='$(abs_top_builddir)' TEQUIO_SOURCE='$(abs_top_srcdir)' SHARNESS='$(SHARNESS)' \
	    $(srcdir)/%D%/guest.t
	TEQUIO_BUILD='$(abs_top_builddir)' TEQUIO_SOURCE='$(abs_top_srcdir)' SHARNESS='$(SHARNESS)' \
	    $(srcdir)/%D%/vm.t
	TEQUIO_BUILD='$(abs_top_builddir)' TEQUIO_SOURCE='$(abs_top_srcdir)' SHARNESS='$(SHARNESS)' \
	    $(srcdir)/%D%/numa.t
.PHONY: check-libvirt
CLEANFILES += %D%/parts/*
