#!/bin/sh
#SBATCH -N2 -n8 -t2-12 -Jjoined
#SBATCH -pdebug
mpirun ./solver
