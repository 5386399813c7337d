#!/bin/bash
#SBATCH --signal=B:USR1@120
#SBATCH --no-requeue
#SBATCH --time=4:00:00
trap 'save' USR1
./long & wait
