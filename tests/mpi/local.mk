# tests/mpi/local.mk - MPI programs that the tests submit (only if HAVE_MPICC)

EXTRA_DIST += %D%/ends.c %D%/heat.c tests/apps

if HAVE_MPICC
examplesdir = $(pkglibexecdir)/examples
examples_SCRIPTS = %D%/heat
check_SCRIPTS = %D%/ends
CLEANFILES += %D%/ends %D%/heat

%D%/heat: %D%/heat.c
	$(AM_V_CCLD)$(MKDIR_P) %D% && $(MPICC) -std=gnu17 -D_GNU_SOURCE -O2 $(WARNING_CFLAGS) \
	    -o $@ $(srcdir)/%D%/heat.c -lm

%D%/ends: %D%/ends.c
	$(AM_V_CCLD)$(MKDIR_P) %D% && $(MPICC) -std=gnu17 -D_GNU_SOURCE -O2 $(WARNING_CFLAGS) \
	    -o $@ $(srcdir)/%D%/ends.c
endif
