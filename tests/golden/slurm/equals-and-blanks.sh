#!/bin/bash
#SBATCH --nodes=2-4
#SBATCH --ntasks-per-node 8
#SBATCH --time 1-00:30
#SBATCH   --job-name="a name with blanks"   # a comment
#SBATCH --output='logs/%x-%j.out'
srun ./a.out
