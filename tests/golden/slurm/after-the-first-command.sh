#!/bin/bash
#SBATCH -n 2
# SBATCH -n 3
##SBATCH -n 4

echo start
#SBATCH -n 5
