# tests/mpi/local.mk - MPI programs that the tests submit (only if HAVE_MPICC)
