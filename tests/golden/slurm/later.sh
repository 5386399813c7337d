#!/bin/bash
#SBATCH --begin=2030-01-02T03:04:05
#SBATCH --hold --nice=50
#SBATCH --comment="after the workshop"
./later
