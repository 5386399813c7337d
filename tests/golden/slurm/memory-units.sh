#!/bin/bash
#SBATCH --mem=4096
#SBATCH --mem-per-cpu=2GB
#SBATCH --mem=1.5T
./large
