#!/bin/bash
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=8
#SBATCH --exclusive
#SBATCH --time=UNLIMITED
#SBATCH --distribution=block:cyclic
srun ./hybrid
