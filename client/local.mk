# client/local.mk - the command line
#
# programs: bin_PROGRAMS tequio.
