#!/bin/bash
#SBATCH --array=0-99%10
./one $SLURM_ARRAY_TASK_ID
