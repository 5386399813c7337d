#!/bin/bash
#SBATCH --export=NONE
#SBATCH --get-user-env
module load gcc
./clean
