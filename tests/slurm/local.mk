# tests/slurm/local.mk - nodes lent by a real Slurm; `make check-slurm`, by name only

EXTRA_DIST += %D%/README.md %D%/gateway.t %D%/site

check-slurm: all
	TEQUIO_BUILD='$(abs_top_builddir)' TEQUIO_SOURCE='$(abs_top_srcdir)' SHARNESS='$(SHARNESS)' \
	    $(srcdir)/%D%/gateway.t
.PHONY: check-slurm
